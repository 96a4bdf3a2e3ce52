"""Frames into sessions of a test's own."""

from collections.abc import Callable, Iterable

from tcpkit.flow.counts import FlowCounts
from tcpkit.flow.stream import StreamOpener
from tcpkit.flow.table import ConnectionTable
from tcpkit.flow.watch import Watch
from tcpkit.metrics.port_stats import PortStats
from tcpkit.protocols.message import Exchange, PairingCounts, Recorder
from tcpkit.wire.decoder import Decoder
from tests.build import ETHERNET, START_NS, Packet
from tests.protocols.capture import Collector

MakeOpener = Callable[[Recorder, PairingCounts, int], StreamOpener]
TIMEOUT_NS = 10_000_000_000


class Opened:
    """A run whose connections `make` opens."""

    def __init__(self, make: MakeOpener, port: int) -> None:
        self._collector = Collector()
        self.pairing = PairingCounts()
        self.stats = PortStats(port, None, [self._collector])
        opener = make(self.stats, self.pairing, TIMEOUT_NS)
        self._table = ConnectionTable(Watch([port], [], []), opener)
        self._decoder = Decoder(self._table, True, False)

    @property
    def exchanges(self) -> list[Exchange]:
        return self._collector.exchanges

    @property
    def flow(self) -> FlowCounts:
        return self._table.counts

    def feed(self, packets: Iterable[Packet]) -> "Opened":
        for packet in packets:
            frame = packet.frame
            self._decoder.packet(frame, 0, len(frame), packet.ts_ns, packet.wire_length, ETHERNET)
        return self

    def advance(self, us: int) -> "Opened":
        self._table.advance(START_NS + us * 1000)
        return self

    def finish(self) -> "Opened":
        self._table.finish()
        return self
