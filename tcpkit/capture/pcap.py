"""The pcap format: one file header, then packets.

draft-ietf-opsawg-pcap; both byte orders, microseconds and nanoseconds, and the
"modified" variant whose record headers are 8 bytes longer (interface index, protocol
and packet type, which the frame tells as well).

The snap length of the file header is not believed: writers get it wrong, and the
records say themselves how long they are.
"""

from typing import Final, final

from librt.strings import read_i32_be, read_i32_le
from mypy_extensions import i64

from tcpkit.capture.source import PacketSink
from tcpkit.capture.walker import MAX_FRAME, NS_PER_SECOND, SavefileCounts, Walker
from tcpkit.errors import CaptureError

FILE_HEADER: Final = 24
RECORD_HEADER: Final = 16
MODIFIED_RECORD_HEADER: Final = 24

MICROSECONDS: Final = 0xA1B2C3D4
NANOSECONDS: Final = 0xA1B23C4D
MODIFIED: Final = 0xA1B2CD34

# Up to version 2.3 writers disagreed about the order of the two lengths.
_MAJOR: Final = 2
_LAST_SWAPPED_MINOR: Final = 3

# The upper half of the link type field holds the length of the frame check sequence.
_LINK_TYPE_MASK: Final = 0xFFFF

_MAX_U32: Final = 0xFFFFFFFF


def byte_order(head: bytes) -> str:
    """The byte order, "little" or "big", of a pcap file that begins so; "" if it is none.

    >>> byte_order(bytes.fromhex("a1b23c4d")), byte_order(b"GET / HTTP/1.1")
    ('big', '')
    """
    magics = (MICROSECONDS, NANOSECONDS, MODIFIED)
    if int.from_bytes(head[:4], "little") in magics:
        return "little"
    if int.from_bytes(head[:4], "big") in magics:
        return "big"
    return ""


def _field(head: bytes, pos: int, size: int, big: bool) -> int:
    return int.from_bytes(head[pos : pos + size], "big" if big else "little")


@final
class PcapWalker(Walker):
    """Reads the records of one pcap file."""

    __slots__ = (
        "_big", "_counts", "_fraction_limit", "_fraction_ns", "_header", "_lengths_swapped",
        "_link_type", "_name", "_sink",
    )  # fmt: skip

    def __init__(
        self, head: bytes, name: str, sink: PacketSink, counts: SavefileCounts, last_ns: i64
    ) -> None:
        """`head` begins with a file header that `byte_order` knows.

        Raises CaptureError for a version that is not 2.x.
        """
        super().__init__(RECORD_HEADER, last_ns)
        self._name = name
        self._sink = sink
        self._counts = counts
        self._big = byte_order(head) == "big"
        magic = _field(head, 0, 4, self._big)
        major = _field(head, 4, 2, self._big)
        minor = _field(head, 6, 2, self._big)
        if major != _MAJOR:
            raise CaptureError(f"pcap version {major}.{minor} is not supported: {name}")
        self._lengths_swapped = minor <= _LAST_SWAPPED_MINOR
        self._link_type: i64 = i64(_field(head, 20, 4, self._big)) & _LINK_TYPE_MASK
        self._header: i64 = MODIFIED_RECORD_HEADER if magic == MODIFIED else RECORD_HEADER
        self._fraction_ns: i64 = 1 if magic == NANOSECONDS else 1000
        self._fraction_limit: i64 = NS_PER_SECOND if magic == NANOSECONDS else 1_000_000

    def walk(self, data: bytes, pos: i64, base: i64) -> i64:
        size: i64 = len(data)
        header: i64 = self._header
        big = self._big
        counts = self._counts
        sink = self._sink
        link_type: i64 = self._link_type
        fraction_ns: i64 = self._fraction_ns
        fraction_limit: i64 = self._fraction_limit
        ts_ns: i64 = self.last_ns
        self.need = header
        while pos + header <= size:
            if big:
                second: i64 = i64(read_i32_be(data, pos)) & _MAX_U32
                fraction: i64 = i64(read_i32_be(data, pos + 4)) & _MAX_U32
                captured: i64 = i64(read_i32_be(data, pos + 8)) & _MAX_U32
                original: i64 = i64(read_i32_be(data, pos + 12)) & _MAX_U32
            else:
                second = i64(read_i32_le(data, pos)) & _MAX_U32
                fraction = i64(read_i32_le(data, pos + 4)) & _MAX_U32
                captured = i64(read_i32_le(data, pos + 8)) & _MAX_U32
                original = i64(read_i32_le(data, pos + 12)) & _MAX_U32
            if captured > original and self._lengths_swapped:
                captured, original = original, captured
            if captured > MAX_FRAME:
                raise CaptureError(
                    f"damaged: a packet of {captured} bytes at offset {base + pos}: {self._name}"
                )
            start: i64 = pos + header
            end: i64 = start + captured
            if end > size:
                self.need = header + captured
                break
            if fraction >= fraction_limit:
                fraction = fraction_limit - 1
                counts.bad_times += 1
            if captured < original:
                counts.truncated += 1
            elif captured > original:
                counts.bad_lengths += 1
                original = captured
            counts.packets += 1
            counts.bytes += captured
            ts_ns = second * NS_PER_SECOND + fraction * fraction_ns
            sink.packet(data, start, end, ts_ns, original, link_type)
            pos = end
        self.last_ns = ts_ns
        self.begun = base + pos
        return pos
