"""Writes capture files byte by byte, and reads them into lists; independent of tcpkit's writer."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import NamedTuple

from tcpkit.capture.reader import RawReader
from tcpkit.capture.savefile import Savefile
from tcpkit.capture.source import PacketSink
from tcpkit.capture.walker import SavefileCounts
from tcpkit.errors import CaptureError

NS = 1_000_000_000
MICRO = 0xA1B2C3D4
NANO = 0xA1B23C4D
MODIFIED = 0xA1B2CD34
MAX_I64 = (1 << 63) - 1


class Packet(NamedTuple):
    """A packet as written to a file, and as seen by a sink."""

    ts_ns: int
    frame: bytes
    wire_length: int
    link_type: int = 1


def packet(number: int, size: int = 60, link_type: int = 1) -> Packet:
    """A packet that no other number gives."""
    frame = (b"%08d" % number * (size // 8 + 1))[:size]
    return Packet(1_542_364_716 * NS + number * 1000, frame, size, link_type)


def pcap_header(
    magic: int = NANO, big: bool = False, link_type: int = 1, minor: int = 4, major: int = 2
) -> bytes:
    return struct.pack(_order(big) + "IHHiIII", magic, major, minor, 0, 0, 262144, link_type)


def pcap_record(
    seconds: int,
    fraction: int,
    frame: bytes,
    wire_length: int | None = None,
    big: bool = False,
    captured: int | None = None,
    extra: bytes = b"",
) -> bytes:
    """`captured` and `wire_length` are those of `frame` unless told otherwise."""
    lengths = (
        len(frame) if captured is None else captured,
        len(frame) if wire_length is None else wire_length,
    )
    return struct.pack(_order(big) + "IIII", seconds, fraction, *lengths) + extra + frame


def pcap(
    packets: Iterable[Packet], magic: int = NANO, big: bool = False, link_type: int = 1
) -> bytes:
    """A whole pcap file."""
    unit = 1 if magic == NANO else 1000
    extra = bytes(8) if magic == MODIFIED else b""
    return pcap_header(magic, big, link_type) + b"".join(
        pcap_record(
            p.ts_ns // NS, p.ts_ns % NS // unit, p.frame, p.wire_length, big=big, extra=extra
        )
        for p in packets
    )


def block(kind: int, body: bytes, big: bool = False) -> bytes:
    """A pcapng block; `body` is padded."""
    body += bytes(-len(body) % 4)
    size = struct.pack(_order(big) + "I", len(body) + 12)
    return struct.pack(_order(big) + "I", kind) + size + body + size


def option(code: int, value: bytes, big: bool = False) -> bytes:
    return struct.pack(_order(big) + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(big: bool = False, length: int = -1, major: int = 1, options: bytes = b"") -> bytes:
    body = struct.pack(_order(big) + "IHHq", 0x1A2B3C4D, major, 0, length)
    return block(0x0A0D0D0A, body + options, big)


def interface(
    link_type: int = 1, snaplen: int = 0, options: bytes = b"", big: bool = False
) -> bytes:
    return block(1, struct.pack(_order(big) + "HHI", link_type, 0, snaplen) + options, big)


def tsresol(value: int, big: bool = False) -> bytes:
    return option(9, bytes([value]), big)


def tsoffset(seconds: int, big: bool = False) -> bytes:
    return option(14, struct.pack(_order(big) + "q", seconds), big)


def enhanced(
    ticks: int,
    frame: bytes,
    wire_length: int | None = None,
    number: int = 0,
    big: bool = False,
    captured: int | None = None,
    options: bytes = b"",
) -> bytes:
    fields = (
        number,
        ticks >> 32,
        ticks & 0xFFFFFFFF,
        len(frame) if captured is None else captured,
        len(frame) if wire_length is None else wire_length,
    )
    padded = frame + bytes(-len(frame) % 4)
    return block(6, struct.pack(_order(big) + "IIIII", *fields) + padded + options, big)


def obsolete(
    ticks: int, frame: bytes, number: int = 0, drops: int = 0xFFFF, big: bool = False
) -> bytes:
    high, low = ticks >> 32, ticks & 0xFFFFFFFF
    fields = (number, drops, high, low, len(frame), len(frame))
    return block(2, struct.pack(_order(big) + "HHIIII", *fields) + frame, big)


def simple(frame: bytes, wire_length: int | None = None, big: bool = False) -> bytes:
    length = len(frame) if wire_length is None else wire_length
    return block(3, struct.pack(_order(big) + "I", length) + frame, big)


def pcapng(packets: Iterable[Packet], big: bool = False) -> bytes:
    """A whole pcapng file with nanoseconds, all packets of one link type."""
    packets = list(packets)
    link_type = packets[0].link_type if packets else 1
    blocks = [enhanced(p.ts_ns, p.frame, p.wire_length, big=big) for p in packets]
    head = section(big) + interface(link_type, options=tsresol(9, big), big=big)
    return head + b"".join(blocks)


class Collector(PacketSink):
    """Keeps every packet."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []

    def packet(
        self, data: bytes, start: int, end: int, ts_ns: int, wire_length: int, link_type: int
    ) -> None:
        assert 0 <= start <= end <= len(data)
        self.packets.append(Packet(ts_ns, data[start:end], wire_length, link_type))


class Pieces(RawReader):
    """Gives `data` in pieces of the sizes told, then whole chunks; a size of 0 is "not yet"."""

    def __init__(self, data: bytes, sizes: Iterable[int] = ()) -> None:
        self.data = data
        self.pos = 0
        self.sizes: Iterator[int] = chain(sizes, repeat(1 << 20))

    def read(self, size: int) -> bytes | None:
        step = next(self.sizes)
        if step == 0:
            return None
        piece = self.data[self.pos : self.pos + min(size, step)]
        self.pos += len(piece)
        return piece


class Outcome(NamedTuple):
    packets: list[Packet]
    counts: SavefileCounts
    error: str  # "" when the file was read to its end


def read(data: bytes, sizes: Iterable[int] = ()) -> Outcome:
    """Read `data` as a file called "x"."""
    return read_all([data], sizes)


def read_all(files: Sequence[bytes], sizes: Iterable[int] = ()) -> Outcome:
    """Read `files` one after the other, up to the first error."""
    sink = Collector()
    savefile = Savefile(sink)
    error = ""
    try:
        for data in files:
            savefile.read_stream(Pieces(data, sizes), "x")
    except CaptureError as fault:
        error = str(fault)
    return Outcome(sink.packets, savefile.counts, error)


def _order(big: bool) -> str:
    return ">" if big else "<"
