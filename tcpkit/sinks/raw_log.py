"""Raw mode without a script: a line for each packet."""

from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.sinks.json_line import JsonLine
from tcpkit.sinks.local_time import LocalTime
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
class RawLog(SegmentSink):
    """Writes `time source => destination | [P.] seq 1 ack 1 len 5 | payload`.

    A datagram has `udp len 5` in the middle; without payload the line ends before it.
    `len` is the payload's size on the wire, shown are its first PAYLOAD_SHOWN bytes at
    most. A packet is shown, and wanted, when one of its ends has a port of `ports` and
    an address of `servers`; where one of the two is empty it allows everything.
    """

    __slots__ = (
        "_any_port", "_json", "_local_time", "_out", "_servers", "_watched", "left_out", "shown",
    )  # fmt: skip

    def __init__(
        self, out: LogFile, ports: Sequence[int], servers: Sequence[str], as_json: bool
    ) -> None:
        watched = bytearray(65536)
        for port in ports:
            watched[port] = 1
        self._out = out
        self._watched = bytes(watched)
        self._any_port = not ports
        self._servers = frozenset(servers)
        self._json: JsonLine | None = JsonLine() if as_json else None
        self._local_time = LocalTime()
        self.shown: i64 = 0
        self.left_out: i64 = 0

    def segment(self, segment: Segment) -> bool:
        ends = Endpoints(segment.a0, segment.a1, segment.a2, segment.a3, segment.ports)
        if not self._belongs(ends):
            self.left_out += 1
            return False
        self.shown += 1
        flags = _FLAGS_TEXT[segment.flags & 0xFF]
        payload = _payload_text(segment.data, segment.start, segment.end, segment.size)
        if self._json is None:
            numbers = f"seq {segment.seq} ack {segment.ack} len {segment.size}"
            self._text(segment.ts_ns, ends, f"[{flags}] {numbers}", payload)
        else:
            fields: dict[str, object] = {
                "time_ns": segment.ts_ns,
                "proto": "tcp",
                "src": ends.client,
                "dst": ends.server,
                "flags": flags,
                "seq": segment.seq,
                "ack": segment.ack,
                "len": segment.size,
                "payload": payload,
            }
            self._out.write(self._json.encode(fields))
        return True

    def datagram(self, datagram: Datagram) -> bool:
        ends = Endpoints(datagram.a0, datagram.a1, datagram.a2, datagram.a3, datagram.ports)
        if not self._belongs(ends):
            self.left_out += 1
            return False
        self.shown += 1
        payload = _payload_text(datagram.data, datagram.start, datagram.end, datagram.size)
        if self._json is None:
            self._text(datagram.ts_ns, ends, f"udp len {datagram.size}", payload)
        else:
            fields: dict[str, object] = {
                "time_ns": datagram.ts_ns,
                "proto": "udp",
                "src": ends.client,
                "dst": ends.server,
                "len": datagram.size,
                "payload": payload,
            }
            self._out.write(self._json.encode(fields))
        return True

    def _belongs(self, ends: Endpoints) -> bool:
        return self._watches(ends, True) or self._watches(ends, False)

    def _watches(self, ends: Endpoints, source: bool) -> bool:
        port = ends.client_port if source else ends.server_port
        if not (self._any_port or self._watched[port]):
            return False
        return not self._servers or ends.address(source) in self._servers

    def _text(self, time_ns: i64, ends: Endpoints, header: str, payload: str) -> None:
        when = self._local_time.text(time_ns)
        last = f" | {payload}\n" if payload else "\n"
        line = f"{when} {ends.client} => {ends.server} | {header}{last}"
        self._out.write(line.encode("utf-8"))


def _payload_text(data: bytes, start: i64, end: i64, size: i64) -> str:
    shown = min(end, start + PAYLOAD_SHOWN)
    text = printable(data[start:shown], PAYLOAD_SHOWN * _ESCAPE_SIZE)
    return text + ELLIPSIS if size > shown - start and text else text
