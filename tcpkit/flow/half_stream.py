"""One direction of a connection: what is expected next, and what waits for a hole.

Pieces that come too early are held, sorted by position and without overlap: of bytes
captured twice the first copy stays. Holding is bounded by the table (`MAX_HELD_*`).
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.sequence import MASK, distance

NOT_KNOWN: Final = -1
_OLD_MARKS: Final = 0x7FFFFFFF  # two earlier marks of 16 bits stay beside the newest


@final
class Held:
    """A piece that waits; `data` is its own copy, `size` its bytes on the wire.

    `late`: it came out of order, before or after bytes on its other side.
    """

    __slots__ = ("seq", "size", "data", "ts_ns", "ack", "late")

    def __init__(self, seq: i64, size: i64, data: bytes, ts_ns: i64, ack: i64, late: bool) -> None:
        self.seq = seq
        self.size = size
        self.data = data
        self.ts_ns = ts_ns
        self.ack = ack
        self.late = late


@final
class HalfStream:
    """State of one direction. Positions are sequence numbers, NOT_KNOWN before the first packet."""

    __slots__ = (
        "next", "first", "started", "acked", "fin", "fin_ns", "marks",
        "held", "held_bytes", "hole_since_ns", "hole_packets",
    )  # fmt: skip

    def __init__(self) -> None:
        self.next: i64 = NOT_KNOWN  # position of the next byte to deliver
        self.first: i64 = NOT_KNOWN  # position of the stream's first byte, where `started`
        self.started = False  # the SYN (or the SYN's acknowledgment) was captured
        self.acked: i64 = NOT_KNOWN  # the peer has all bytes before this one
        self.fin: i64 = NOT_KNOWN  # position of the FIN, captured at fin_ns
        self.fin_ns: i64 = 0
        self.marks: i64 = 0  # marks of the last three data segments
        self.held: list[Held] | None = None
        self.held_bytes: i64 = 0
        self.hole_since_ns: i64 = NOT_KNOWN
        self.hole_packets: i64 = 0

    def begin(self, first: i64) -> None:
        """The stream's first byte has position `first`."""
        self.first = first
        self.next = first
        self.started = True

    def remember_mark(self, mark: i64) -> None:
        self.marks = ((self.marks & _OLD_MARKS) << 16) | mark

    def knows_mark(self, mark: i64) -> bool:
        """Whether one of the last three data segments carried `mark`."""
        marks = self.marks
        if mark == 0:
            return False
        return (
            marks & 0xFFFF == mark
            or (marks >> 16) & 0xFFFF == mark
            or (marks >> 32) & 0xFFFF == mark
        )

    def note_acked(self, ack: i64) -> None:
        """The peer acknowledged all bytes before `ack`."""
        if self.acked < 0 or distance(ack, self.acked) > 0:
            self.acked = ack

    def hold(self, piece: Held) -> bool:
        """Keep the bytes of `piece` that are not held yet; False if it brought none."""
        held = self.held
        if held is None:
            held = self.held = []
        if not held or distance(piece.seq, held[-1].seq) >= held[-1].size:
            held.append(piece)  # behind all others: the usual case
            self.held_bytes += len(piece.data)
            return True
        parts = _uncovered(held, piece)
        for part in parts:
            at: i64 = len(held)
            while at > 0 and distance(held[at - 1].seq, part.seq) > 0:
                at -= 1
            held.insert(at, part)
            self.held_bytes += len(part.data)
        return len(parts) > 0

    def take(self) -> Held:
        """Remove and return the first held piece."""
        held = self.held
        assert held is not None
        piece = held.pop(0)
        self.held_bytes -= len(piece.data)
        if not held:
            self.held = None
        return piece

    def missing(self) -> i64:
        """Bytes missing before the next one that is known to exist; 0: none."""
        if self.next < 0:
            return 0
        if self.held is not None:
            return distance(self.held[0].seq, self.next)
        size: i64 = 0
        if self.fin >= 0:
            size = distance(self.fin, self.next)  # an acknowledgment may count the FIN too
        elif self.acked >= 0:
            size = distance(self.acked, self.next)
        return size if size > 0 else 0

    def hole_is_acked(self) -> bool:
        """Whether the peer has the missing bytes: then the capture lost them, or reordered."""
        return self.acked >= 0 and distance(self.acked, self.next) >= self.missing()

    def end_at(self, fin: i64, ts_ns: i64) -> None:
        """The FIN has position `fin`: nothing behind it is data."""
        self.fin = fin
        self.fin_ns = ts_ns
        while self.held is not None and distance(self.held[-1].seq, fin) >= 0:
            self.held_bytes -= len(self.held.pop().data)
            if not self.held:
                self.held = None

    def pass_fin(self) -> bool:
        """Step over the FIN when all bytes before it are delivered; True if that is so."""
        if self.fin < 0 or self.fin != self.next:
            return False
        self.next = (self.next + 1) & MASK
        return True


def _uncovered(held: list[Held], piece: Held) -> list[Held]:
    """The parts of `piece` that no held piece covers."""
    parts = [piece]
    for other in held:
        left: list[Held] = []
        for part in parts:
            before = distance(other.seq, part.seq)  # bytes of the part before `other`
            after = distance((part.seq + part.size) & MASK, (other.seq + other.size) & MASK)
            if before >= part.size or before + other.size <= 0:
                left.append(part)
                continue
            if before > 0:
                left.append(cut(part, 0, before))
            if after > 0:
                left.append(cut(part, part.size - after, part.size))
        parts = left
    return parts


def cut(piece: Held, begin: i64, end: i64) -> Held:
    """The bytes `begin` to before `end` of `piece`."""
    return Held(
        (piece.seq + begin) & MASK,
        end - begin,
        piece.data[begin:end],
        piece.ts_ns,
        piece.ack,
        piece.late,
    )
