"""Saves packets to a file: pcap with nanoseconds, little-endian, version 2.4.

draft-ietf-opsawg-pcap. A pcap file has one link type, that of the first packet; packets
of another are refused and counted.
"""

import os
from collections.abc import Sequence
from io import FileIO
from typing import Final, final

from librt.strings import BytesWriter, write_i64_le
from mypy_extensions import i64

from tcpkit.capture.frame_length import frame_length
from tcpkit.capture.reader import one_line, protect_inputs
from tcpkit.capture.source import WIRE_LENGTH_UNKNOWN, PacketSink
from tcpkit.capture.verdict import JudgingSink
from tcpkit.errors import CaptureError

# What readers based on libpcap accept of any link type. Longer frames are cut.
SNAPLEN: Final = 262144

LINKTYPE_ETHERNET: Final = 1

_MAGIC: Final = bytes.fromhex("4d3cb2a1 0200 0400 00000000 00000000")
_NO_LINK_TYPE: Final = -1
_BUFFER: Final = 65536

_NS_PER_SECOND: Final = 1_000_000_000
_MAX_SECOND: Final = 0xFFFFFFFF  # February 2106
_MAX_LENGTH: Final = 0x7FFFFFFF


@final
class DumpCounts:
    """What became of the packets given to a Dump."""

    __slots__ = ("bad_times", "bytes", "cut", "packets", "refused")

    def __init__(self) -> None:
        self.packets: i64 = 0  # saved
        self.bytes: i64 = 0  # of their frames, as saved
        self.refused: i64 = 0  # of another link type than the file's
        self.cut: i64 = 0  # saved with only the first SNAPLEN bytes
        self.bad_times: i64 = 0  # outside of what pcap can tell; saved with the nearest time

    def numbers(self) -> dict[str, int]:
        """The counters by name, for the user."""
        return {
            "packets": int(self.packets),
            "bytes": int(self.bytes),
            "refused": int(self.refused),
            "cut": int(self.cut),
            "bad times": int(self.bad_times),
        }


@final
class Dump(PacketSink):
    """Writes `path`, anew; what is buffered gets there with `flush` and `close`."""

    __slots__ = ("_buffer", "_file", "_link_type", "_path", "counts")

    def __init__(self, path: str, inputs: Sequence[str] = ()) -> None:
        """`inputs`: the files being read, none of which may be `path`.

        Raises CaptureError when it is, or when `path` cannot be written.
        """
        self.counts = DumpCounts()
        self._path = path
        self._link_type: i64 = _NO_LINK_TYPE
        self._buffer = BytesWriter()
        self._file = _create(path, inputs)

    def packet(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, wire_length: i64, link_type: i64
    ) -> None:
        """Save a frame. An unknown wire length is taken from its IP header.

        Raises CaptureError when the file cannot be written.
        """
        if link_type != self._link_type:
            if self._link_type != _NO_LINK_TYPE:
                self.counts.refused += 1
                return
            self._begin(link_type)
        if wire_length == WIRE_LENGTH_UNKNOWN:
            wire_length = frame_length(data, start, end, link_type)
        captured: i64 = end - start
        wire_length = min(max(wire_length, captured), _MAX_LENGTH)
        if captured > SNAPLEN:
            captured = SNAPLEN
            self.counts.cut += 1
        second: i64 = ts_ns // _NS_PER_SECOND
        fraction: i64 = ts_ns - second * _NS_PER_SECOND
        if second < 0 or second > _MAX_SECOND:
            second = 0 if second < 0 else _MAX_SECOND
            self.counts.bad_times += 1
        buffer = self._buffer
        # Two 32-bit fields at once: the lower one is first in the file.
        write_i64_le(buffer, fraction << 32 | second)
        write_i64_le(buffer, wire_length << 32 | captured)
        buffer.write(data[start : start + captured])
        self.counts.packets += 1
        self.counts.bytes += captured
        if len(buffer) >= _BUFFER:
            self.flush()

    def flush(self) -> None:
        """Hand what is buffered to the system.

        Raises CaptureError when it cannot be written; it is given up then.
        """
        pending = memoryview(self._buffer.getvalue())
        self._buffer = BytesWriter()
        try:
            while pending:
                written = os.write(self._file.fileno(), pending)
                pending = pending[written:]
        except OSError as error:
            raise _unwritable(self._path, error.strerror) from None

    def close(self) -> None:
        """Flush and close; a file without packets is an Ethernet one. Again: does nothing.

        Raises CaptureError when the rest cannot be written.
        """
        if self._file.closed:
            return
        if self._link_type == _NO_LINK_TYPE:
            self._begin(LINKTYPE_ETHERNET)
        try:
            self.flush()
        finally:
            self._file.close()

    def _begin(self, link_type: i64) -> None:
        self._link_type = link_type
        self._buffer.write(_MAGIC)
        write_i64_le(self._buffer, link_type << 32 | SNAPLEN)


def _create(path: str, inputs: Sequence[str]) -> FileIO:
    protect_inputs(path, inputs)
    try:
        return FileIO(path, "wb")
    except OSError as error:
        raise _unwritable(path, error.strerror) from None


def _unwritable(path: str, why: str | None) -> CaptureError:
    return CaptureError(f"cannot write {one_line(path)}: {why}")


@final
class DumpTee(PacketSink):
    """Gives each packet to `inner`, and to `dump` if that finds it wanted."""

    __slots__ = ("_dump", "_inner")

    def __init__(self, inner: JudgingSink, dump: Dump) -> None:
        self._inner = inner
        self._dump = dump

    def packet(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, wire_length: i64, link_type: i64
    ) -> None:
        inner = self._inner
        inner.wanted = False
        inner.packet(data, start, end, ts_ns, wire_length, link_type)
        if inner.wanted:
            self._dump.packet(data, start, end, ts_ns, wire_length, link_type)
