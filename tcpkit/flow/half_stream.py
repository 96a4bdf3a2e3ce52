"""One direction of a connection: what is expected next, and what waits for a hole.

Pieces that come too early are held, sorted by position and without overlap: of bytes
captured twice the first copy stays. Holding is bounded by the table (`MAX_HELD_*`).
"""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.sequence import MASK, distance

NOT_KNOWN: Final = -1
_OLD_MARKS: Final = 0x7FFFFFFF  # two earlier marks of 16 bits stay beside the newest


@final
@mypyc_attr(acyclic=True)
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
@mypyc_attr(acyclic=True)
class Ahead:
    """What is known of a stream beyond the next byte to deliver: most streams have none.

    `hole_since_ns` and `hole_packets` say how long the bytes before it have been missing.
    """

    __slots__ = (
        "acked", "fin", "fin_ack", "fin_ns", "held", "held_bytes", "hole_since_ns", "hole_packets",
    )  # fmt: skip

    def __init__(self) -> None:
        self.acked: i64 = NOT_KNOWN  # the peer has all bytes before this one
        self.fin: i64 = NOT_KNOWN  # position of the FIN, captured at fin_ns
        self.fin_ack: i64 = NOT_KNOWN  # what the FIN acknowledged
        self.fin_ns: i64 = 0
        self.held: list[Held] | None = None
        self.held_bytes: i64 = 0
        self.hole_since_ns: i64 = NOT_KNOWN
        self.hole_packets: i64 = 0


@final
@mypyc_attr(acyclic=True)
class HalfStream:
    """State of one direction. Positions are sequence numbers, NOT_KNOWN before the first packet."""

    __slots__ = ("next", "first", "marks", "ahead")

    def __init__(self) -> None:
        self.next: i64 = NOT_KNOWN  # position of the next byte to deliver
        self.first: i64 = NOT_KNOWN  # position of the stream's first byte, where `started`
        self.marks: i64 = 0  # marks of the last three data segments
        self.ahead: Ahead | None = None

    @property
    def started(self) -> bool:
        """Whether the SYN, or the SYN's acknowledgment, was captured."""
        return self.first >= 0

    @property
    def held(self) -> list[Held] | None:
        """The pieces that wait, in order."""
        ahead = self.ahead
        return None if ahead is None else ahead.held

    @property
    def held_bytes(self) -> i64:
        ahead = self.ahead
        return 0 if ahead is None else ahead.held_bytes

    @property
    def fin(self) -> i64:
        ahead = self.ahead
        return NOT_KNOWN if ahead is None else ahead.fin

    @property
    def fin_ns(self) -> i64:
        """When the FIN was captured."""
        ahead = self.ahead
        return 0 if ahead is None else ahead.fin_ns

    @property
    def fin_ack(self) -> i64:
        """What the FIN acknowledged of the other direction."""
        ahead = self.ahead
        return NOT_KNOWN if ahead is None else ahead.fin_ack

    def _ahead(self) -> Ahead:
        ahead = self.ahead
        if ahead is None:
            ahead = self.ahead = Ahead()
        return ahead

    def begin(self, first: i64) -> None:
        """The stream's first byte has position `first`."""
        self.first = first
        self.next = first

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
        ahead = self._ahead()
        if ahead.acked < 0 or distance(ack, ahead.acked) > 0:
            ahead.acked = ack

    def hold(self, piece: Held) -> bool:
        """Keep the bytes of `piece` that are not held yet; False if it brought none."""
        ahead = self._ahead()
        held = ahead.held
        if held is None:
            ahead.held = [piece]
            ahead.held_bytes = len(piece.data)
            return True
        last = held[-1]
        if distance(piece.seq, last.seq) >= last.size:
            held.append(piece)  # behind all others: the usual case
            ahead.held_bytes += len(piece.data)
            return True
        parts = _uncovered(held, piece)
        for part in parts:
            at: i64 = len(held)
            while at > 0 and distance(held[at - 1].seq, part.seq) > 0:
                at -= 1
            held.insert(at, part)
            ahead.held_bytes += len(part.data)
        return len(parts) > 0

    def take(self) -> Held:
        """Remove and return the first held piece."""
        ahead = self._ahead()
        held = ahead.held
        assert held is not None
        piece = held.pop(0)
        ahead.held_bytes -= len(piece.data)
        if not held:
            ahead.held = None
        return piece

    def drop_held(self) -> i64:
        """Let go of all that is held; how many bytes that was."""
        ahead = self.ahead
        if ahead is None:
            return 0
        size = ahead.held_bytes
        ahead.held = None
        ahead.held_bytes = 0
        return size

    def missing(self) -> i64:
        """Bytes missing before the next one that is known to exist; 0: none."""
        ahead = self.ahead
        if ahead is None or self.next < 0:
            return 0
        if ahead.held is not None:
            return distance(ahead.held[0].seq, self.next)
        size: i64 = 0
        if ahead.fin >= 0:
            size = distance(ahead.fin, self.next)  # an acknowledgment may count the FIN too
        elif ahead.acked >= 0:
            size = distance(ahead.acked, self.next)
        return size if size > 0 else 0

    def hole_is_acked(self, missing: i64) -> bool:
        """Whether the peer has the `missing` bytes: then the capture lost them, or reordered."""
        ahead = self.ahead
        if ahead is None or ahead.acked < 0:
            return False
        return distance(ahead.acked, self.next) >= missing

    def end_at(self, fin: i64, ack: i64, ts_ns: i64) -> None:
        """The FIN has position `fin` and acknowledges `ack`: nothing behind it is data."""
        ahead = self._ahead()
        ahead.fin = fin
        ahead.fin_ack = ack
        ahead.fin_ns = ts_ns
        while ahead.held is not None and distance(ahead.held[-1].seq, fin) >= 0:
            ahead.held_bytes -= len(ahead.held.pop().data)
            if not ahead.held:
                ahead.held = None

    def pass_fin(self) -> bool:
        """Step over the FIN when all bytes before it are delivered; True if that is so."""
        ahead = self.ahead
        if ahead is None or ahead.fin < 0 or ahead.fin != self.next:
            return False
        self.next = (self.next + 1) & MASK
        return True

    def forget_hole(self) -> None:
        """Nothing is missing any more; `ahead` goes where it has nothing left to say."""
        ahead = self.ahead
        if ahead is None:
            return
        ahead.hole_since_ns = NOT_KNOWN
        ahead.hole_packets = 0
        acked = ahead.acked >= 0 and distance(ahead.acked, self.next) > 0
        if ahead.held is None and ahead.fin < 0 and self.next >= 0 and not acked:
            self.ahead = None


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
