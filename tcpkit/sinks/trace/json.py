"""A trace as JSON: an object on a line, whose `event` says what it tells."""

from typing import final

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.protocols.message import Exchange
from tcpkit.sinks.exchange_fields import fields_of
from tcpkit.sinks.json_line import JsonLine
from tcpkit.sinks.log_file import LogFile
from tcpkit.sinks.trace.talk import Talk
from tcpkit.sinks.trace.teller import Teller
from tcpkit.sinks.trace.words import CODES, connect_ns_of, rate


@final
class TraceJson(Teller):
    """What there is not is null."""

    def __init__(self, out: LogFile, protocol: str) -> None:
        self._out = out
        self._protocol = protocol
        self._json = JsonLine()

    def exchange(
        self, exchange: Exchange, reply: str, talk: Talk | None, number: i64, total: i64
    ) -> None:
        fields: dict[str, object] = {"event": "exchange"}
        fields.update(fields_of(exchange))
        fields["number"] = None if talk is None else number
        fields["total_number"] = total
        fields["reply"] = reply if exchange.answered else None
        self._out.write(self._json.encode(fields))

    def start(self, conn: Connection, talk: Talk) -> None:
        fields = self._begun("start", talk.started_ns, conn)
        connect_ns = connect_ns_of(conn)
        fields["connect_ns"] = connect_ns if connect_ns >= 0 else None
        fields["in_progress"] = conn.health is None or conn.health.syn_ns < 0
        self._out.write(self._json.encode(fields))

    def end(self, conn: Connection, talk: Talk, end: i64, time_ns: i64) -> None:
        fields = self._begun("end", time_ns, conn)
        duration_ns = time_ns - talk.started_ns
        fields["how"] = CODES[int(end)]
        fields["duration_ns"] = duration_ns
        fields["requests"] = talk.requests
        fields["requests_per_second"] = rate(talk.requests, duration_ns)
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
