"""DNS latencies by server, name and RCODE, for systems whose conventions name the question."""

from typing import Final, final

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.histogram import bucket_index
from tcpkit.metrics.series import SeriesTable
from tcpkit.protocols.command_numbers import CommandNumbers
from tcpkit.protocols.message import OK, Exchange

_NOBODY_LISTS: Final[frozenset[str]] = frozenset()


@final
class NameSeries(ExchangeSink):
    """A name has series from its first answer with records on, 256 names at most.

    All other names are counted for `other`: whoever asks for made-up names makes no series.
    The status of a series is the RCODE's name.
    """

    def __init__(self) -> None:
        self._names = CommandNumbers(_NOBODY_LISTS)
        self.table = SeriesTable(self._names)

    def exchange(self, exchange: Exchange) -> None:
        if not exchange.answered:
            return
        served = exchange.status == OK and exchange.answers > 0
        number = self._names.number((exchange.key or "").lower(), served)
        server = self.table.server(exchange.server).name
        series = self.table.made(server, self._names.names[number], exchange.code or "")
        latency_ns = exchange.latency_ns
        series.add(self.table.places[bucket_index(latency_ns)], latency_ns)
