"""Where the messages of one direction of a TCP connection begin and end (RFC 7766, section 8).

Each message follows its length in two octets. `feed` reads on to the end of a message's
head (header and question) or of the message itself, whichever comes first. A head that
comes in parts is joined, LARGEST_HEAD octets at most; the rest is counted down and never
kept.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.protocols.dns.message import HEADER, LARGEST_HEAD, QR, opcode_of, question_end, u16
from tcpkit.protocols.dns.names import MALFORMED, MISSING

PREFIX: Final = 2
SMALLEST: Final = 12  # octets of a message: a header

# What a search believes in: the opcodes and classes that are in use.
_SOUGHT: Final = (0, 4, 5)
_CLASSES: Final = (1, 3, 4, 254, 255)

# where in a message the next octet is
_BETWEEN: Final = 0
_HEAD: Final = 1
_BODY: Final = 2


@final
class Framing:
    """After `feed`: `has_head` if the head just ended, `done` if the message did.

    Then the message's head is in `data` from `start` on (behind the prefix) and ends at
    `stop`; a head that cannot be read has a negative `stop`, and its message is passed
    over like any other.
    """

    __slots__ = (
        "data", "start", "stop", "size", "has_head", "done", "_where", "_kept", "_left",
    )  # fmt: skip

    def __init__(self) -> None:
        self.data = b""
        self.start: i64 = 0
        self.stop: i64 = 0
        self.size: i64 = 0  # of the message, without the prefix
        self.has_head = False
        self.done = False
        self._where: i64 = _BETWEEN
        self._kept = b""
        self._left: i64 = 0  # octets of the body still to come

    @property
    def between(self) -> bool:
        """Whether the next octet begins a message."""
        return self._where == _BETWEEN

    def reset(self) -> None:
        """The next octet begins a message."""
        self._where = _BETWEEN
        self._kept = b""

    def feed(self, data: bytes, pos: i64, end: i64) -> i64:
        """Read on in `data[pos:end]`, which is not empty; the position behind what was read."""
        self.has_head = False
        self.done = False
        if self._where == _BODY:
            step = self._left if self._left < end - pos else end - pos
            self._pass(step)
            return pos + step
        if self._where == _HEAD:
            return self._join(data, pos, end)
        if end - pos >= PREFIX:
            size = u16(data, pos)
            start = pos + PREFIX
            stop = self._find_head(data, start, end, size)
            if stop != MISSING:
                self._begin_body(data, start, stop, size)
                return stop if stop > 0 else start
        self._where = _HEAD
        self._kept = data[pos:end]
        return end

    def _find_head(self, data: bytes, start: i64, end: i64, size: i64) -> i64:
        """Where the head ends; MISSING where more is needed to tell."""
        if size < SMALLEST:
            return MALFORMED
        last = start + size if start + size < end else end
        stop = question_end(data, start, last)
        if stop == MISSING and last - start == size:
            return MALFORMED  # the message ends before its question does
        return stop

    def _join(self, data: bytes, pos: i64, end: i64) -> i64:
        """Go on with a head that comes in parts."""
        before: i64 = len(self._kept)
        taken = end - pos
        if taken > PREFIX + LARGEST_HEAD:
            taken = PREFIX + LARGEST_HEAD
        kept = self._kept + data[pos : pos + taken]
        have: i64 = len(kept)
        if have >= PREFIX:
            size = u16(kept, 0)
            stop = self._find_head(kept, PREFIX, have, size)
            if stop != MISSING:
                self._kept = b""
                self._begin_body(kept, PREFIX, stop, size)
                if stop < 0:
                    stop = PREFIX if before <= PREFIX else before
                    self._pass(stop - PREFIX)
                return pos + stop - before
        self._kept = kept
        return pos + taken

    def _begin_body(self, data: bytes, start: i64, stop: i64, size: i64) -> None:
        self.data = data
        self.start = start
        self.stop = stop
        self.size = size
        self.has_head = True
        self._where = _BODY
        self._left = size
        self._pass(stop - start if stop > 0 else 0)

    def _pass(self, size: i64) -> None:
        self._left -= size
        if self._left == 0:
            self.done = True
            self._where = _BETWEEN

    def skip(self, size: i64) -> bool:
        """Octets that are not there are passed over; False if it is not known how far.

        Within a head they are too many to know what the message is: then it has none.
        """
        self.has_head = False
        self.done = False
        if self._where == _HEAD and len(self._kept) >= PREFIX:
            self._left = u16(self._kept, 0) + PREFIX - len(self._kept)
            self._kept = b""
            self._where = _BODY
        if self._where != _BODY or size > self._left:
            return False
        self._pass(size)
        return True

    def countdown(self) -> i64:
        """Octets of the message still to come, as far as is known."""
        if self._where == _HEAD and len(self._kept) >= PREFIX:
            return u16(self._kept, 0) + PREFIX - len(self._kept)
        return self._left if self._where == _BODY else 0


def begins_request(data: bytes, start: i64, end: i64) -> bool:
    """Whether a piece begins with a query, by all appearances, and holds only queries."""
    pos = start
    while end - pos >= PREFIX + HEADER:
        size = u16(data, pos)
        head = pos + PREFIX
        flags = u16(data, head + 2)
        if size < SMALLEST or flags & QR or opcode_of(flags) not in _SOUGHT:
            return False
        if u16(data, head + 4) != 1 or u16(data, head + 6) > 1:
            return False
        stop = question_end(data, head, end)
        if stop < 0 or stop > head + size or u16(data, stop - 2) not in _CLASSES:
            return False
        pos = head + size
        if pos >= end:
            return True
    return False
