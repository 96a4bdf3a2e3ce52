"""Raw mode with -j and without a script: a JSON object for each packet."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.packet_filter import PacketFilter
from tcpkit.sinks.json_line import JsonLine
from tcpkit.sinks.log_file import LogFile
from tcpkit.wire.printable import ELLIPSIS, printable
from tcpkit.wire.segment import Datagram, Segment, SegmentSink

PAYLOAD_SHOWN: Final = 64  # bytes; each is at most four characters
_ESCAPE_SIZE: Final = 4
_FLAG_LETTERS: Final = "FSRP.UEW"  # from the lowest bit of the flags octet on, as tcpdump's


def _flags_text(flags: int) -> str:
    """
    >>> _flags_text(0x12), _flags_text(0)
    ('S.', 'none')
    """
    return "".join([c for bit, c in enumerate(_FLAG_LETTERS) if flags & (1 << bit)]) or "none"


_FLAGS_TEXT: Final[list[str]] = [_flags_text(flags) for flags in range(256)]


@final
class RawJson(SegmentSink):
    """Writes the headers, and the first PAYLOAD_SHOWN bytes of the payload.

    `len` is the payload's size on the wire. What `packets` lets pass is shown, and wanted.
    """

    __slots__ = ("_json", "_out", "_packets", "left_out", "shown")

    def __init__(self, out: LogFile, packets: PacketFilter) -> None:
        self._out = out
        self._packets = packets
        self._json = JsonLine()
        self.shown: i64 = 0
        self.left_out: i64 = 0

    def numbers(self) -> dict[str, int]:
        return {"shown": int(self.shown), "left out": int(self.left_out)}

    def segment(self, segment: Segment) -> bool:
        ends = Endpoints(segment.a0, segment.a1, segment.a2, segment.a3, segment.ports)
        if not self._belongs(ends):
            return False
        fields = _begun(segment.ts_ns, "tcp", ends)
        fields["flags"] = _FLAGS_TEXT[segment.flags & 0xFF]
        fields["seq"] = segment.seq
        fields["ack"] = segment.ack
        self._write(fields, segment.data, segment.start, segment.end, segment.size)
        return True

    def datagram(self, datagram: Datagram) -> bool:
        ends = Endpoints(datagram.a0, datagram.a1, datagram.a2, datagram.a3, datagram.ports)
        if not self._belongs(ends):
            return False
        fields = _begun(datagram.ts_ns, "udp", ends)
        self._write(fields, datagram.data, datagram.start, datagram.end, datagram.size)
        return True

    def _belongs(self, ends: Endpoints) -> bool:
        """Count a packet; whether it is shown."""
        source, destination = ends.address(True).encode(), ends.address(False).encode()
        if self._packets.belongs(source, destination, ends.ports):
            self.shown += 1
            return True
        self.left_out += 1
        return False

    def _write(
        self, fields: dict[str, object], data: bytes, start: i64, end: i64, size: i64
    ) -> None:
        fields["len"] = size
        fields["payload"] = _payload_text(data, start, end, size)
        self._out.write(self._json.encode(fields))


def _begun(ts_ns: i64, proto: str, ends: Endpoints) -> dict[str, object]:
    return {"time_ns": ts_ns, "proto": proto, "src": ends.client, "dst": ends.server}


def _payload_text(data: bytes, start: i64, end: i64, size: i64) -> str:
    shown = min(end, start + PAYLOAD_SHOWN)
    text = printable(data[start:shown], PAYLOAD_SHOWN * _ESCAPE_SIZE)
    return text + ELLIPSIS if size > shown - start and text else text
