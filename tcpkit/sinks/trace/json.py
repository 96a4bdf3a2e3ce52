"""A trace as JSON: an object on a line, whose `event` says what it tells."""

from typing import final

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.flow.side import time_or_none
from tcpkit.protocols.message import Exchange
from tcpkit.sinks.exchange_fields import fields_of
from tcpkit.sinks.json_line import JsonLine
from tcpkit.sinks.log_file import LogFile
from tcpkit.sinks.trace.health_sum import HealthSum
from tcpkit.sinks.trace.talk import Talk
from tcpkit.sinks.trace.teller import Teller
from tcpkit.sinks.trace.words import health_of, rate


@final
class TraceJson(Teller):
    """What there is not is null. `tcp`: the health of connections is told;
    `explains`: why an exchange took its time."""

    def __init__(self, out: LogFile, protocol: str, tcp: bool, explains: bool) -> None:
        self._tcp = tcp
        self._explains = explains
        self._out = out
        self._protocol = protocol
        self._json = JsonLine()

    def exchange(
        self, exchange: Exchange, reply: str, talk: Talk | None, number: i64, total: i64
    ) -> None:
        fields: dict[str, object] = {"event": "exchange"}
        fields.update(fields_of(exchange, self._explains))
        fields["number"] = None if talk is None else number
        fields["total_number"] = total
        fields["reply"] = reply if exchange.answered else None
        self._out.write(self._json.encode(fields))

    def start(self, conn: Connection, talk: Talk) -> None:
        fields = self._begun("start", talk.started_ns, conn)
        health = health_of(conn)
        fields["connect_ns"] = time_or_none(health.connect_ns)
        fields["in_progress"] = health.syn_ns < 0
        self._out.write(self._json.encode(fields))

    def end(self, conn: Connection, talk: Talk, time_ns: i64) -> None:
        health = health_of(conn)
        fields = self._begun("end", time_ns, conn)
        duration_ns = time_ns - health.first_ns
        fields["ending"] = health.ending
        fields["duration_ns"] = duration_ns
        fields["requests"] = talk.requests
        fields["requests_per_second"] = rate(talk.requests, duration_ns)
        if self._tcp:
            fields["tcp"] = health.numbers()
            fields["hurt_requests"] = sorted(talk.hurt)
            fields["hurt_more"] = talk.hurt_more
        self._out.write(self._json.encode(fields))

    def total(self, sums: HealthSum) -> None:
        fields: dict[str, object] = {
            "event": "total",
            "protocol": self._protocol,
            "connections": sums.connections,
            "requests": sums.requests,
            "client": sums.client.numbers,
            "server": sums.server.numbers,
        }
        self._out.write(self._json.encode(fields))

    def _begun(self, event: str, time_ns: i64, conn: Connection) -> dict[str, object]:
        return {
            "event": event,
            "time_ns": time_ns,
            "protocol": self._protocol,
            "transport": "tcp",
            "client": conn.client,
            "server": conn.server,
        }
