"""The log as text: a line for each exchange."""

from typing import final

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.protocols.message import Exchange
from tcpkit.sinks.local_time import LocalTime, milliseconds
from tcpkit.sinks.log_file import LogFile
from tcpkit.sinks.reason import reason_of


@final
class SlowLog(ExchangeSink):
    """`time client => server | 11.204 ms | request`.

    Where there is no reply the status (`timeout`, `aborted`, `silent`) takes the
    latency's place. `explains`: ` | reason` follows where there is one.
    """

    __slots__ = ("_explains", "_local_time", "_out")

    def __init__(self, out: LogFile, explains: bool = False) -> None:
        self._out = out
        self._explains = explains
        self._local_time = LocalTime()

    def exchange(self, exchange: Exchange) -> None:
        took = exchange.status
        if exchange.answered:
            took = milliseconds(exchange.latency_ns) + " ms"
        when = self._local_time.text(exchange.time_ns)
        line = f"{when} {exchange.client} => {exchange.server} | {took} | {exchange.request}"
        reason = reason_of(exchange) if self._explains else ""
        if reason:
            line = f"{line} | {reason}"
        self._out.write(f"{line}\n".encode())
