"""What tcpkit makes of a list of packets, with the places of the bytes that it paired."""

from dataclasses import dataclass

from tcpkit.flow.table import ConnectionTable
from tcpkit.flow.watch import Watch
from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.port_stats import PortStats
from tcpkit.protocols.message import Exchange, PairingCounts
from tcpkit.protocols.protocol import Protocol
from tcpkit.wire.decoder import Decoder
from tests.build import Packet
from tests.scripted import protocol_of

TIMEOUT_NS = 10_000_000_000


class Collector(ExchangeSink):
    """Keeps the exchanges."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def exchange(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)


@dataclass
class Trace:
    exchanges: list[Exchange]
    pairing: PairingCounts


def trace(
    packets: list[Packet],
    link_type: int = 1,
    mode: str = "redis",
    udp: bool = False,
    lua: str = "",
    protocol: Protocol | None = None,
) -> Trace:
    """Run `packets` through everything between the file and the log, with the mode's own ports.

    `lua` is the version for a mode that a script brings; `protocol` is read instead of a mode.
    """
    protocol = protocol or protocol_of(mode, lua)
    ports = protocol.ports
    collector = Collector()
    pairing = PairingCounts()
    recorders = {port: PortStats(port, None, [collector]) for port in ports}
    opener = protocol.opener(recorders, pairing, TIMEOUT_NS)
    reader = protocol.reader(recorders, pairing, TIMEOUT_NS)
    table = ConnectionTable(Watch(ports, [], []), opener, reader)
    decoder = Decoder(table, protocol.watches_tcp(udp), protocol.watches_udp(udp))
    for packet in packets:
        frame = packet.frame
        decoder.packet(frame, 0, len(frame), packet.ts_ns, packet.wire_length, link_type)
    table.finish()
    return Trace(collector.exchanges, pairing)
