"""Quiet commands: whether one is answered is told by what follows.

Binary memcached (protocol-binary.txt), as much as the question needs: GET, GETQ, NOOP. A
GETQ is answered only on a hit. A reply carries the request's opaque, so a reply to a later
request says that the quiet ones before it missed.
"""

import struct

from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.message import PairingCounts, Recorder
from tests.protocols.slices.queued import Message, QueuedStream

GET, GETQ, NOOP = 0x00, 0x09, 0x0A
NAMES = {GET: "get", GETQ: "get", NOOP: "noop"}
HEADER = struct.Struct("!BBHBBHIIQ")
REQUEST, REPLY = 0x80, 0x81


class Direction:
    """Cuts a stream into messages; the tag is opcode and opaque together."""

    def __init__(self, magic: int) -> None:
        self._magic = magic
        self._pending = b""
        self._first_ns = 0
        self._seq = 0

    def feed(self, piece: bytes, ts_ns: int, seq: int) -> list[Message]:
        if not self._pending:
            self._first_ns, self._seq = ts_ns, seq
        data = self._pending + piece
        found = []
        while len(data) >= HEADER.size:
            magic, opcode, key, extras, _, _, body, opaque, _ = HEADER.unpack_from(data)
            assert magic == self._magic
            size = HEADER.size + body
            if len(data) < size:
                break
            begin = HEADER.size + extras
            text = f"{NAMES[opcode]} {data[begin : begin + key].decode()}".strip()
            tag = opcode << 32 | opaque
            found.append(Message(tag, text, self._seq, size, self._first_ns, ts_ns))
            data = data[size:]
            self._first_ns = ts_ns
            self._seq = (self._seq + size) & 0xFFFFFFFF
        self._pending = data
        return found


class QuietStream(QueuedStream):
    def __init__(
        self, ends: Endpoints, recorder: Recorder, counts: PairingCounts, timeout_ns: int
    ) -> None:
        super().__init__(ends, recorder, counts, timeout_ns)
        self._requests = Direction(REQUEST)
        self._replies = Direction(REPLY)

    def request_data(
        self, data: bytes, start: int, end: int, ts_ns: int, seq: int, ack: int
    ) -> None:
        if not self.lost:
            for message in self._requests.feed(data[start:end], ts_ns, seq):
                self.asked(message, may_be_silent=message.tag >> 32 == GETQ)

    def reply_data(self, data: bytes, start: int, end: int, ts_ns: int, seq: int, ack: int) -> None:
        if not self.lost:
            for message in self._replies.feed(data[start:end], ts_ns, seq):
                self.answered(message)
