"""The log as text: a line for each exchange."""

from typing import final

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.protocols.message import Exchange
from tcpkit.sinks.local_time import LocalTime, milliseconds
from tcpkit.sinks.log_file import LogFile


@final
class SlowLog(ExchangeSink):
    """`time client => server | 11.204 ms | request`.

    Where there is no reply the status (`timeout`, `aborted`, `silent`) takes the
    latency's place.
    """

    __slots__ = ("_local_time", "_out")

    def __init__(self, out: LogFile) -> None:
        self._out = out
        self._local_time = LocalTime()

    def exchange(self, exchange: Exchange) -> None:
        took = exchange.status
        if exchange.answered:
            took = milliseconds(exchange.latency_ns) + " ms"
        when = self._local_time.text(exchange.time_ns)
        line = f"{when} {exchange.client} => {exchange.server} | {took} | {exchange.request}\n"
        self._out.write(line.encode("utf-8"))
