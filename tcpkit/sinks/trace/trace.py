"""What `tcpkit trace` writes: the exchanges that are chosen, and their connections around them."""

import os
from typing import final

from mypy_extensions import i64

from tcpkit.config import Config, TraceOptions
from tcpkit.flow.connection import Connection
from tcpkit.flow.observer import ConnectionObserver
from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.protocols.message import Exchange
from tcpkit.protocols.protocol import Protocol
from tcpkit.sinks.log_file import STDOUT, LogFile
from tcpkit.sinks.trace.choice import Choice
from tcpkit.sinks.trace.colours import Colours, are_wanted
from tcpkit.sinks.trace.health_sum import HealthSum
from tcpkit.sinks.trace.json import TraceJson
from tcpkit.sinks.trace.numbers import Numbers
from tcpkit.sinks.trace.talk import Talk
from tcpkit.sinks.trace.teller import Teller
from tcpkit.sinks.trace.text import TraceText
from tcpkit.sinks.trace.words import health_of


@final
class Trace(ExchangeSink):
    """`numbers` has to hear of each exchange before this; `observer` of each connection.

    Where not every exchange is shown, a connection's start is told with the first that is.
    """

    def __init__(
        self,
        out: LogFile,
        protocol: Protocol,
        config: Config,
        options: TraceOptions,
        colours: bool,
    ) -> None:
        self.numbers = Numbers(options.tcp)
        self.observer = TraceObserver(self)
        self._protocol = protocol
        self._choice = Choice(options, protocol.name == "dns")
        self._waits = config.threshold_ns is not None or self._choice.chooses
        explains = config.explain or options.tcp
        self._teller: Teller
        if config.json:
            self._teller = TraceJson(out, protocol.name, options.tcp, explains)
        else:
            self._teller = TraceText(out, Colours(colours), options.tcp, explains)
        self._sums: HealthSum | None = HealthSum() if options.tcp else None

    def started(self, conn: Connection, ts_ns: i64) -> None:
        talk = self.numbers.begin(conn)
        talk.started_ns = ts_ns
        if not self._waits and self._choice.has_client(conn):
            self._show(conn, talk)

    def _show(self, conn: Connection, talk: Talk) -> None:
        talk.is_shown = True
        self._teller.start(conn, talk)

    def exchange(self, exchange: Exchange) -> None:
        ends = exchange.ends
        assert ends is not None
        if not self._choice.has_client(ends) or not self._choice.has(exchange):
            return
        numbers = self.numbers
        talk = numbers.talk
        if talk is not None and not talk.is_shown and isinstance(ends, Connection):
            self._show(ends, talk)
        reply = self._protocol.reply_text(exchange) if exchange.answered else ""
        self._teller.exchange(exchange, reply, talk, numbers.number, numbers.total)

    def sent_again(self, conn: Connection, from_client: bool, first: i64, last: i64) -> None:
        if self._sums is not None:
            self.numbers.talk_of(conn).sent_again(from_client, first, last)

    def ended(self, conn: Connection, ts_ns: i64) -> None:
        talk = self.numbers.end(conn)
        if not talk.is_shown:
            return
        if self._sums is not None:
            self._sums.add(health_of(conn), talk.requests)
        self._teller.end(conn, talk, ts_ns)

    def finish(self) -> None:
        """The capture has ended, and every connection with it."""
        if self._sums is not None:
            self._teller.total(self._sums)


@final
class TraceObserver(ConnectionObserver):
    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def started(self, conn: Connection, ts_ns: i64) -> None:
        self._trace.started(conn, ts_ns)

    def ended(self, conn: Connection, end: i64, ts_ns: i64) -> None:
        self._trace.ended(conn, ts_ns)

    def sent_again(
        self, conn: Connection, from_client: bool, first: i64, last: i64, ts_ns: i64
    ) -> None:
        self._trace.sent_again(conn, from_client, first, last)


def has_colours(output: str | None) -> bool:
    """Whether what is logged to `output`, None being standard output, is to have colours."""
    return output is None and are_wanted(os.environ, STDOUT)
