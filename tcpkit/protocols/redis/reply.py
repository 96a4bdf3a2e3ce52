"""Finds where a reply ends: RESP2 and RESP3, streamed types of the specification too.

One scanner for each stream that is in the middle of a message. It is fed pieces of the
stream and stops behind each top-level message. Nothing is stored but an unfinished header
line and the beginning of the message (`HEAD_BYTES`); a bulk is counted down, an aggregate
is a number of elements still to come, so the cost is one look at each header and no memory
for depth. Only streamed aggregates nest (bounded by MAX_STREAMED).

Source: the RESP3 specification, and the Redis serialization protocol reference.
"""

from typing import Final, final

from librt.strings import read_i16_be
from mypy_extensions import i64, mypyc_attr

from tcpkit.errors import ProtocolError

HEAD_BYTES: Final = 512  # as KEPT_OF_REPLY: what a trace shows of it fits in
MAX_LINE: Final = 4096  # kept of an unfinished line; a longer text is skipped over
MAX_NUMBER: Final = 1 << 40  # far above what any server sends, far below overflow
MAX_STREAMED: Final = 64

_CRLF: Final = 0x0D0A
_LF: Final = 10
_CR: Final = 13
_BULK: Final = 36  # $
_ARRAY: Final = 42  # *
_SIMPLE: Final = 43  # +
_ERROR: Final = 45  # -
_INTEGER: Final = 58  # :
_BULK_ERROR: Final = 33  # !
_VERBATIM: Final = 61  # =
_MAP: Final = 37  # %
_SET: Final = 126  # ~
PUSH: Final = 62  # >
_ATTRIBUTE: Final = 124  # |
_CHUNK: Final = 59  # ;
_END: Final = 46  # .
_QUESTION: Final = 63  # ?

# what a first byte means
_NOTHING: Final = 0
_LINE: Final = 1  # the value is on the line
_SIZED: Final = 2  # that many bytes follow
_ELEMENTS: Final = 3  # that many elements follow
_SPECIAL: Final = 4


def _classes() -> bytes:
    table = bytearray(256)
    for char in b"+-:_,#(":
        table[char] = _LINE
    for char in b"$!=":
        table[char] = _SIZED
    for char in b"*~>%":
        table[char] = _ELEMENTS
    for char in b"|;.":
        table[char] = _SPECIAL
    return bytes(table)


_CLASS: Final = _classes()


@final
@mypyc_attr(acyclic=True)
class ReplyScanner:
    """`feed` it until `done`; then `kind` is the message's first byte and `head` its beginning.

    `head` is kept for errors, for arrays while `keep_lists` is set, and for every message
    while `keep_head` is.
    `first_ns`, `last_ns`, `seq`, `ack`, `size` and `flags` are of the whole message, and
    kept by the caller.
    """

    __slots__ = (
        "done", "kind", "head", "keep_head", "keep_lists", "begun",
        "first_ns", "last_ns", "seq", "ack", "size", "flags", "_head_at", "_head_room",
        "_pending", "_remaining", "_partial", "_in_line", "_in_attribute", "_streams", "_chunks",
    )  # fmt: skip

    def __init__(self) -> None:
        self.done = False
        self.kind: i64 = 0
        self.head = b""
        self.keep_head = False
        self.keep_lists = False
        self.begun = False  # in the middle of a message
        self.first_ns: i64 = 0
        self.last_ns: i64 = 0
        self.seq: i64 = -1
        self.ack: i64 = 0
        self.size: i64 = 0
        self.flags: i64 = 0
        self._head_at: i64 = -1  # where in the piece being read the head begins
        self._head_room: i64 = 0  # bytes that the head may still grow by
        self._pending: i64 = 1  # elements to come, the one being read included
        self._remaining: i64 = 0  # bytes of a bulk to come, its CR LF included
        self._partial = b""  # a header line whose end has not come
        self._in_line = False  # a long text line is being skipped
        self._in_attribute = False  # what is read belongs to an attribute before the message
        self._streams: list[i64] | None = None  # elements to come around open streams
        self._chunks = False  # inside a streamed string

    def next_message(self) -> None:
        """Go on behind a message that is done."""
        self.done = False
        self.begun = False
        self.kind = 0
        self._pending = 1
        if len(self.head) > 0:
            self.head = b""

    def reset(self) -> None:
        """Forget everything: the next byte fed is a message's first."""
        self.head = b""
        self._head_at = -1
        self.done = False
        self.kind = 0
        self.begun = False
        self._pending = 1
        self._remaining = 0
        self._partial = b""
        self._in_line = False
        self._in_attribute = False
        self._streams = None
        self._chunks = False

    def countdown(self) -> i64:
        """Bytes of the current bulk's value still to come, without its CR LF."""
        return self._remaining - 2 if self._remaining > 2 else 0

    def skip(self, size: i64) -> bool:
        """Pass over `size` bytes nobody has seen; False if they are not all of one value."""
        if size > self.countdown():
            return False
        self._remaining -= size
        self._head_room = 0  # what follows does not stand behind what was kept
        return True

    def skip_to_end(self, size: i64) -> bool:
        """Like `skip`, where the value's CR LF may be among the bytes: it ends exactly there."""
        if size < self._remaining:
            return self.skip(size)
        if size != self._remaining or size == 0:
            return False
        self._remaining = 0
        self._element()
        return True

    def feed(self, data: bytes, pos: i64, end: i64) -> i64:
        """Read from `data[pos:end]`; return the position behind what was read.

        That is the end of the message where `done` is set, else `end`. Raises
        ProtocolError at bytes that are no RESP.
        """
        begin = pos
        pos = self._advance(data, pos, end)
        if self.head:
            self._keep_head(data, begin, pos)
        return pos

    def _keep_head(self, data: bytes, begin: i64, end: i64) -> None:
        """Bring `head` up to date with the bytes of the message in `data[begin:end]`."""
        if self._head_at >= 0:
            begin = self._head_at  # it began in this piece
            self._head_at = -1
            self.head = b""
            self._head_room = HEAD_BYTES
        room = self._head_room
        if room > 0 and end > begin:
            self.head += data[begin : min(end, begin + room)]
            self._head_room = HEAD_BYTES - len(self.head)

    def _advance(self, data: bytes, pos: i64, end: i64) -> i64:
        if self.begun:
            pos = self._resume(data, pos, end)
            if self.done or pos >= end:
                return pos
        self.begun = True
        char: i64 = 0
        while pos < end:
            kind: i64 = data[pos]
            if self.kind == 0 or self._pending == 0:
                self._begin_element(kind, pos)
            what: i64 = _CLASS[kind]
            at = pos + 1
            if what == _LINE:
                while at < end:
                    char = data[at]
                    if char == _LF:
                        break
                    at += 1
                if at >= end:
                    self._keep_line(data, pos, end)
                    return end
                char = data[at - 1]
                if char != _CR:
                    raise ProtocolError("a line of a reply does not end in CR LF")
                pos = at + 1
                self._pending -= 1
            elif what == _NOTHING:
                raise ProtocolError("a reply begins with no RESP type")
            elif what == _SPECIAL:
                pos = self._special(data, pos, end)
            else:
                number: i64 = 0
                while at < end:
                    char = data[at]
                    if char < 48 or char > 57 or number > MAX_NUMBER:
                        break
                    number = number * 10 + (char - 48)
                    at += 1
                if at + 1 >= end or at == pos + 1 or read_i16_be(data, at) != _CRLF:
                    pos = self._special(data, pos, end)
                elif what == _SIZED:
                    pos = at + 2 + number + 2
                    if pos > end:
                        self._remaining = pos - end
                        return end
                    if read_i16_be(data, pos - 2) != _CRLF:
                        raise ProtocolError("a bulk does not end in CR LF")
                    self._pending -= 1
                else:
                    pos = at + 2
                    self._aggregate(kind, number)
            if self._pending == 0 and self._finish_level():
                return pos
        return end

    def _begin_element(self, kind: i64, pos: i64) -> None:
        if self.kind == 0 and kind != _ATTRIBUTE and not self._in_attribute:
            self.kind = kind
            keep = self.keep_head or (kind == _ARRAY and self.keep_lists)
            if keep or kind == _ERROR or kind == _BULK_ERROR:
                self._head_at = pos
                self.head = b" "  # filled when it is known how far the message goes
        if self._pending == 0 and kind != _END:
            self._pending = 1  # one more in a streamed aggregate, whose size nobody knows

    def _aggregate(self, kind: i64, number: i64) -> None:
        self._pending += (number * 2 if kind == _MAP else number) - 1

    def _element(self) -> None:
        """An element is complete."""
        self._pending -= 1
        if self._pending == 0:
            self._finish_level()

    def _finish_level(self) -> bool:
        """No element is missing on this level; True if that ends the message."""
        if self._streams is not None:
            return False
        if self._in_attribute:
            self._in_attribute = False
            self._pending = 1
            return False
        self.done = True
        return True

    def _keep_line(self, data: bytes, pos: i64, end: i64) -> None:
        """The line that begins at `pos` has no end yet."""
        if end - pos > MAX_LINE:
            if _CLASS[data[pos]] != _LINE:
                raise ProtocolError("a header line is too long")
            self._in_line = True
            return
        self._partial = data[pos:end]

    def _resume(self, data: bytes, pos: i64, end: i64) -> i64:
        """Go on inside a bulk or a line."""
        if self._remaining > 0:
            if self._remaining > end - pos:
                self._remaining -= end - pos
                return end
            pos += self._remaining
            self._remaining = 0
            if data[pos - 1] != _LF:
                raise ProtocolError("a bulk does not end in CR LF")
            self._element()
            return pos
        if self._in_line or self._partial:
            at = pos
            while at < end and data[at] != _LF:
                at += 1
            if at >= end:
                if self._in_line:
                    return end
                self._keep_line(self._partial + data[pos:end], 0, len(self._partial) + end - pos)
                return end
            if self._in_line:
                self._in_line = False
                self._element()
                return at + 1
            line = self._partial + data[pos : at + 1]
            self._partial = b""
            self._special(line, 0, len(line))
            if self._remaining > 0:
                return self._resume(data, at + 1, end)
            if self._pending == 0 and not self.done:
                self._finish_level()
            return at + 1
        return pos

    def _special(self, data: bytes, pos: i64, end: i64) -> i64:
        """Read a header line of any kind, the slow way; return the position behind it."""
        at = pos
        while at < end and data[at] != _LF:
            at += 1
        if at >= end:
            if end - pos > MAX_LINE:
                raise ProtocolError("a header line is too long")
            self._partial = data[pos:end]
            return end
        if at == pos or data[at - 1] != _CR:
            raise ProtocolError("a line of a reply does not end in CR LF")
        kind: i64 = data[pos]
        text = data[pos + 1 : at - 1]
        what: i64 = _CLASS[kind]
        if what == _LINE:
            self._pending -= 1
        elif kind == _END:
            self._close_stream()
        elif text == b"?" and kind != _CHUNK:
            self._open_stream(kind)
        else:
            self._sized(kind, what, _number(text))
            if self._remaining > 0:
                have = end - (at + 1)
                if self._remaining > have:
                    self._remaining -= have
                    return end
                behind = at + 1 + self._remaining
                self._remaining = 0
                if data[behind - 1] != _LF:
                    raise ProtocolError("a bulk does not end in CR LF")
                self._pending -= 1
                return behind
        return at + 1

    def _sized(self, kind: i64, what: i64, number: i64) -> None:
        if kind == _CHUNK:
            if not self._chunks:
                raise ProtocolError("a chunk outside of a streamed string")
            if number > 0:
                self._pending += 1
                self._remaining = number + 2
            else:
                self._chunks = False
                self._pending -= 1
        elif what == _SIZED:
            if number < 0:
                self._pending -= 1
            else:
                self._remaining = number + 2
        elif kind == _ATTRIBUTE:
            if self.kind == 0 and not self._in_attribute:
                self._in_attribute = number > 0
                self._pending = number * 2 if number > 0 else 1
            else:
                self._pending += number * 2
        elif number < 0:
            self._pending -= 1
        else:
            self._aggregate(kind, number)

    def _open_stream(self, kind: i64) -> None:
        if kind == _BULK:
            self._chunks = True
            return
        if _CLASS[kind] != _ELEMENTS:
            raise ProtocolError("a type that cannot be streamed")
        if self._streams is None:
            self._streams = []
        if len(self._streams) >= MAX_STREAMED:
            raise ProtocolError("streamed aggregates nest too deeply")
        self._streams.append(self._pending - 1)
        self._pending = 0

    def _close_stream(self) -> None:
        streams = self._streams
        if streams is None or self._pending > 0:
            raise ProtocolError("the end of a stream that was not begun")
        self._pending = streams.pop()
        if not streams:
            self._streams = None


def _number(text: bytes) -> i64:
    """The number of a header line; -1 is null."""
    if text == b"-1":
        return -1
    if not text or len(text) > 12:
        raise ProtocolError("a length is no number")
    value: i64 = 0
    for char in text:
        if not 48 <= char <= 57:
            raise ProtocolError("a length is no number")
        value = value * 10 + (i64(char) - 48)
    return value
