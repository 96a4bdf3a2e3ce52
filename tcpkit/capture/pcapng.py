"""The pcapng format: blocks, in sections that each declare their interfaces.

draft-ietf-opsawg-pcapng. Packets come from Enhanced Packet Blocks, Simple Packet
Blocks and the obsolete Packet Blocks. Every other block is skipped without being
held, whatever its size. A section's byte order is its own; its length is not used.

A packet block that contradicts itself (more data than the block, an interface never
declared) is left out and counted, since the next block can still be found. A block
whose two lengths differ is the end: nothing behind it can be believed.
"""

from typing import Final, final

from librt.strings import read_i16_be, read_i16_le, read_i32_be, read_i32_le
from mypy_extensions import i64

from tcpkit.capture.interface import Interface
from tcpkit.capture.source import PacketSink
from tcpkit.capture.walker import MAX_FRAME, SavefileCounts, Walker
from tcpkit.errors import CaptureError

SECTION_HEADER: Final = 0x0A0D0D0A
BYTE_ORDER_MAGIC: Final = 0x1A2B3C4D
INTERFACE: Final = 1
OBSOLETE_PACKET: Final = 2
SIMPLE_PACKET: Final = 3
ENHANCED_PACKET: Final = 6

_MAJOR: Final = 1

# type, length, and the length again at the end
_FRAME: Final = 12
# What the fixed part of each block takes, both lengths included.
_MIN_SECTION: Final = 28
_MIN_INTERFACE: Final = 20
_MIN_SIMPLE: Final = 16
_MIN_ENHANCED: Final = 32

# The largest frame (MAX_FRAME) and 256 KiB of options. A larger block is damage, or hostile.
MAX_BLOCK: Final = (1 << 20) + (1 << 18)

# Interfaces of one section; the obsolete block could not name more.
MAX_INTERFACES: Final = 65536

_MAX_U32: Final = 0xFFFFFFFF


def _u16(data: bytes, pos: i64, big: bool) -> i64:
    return i64(read_i16_be(data, pos) if big else read_i16_le(data, pos)) & 0xFFFF


def _u32(data: bytes, pos: i64, big: bool) -> i64:
    return i64(read_i32_be(data, pos) if big else read_i32_le(data, pos)) & _MAX_U32


def _is_read(kind: i64) -> bool:
    if kind > ENHANCED_PACKET:
        return kind == SECTION_HEADER
    return kind == ENHANCED_PACKET or (kind >= INTERFACE and kind <= SIMPLE_PACKET)


@final
class PcapngWalker(Walker):
    """Reads the blocks of one pcapng file."""

    __slots__ = ("_big", "_counts", "_interfaces", "_name", "_sink")

    def __init__(self, name: str, sink: PacketSink, counts: SavefileCounts, last_ns: i64) -> None:
        super().__init__(_FRAME, last_ns)
        self._name = name
        self._sink = sink
        self._counts = counts
        self._big = False
        self._interfaces: list[Interface] = []

    def walk(self, data: bytes, pos: i64, base: i64) -> i64:
        size: i64 = len(data)
        self.need = _FRAME
        while pos + _FRAME <= size:
            kind: i64 = _u32(data, pos, self._big)
            if kind == SECTION_HEADER:
                self._choose_order(data, pos, base)
            length: i64 = _u32(data, pos + 4, self._big)
            if length < _FRAME or length & 3 != 0:
                raise self._damaged(f"a block of {length} bytes", base + pos)
            end: i64 = pos + length
            if not _is_read(kind):
                self._counts.skipped_blocks += 1
                self.begun = base + pos
                pos = end
                continue
            if length > MAX_BLOCK:
                raise self._damaged(f"a block of {length} bytes", base + pos)
            if end > size:
                self.need = length
                break
            if _u32(data, end - 4, self._big) != length:
                raise self._damaged("a block with two different lengths", base + pos)
            if kind == ENHANCED_PACKET:
                self._packet(data, pos, length, False)
            elif kind == OBSOLETE_PACKET:
                self._packet(data, pos, length, True)
            elif kind == SIMPLE_PACKET:
                self._simple_packet(data, pos, end)
            elif kind == INTERFACE:
                self._interface(data, pos, end, base)
            else:
                self._section(data, pos, end, base)
            pos = end
        if pos <= size:
            self.begun = base + pos
        return pos

    def _choose_order(self, data: bytes, pos: i64, base: i64) -> None:
        if _u32(data, pos + 8, False) == BYTE_ORDER_MAGIC:
            self._big = False
        elif _u32(data, pos + 8, True) == BYTE_ORDER_MAGIC:
            self._big = True
        else:
            raise self._damaged("a section header without its byte order", base + pos)

    def _section(self, data: bytes, pos: i64, end: i64, base: i64) -> None:
        if end - pos < _MIN_SECTION:
            raise self._damaged("a short section header", base + pos)
        major = _u16(data, pos + 12, self._big)
        if major != _MAJOR:
            minor = _u16(data, pos + 14, self._big)
            raise CaptureError(f"pcapng version {major}.{minor} is not supported: {self._name}")
        self._interfaces = []

    def _interface(self, data: bytes, pos: i64, end: i64, base: i64) -> None:
        if end - pos < _MIN_INTERFACE:
            raise self._damaged("a short interface description", base + pos)
        if len(self._interfaces) == MAX_INTERFACES:
            raise self._damaged(f"more than {MAX_INTERFACES} interfaces", base + pos)
        link_type = _u16(data, pos + 8, self._big)
        interface = Interface(link_type, _u32(data, pos + 12, self._big))
        if not interface.read_options(data[pos + 16 : end - 4], self._big):
            self._counts.damaged_blocks += 1
        self._interfaces.append(interface)

    def _packet(self, data: bytes, pos: i64, length: i64, obsolete: bool) -> None:
        """Hand on an Enhanced Packet Block, or the obsolete one: only the number differs."""
        if length < _MIN_ENHANCED:
            self._counts.damaged_blocks += 1
            return
        if self._big:
            number: i64 = i64(read_i32_be(data, pos + 8)) & _MAX_U32
            high: i64 = i64(read_i32_be(data, pos + 12)) & _MAX_U32
            low: i64 = i64(read_i32_be(data, pos + 16)) & _MAX_U32
            captured: i64 = i64(read_i32_be(data, pos + 20)) & _MAX_U32
            original: i64 = i64(read_i32_be(data, pos + 24)) & _MAX_U32
        else:
            number = i64(read_i32_le(data, pos + 8)) & _MAX_U32
            high = i64(read_i32_le(data, pos + 12)) & _MAX_U32
            low = i64(read_i32_le(data, pos + 16)) & _MAX_U32
            captured = i64(read_i32_le(data, pos + 20)) & _MAX_U32
            original = i64(read_i32_le(data, pos + 24)) & _MAX_U32
        if obsolete:
            number = _u16(data, pos + 8, self._big)  # the other half counts drops
        interfaces = self._interfaces
        if number >= len(interfaces) or captured > length - _MIN_ENHANCED:
            self._counts.damaged_blocks += 1
            return
        interface = interfaces[number]
        ts_ns: i64 = interface.time_ns(high, low)
        if ts_ns < 0:
            self._counts.bad_times += 1
        else:
            self.last_ns = ts_ns
        self._hand_on(data, pos + 28, captured, original, interface.link_type)

    def _simple_packet(self, data: bytes, pos: i64, end: i64) -> None:
        if end - pos < _MIN_SIMPLE or not self._interfaces:
            self._counts.damaged_blocks += 1
            return
        interface = self._interfaces[0]
        original: i64 = _u32(data, pos + 8, self._big)
        captured: i64 = original
        if interface.snaplen > 0 and captured > interface.snaplen:
            captured = interface.snaplen
        if captured > end - pos - _MIN_SIMPLE:
            self._counts.damaged_blocks += 1
            return
        self._counts.untimed += 1
        self._hand_on(data, pos + 12, captured, original, interface.link_type)

    def _hand_on(
        self, data: bytes, start: i64, captured: i64, original: i64, link_type: i64
    ) -> None:
        counts = self._counts
        if captured > MAX_FRAME:
            counts.damaged_blocks += 1
            return
        if captured < original:
            counts.truncated += 1
        elif captured > original:
            counts.bad_lengths += 1
            original = captured
        counts.packets += 1
        counts.bytes += captured
        self._sink.packet(data, start, start + captured, self.last_ns, original, link_type)

    def _damaged(self, what: str, offset: i64) -> CaptureError:
        return CaptureError(f"damaged: {what} at offset {offset}: {self._name}")
