"""Frames in, exchanges out, and which bytes were paired."""

import socket
import struct
from collections.abc import Iterable, Sequence
from typing import TypeVar

from tcpkit.flow.counts import FlowCounts
from tcpkit.flow.health_tee import HealthTee
from tcpkit.flow.observer import ConnectionObserver
from tcpkit.flow.table import ConnectionTable
from tcpkit.flow.watch import Watch
from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.port_rows import PortRows
from tcpkit.metrics.port_stats import PortStats
from tcpkit.protocols.command_numbers import CommandNumbers
from tcpkit.protocols.message import NO_TIME, Exchange, PairingCounts, flag_names
from tcpkit.protocols.protocol import Protocol
from tcpkit.protocols.registry import protocol_of
from tcpkit.wire.decoder import Decoder
from tests.build import ETHERNET, START_NS, Packet

SECOND_US = 1_000_000
Run = TypeVar("Run", bound="Capture")
Pair = tuple[str, bytes | str]  # the request's text; the reply, or the status without one


class Collector(ExchangeSink):
    """Keeps the exchanges."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def exchange(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)


class Capture:
    """A run of one mode over frames that a test feeds."""

    def __init__(
        self,
        mode: str = "redis",
        ports: Sequence[int] = (6379,),
        timeout_s: int = 10,
        threshold_ns: int | None = None,
        keep_bytes: bool = True,
        udp: bool = False,
        protocol: Protocol | None = None,
        observer: ConnectionObserver | None = None,
        explains: bool = False,
        by: Sequence[str] = (),
    ) -> None:
        """`protocol` is read instead of a mode that the registry has; `by` is --by."""
        self._collector = Collector()
        self.pairing = PairingCounts()
        protocol = protocol or protocol_of(mode)
        assert protocol is not None
        numbers = CommandNumbers(protocol.command_names()) if "command" in by else None
        self.stats = {
            port: PortStats(
                port,
                threshold_ns,
                [self._collector],
                rows=PortRows(numbers, "server" in by) if by else None,
            )
            for port in ports
        }
        for port in self.stats.values():
            port.explains = explains
        timeout_ns = timeout_s * 1_000_000_000
        opener = protocol.opener(self.stats, self.pairing, timeout_ns)
        reader = protocol.reader(self.stats, self.pairing, timeout_ns)
        self.table = ConnectionTable(Watch(ports, [], []), opener, reader, observer)
        sink = self.table if observer is None else HealthTee(self.table, observer)
        self._decoder = Decoder(sink, protocol.watches_tcp(udp), protocol.watches_udp(udp))
        self._bytes = Bytes()
        self._keep_bytes = keep_bytes

    @property
    def exchanges(self) -> list[Exchange]:
        return self._collector.exchanges

    @property
    def flow(self) -> FlowCounts:
        return self.table.counts

    def feed(self: Run, packets: Iterable[Packet]) -> Run:
        for packet in packets:
            frame = packet.frame
            self._decoder.packet(frame, 0, len(frame), packet.ts_ns, packet.wire_length, ETHERNET)
            if self._keep_bytes:
                self._bytes.add(packet)
        return self

    def advance(self: Run, us: int) -> Run:
        self.table.advance(START_NS + us * 1000)
        return self

    def finish(self: Run) -> Run:
        self.table.finish()
        return self

    @property
    def pairs(self) -> list[Pair]:
        """Each exchange's request with the bytes of the reply that it was given."""
        return [(exchange.request, self.reply(exchange)) for exchange in self.exchanges]

    def reply(self, exchange: Exchange) -> bytes | str:
        if not exchange.answered:
            return exchange.status
        return self._bytes.of(
            exchange.server, exchange.client, int(exchange.reply_seq), int(exchange.reply_bytes)
        )

    def flags(self) -> list[list[str]]:
        return [flag_names(exchange.flags) for exchange in self.exchanges]

    def latencies_us(self) -> list[int | None]:
        return [
            int(exchange.latency_ns) // 1000 if exchange.answered else None
            for exchange in self.exchanges
        ]

    def queues_us(self) -> list[float | None]:
        """Of each latency the part behind earlier replies; None where it is not known."""
        return [
            None if exchange.queue_ns == NO_TIME else int(exchange.queue_ns) / 1000
            for exchange in self.exchanges
        ]


class Bytes:
    """The payload of the frames, by direction and position; of two copies the first."""

    def __init__(self) -> None:
        self._bytes: dict[tuple[str, str], dict[int, int]] = {}

    def add(self, packet: Packet) -> None:
        """Take an Ethernet frame without tags, as `Conversation` makes them."""
        frame = packet.frame
        if frame[12:14] == b"\x86\xdd":
            family, addresses, at = socket.AF_INET6, frame[22:54], 54
        else:
            family, addresses, at = socket.AF_INET, frame[26:34], 34
        sport, dport, seq = struct.unpack_from("!HHI", frame, at)
        half = len(addresses) // 2
        source = _end(family, addresses[:half], sport)
        destination = _end(family, addresses[half:], dport)
        stream = self._bytes.setdefault((source, destination), {})
        first = at + (frame[at + 12] >> 4) * 4
        for offset, value in enumerate(frame[first:]):
            stream.setdefault((seq + offset) & 0xFFFFFFFF, value)

    def of(self, source: str, destination: str, seq: int, size: int) -> bytes:
        """The bytes from `seq` on; `?` for those that no frame has."""
        stream = self._bytes[source, destination]
        return bytes(stream.get((seq + at) & 0xFFFFFFFF, ord("?")) for at in range(size))


def capture(packets: Iterable[Packet]) -> Capture:
    """A whole capture, from its first packet to its end."""
    return Capture().feed(packets).finish()


def _end(family: int, address: bytes, port: int) -> str:
    text = socket.inet_ntop(family, address)
    return f"[{text}]:{port}" if ":" in text else f"{text}:{port}"
