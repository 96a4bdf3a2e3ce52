"""Finds where a reply of the text protocol ends.

One reader per connection. What a reply is says its first line: a VALUE line has a data
block behind it and others may follow until END; so do the lines of STAT and of dumps; VA
has one block; any other line is the whole reply, and an error ends every reply. A block
is counted down and never stored.
"""

from typing import Final, final

from librt.strings import read_i16_be, read_i32_be
from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.protocols.memcached.meta_flags import KEY_TAG, OPAQUE_TAG, meta_tag
from tcpkit.protocols.memcached.text_line import line_end, next_word, without_cr, word_end
from tcpkit.protocols.memcached.text_words import (
    R_END,
    R_HD,
    R_LINES,
    R_NUMBER,
    R_OTHER,
    R_STATS,
    R_STORED,
    R_VA,
    R_VALUES,
    is_error,
    kind_of,
)
from tcpkit.protocols.reply_reader import ReplyReader

HEAD_BYTES: Final = 1024  # kept of a reply's first line: meta flags, a key, an opaque
MAX_LINE: Final = 2048  # kept of a line that has no end yet; the rest is passed over
MAX_WORD: Final = 32
MAX_BLOCK: Final = 0xFFFFFFFF  # values are smaller than 1 GiB (-I)

_CRLF: Final = 0x0D0A
_LF: Final = 10
_CR: Final = 13
_SPACE: Final = 32
_VALU: Final = 0x56414C55
_E_SPACE: Final = 0x4520
_END: Final = 0x454E440D  # "END\r"
_STOR: Final = 0x53544F52
_ED: Final = 0x45440D0A  # "ED\r\n"
_HD: Final = 0x48440D0A  # "HD\r\n"


@final
class TextReply(ReplyReader):
    """When `done`, `kind` is one of `text_words`, `hits` the number of values.

    `head` is the first line without its CR LF, kept of an error, of a reply with a word of
    no kind of its own, and of every reply while `keep_head` is set. `tag` is that of the
    key and the opaque text which a meta reply repeats, read while `reads_tags` is set; with
    `keeps_tagged` the line of such a reply is kept, for keys that are written in base64.
    """

    __slots__ = (
        "head", "hits", "keep_head", "keeps_tagged", "kind", "reads_tags", "tag",
        "_in_line", "_partial", "_remaining",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.kind: i64 = 0
        self.hits: i64 = 0
        self.head = b""
        self.keep_head = False
        self.reads_tags = False
        self.keeps_tagged = False
        self.tag: i64 = 0
        self._remaining: i64 = 0  # bytes of a data block to come, its CR LF included
        self._partial = b""  # a line whose end has not come
        self._in_line = False  # a long line is being passed over

    def next_message(self) -> None:
        self.begun = False
        self.done = False
        self.kind = 0
        self.hits = 0
        self.tag = 0
        if self.head:
            self.head = b""

    def reset(self) -> None:
        self.next_message()
        self._remaining = 0
        self._partial = b""
        self._in_line = False

    def countdown(self) -> i64:
        return self._remaining - 2 if self._remaining > 2 else 0

    def skip(self, size: i64) -> bool:
        if size > self.countdown():
            return False
        self._remaining -= size
        return True

    def skip_to_end(self, size: i64) -> bool:
        if size < self._remaining:
            return self.skip(size)
        if size != self._remaining or size == 0:
            return False
        self._remaining = 0
        self.done = self.kind == R_VA
        return True

    def feed(self, data: bytes, pos: i64, end: i64) -> i64:
        if self.begun:
            pos = self._resume(data, pos, end)
        else:
            self.begun = True
        while pos < end and not self.done:
            pos = self._line(data, pos, end)
        return pos

    def _line(self, data: bytes, pos: i64, end: i64) -> i64:
        """Read one line, and its data block; the position behind what was read."""
        if pos + 4 <= end:
            word: i64 = i64(read_i32_be(data, pos))
            if word == _VALU:
                stop = self._value(data, pos, end)
                if stop > 0:
                    return stop
            elif word == _END:
                if pos + 5 <= end and data[pos + 4] == _LF:
                    return self._close(data, pos, pos + 5)
            elif word == _STOR:
                if pos + 8 <= end and read_i32_be(data, pos + 4) == _ED:
                    return self._plain(data, R_STORED, pos, pos + 8)
            elif word == _HD:
                return self._plain(data, R_HD, pos, pos + 4)
        line_feed = line_end(data, pos, end)
        if line_feed >= end:
            self._keep(data, pos, end)
            return end
        self._read(data, pos, line_feed)
        return self._pass(data, line_feed + 1, end)

    def _value(self, data: bytes, pos: i64, end: i64) -> i64:
        """Read a VALUE line and its block; 0 where it is to be read slowly."""
        if self.kind != R_VALUES and (self.kind != 0 or self.keep_head):
            return 0
        if pos + 6 > end or read_i16_be(data, pos + 4) != _E_SPACE:
            return 0
        at = pos + 6
        while at < end and data[at] > _SPACE:
            at += 1
        at += 1
        while at < end and data[at] > _SPACE:
            at += 1
        at += 1
        size: i64 = 0
        char: i64 = 0
        while at < end:
            char = data[at]
            if char < 48 or char > 57 or size > MAX_BLOCK:
                break
            size = size * 10 + (char - 48)
            at += 1
        if char == _SPACE:  # the cas unique
            while at < end and data[at] != _CR:
                at += 1
        if at + 2 > end or read_i16_be(data, at) != _CRLF:
            return 0
        self.kind = R_VALUES
        self.hits += 1
        self._remaining = size + 2
        return self._pass(data, at + 2, end)

    def _plain(self, data: bytes, kind: i64, pos: i64, end: i64) -> i64:
        """A reply of one word without anything behind it."""
        if self.kind != 0:
            raise ProtocolError("a line that cannot stand within a reply")
        self.kind = kind
        self.done = True
        if self.keep_head:
            self.head = data[pos : end - 2]
        return end

    def _close(self, data: bytes, pos: i64, end: i64) -> i64:
        """END was read."""
        if self.kind == 0:
            self.kind = R_END
            if self.keep_head:
                self.head = data[pos : end - 2]
        self.done = True
        return end

    def _pass(self, data: bytes, pos: i64, end: i64) -> i64:
        """Pass over the data block at `pos`, or its part; the position behind it."""
        remaining = self._remaining
        if remaining == 0:
            return pos
        if remaining > end - pos:
            self._remaining = remaining - (end - pos)
            return end
        pos += remaining
        self._remaining = 0
        if data[pos - 1] != _LF or (remaining > 1 and data[pos - 2] != _CR):
            raise ProtocolError("a data block does not end in CR LF")
        if self.kind == R_VA:
            self.done = True
        return pos

    def _resume(self, data: bytes, pos: i64, end: i64) -> i64:
        """Go on inside a block or a line."""
        if self._remaining > 0:
            return self._pass(data, pos, end)
        if not self._in_line and not self._partial:
            return pos
        line_feed = line_end(data, pos, end)
        if line_feed >= end:
            if not self._in_line:
                self._keep(data, pos, end)
            return end
        line = self._partial
        if self._in_line:
            self._in_line = False
        else:
            line += data[pos:line_feed]
        self._partial = b""
        self._read(line, 0, len(line))
        return self._pass(data, line_feed + 1, end)

    def _keep(self, data: bytes, pos: i64, end: i64) -> None:
        """Keep the part of a line that has no end yet."""
        room = MAX_LINE - len(self._partial)
        if end - pos > room:
            end = pos + room
            self._in_line = True  # what was kept says enough
        self._partial += data[pos:end]

    def _read(self, data: bytes, pos: i64, line_feed: i64) -> None:
        """Read a line of any kind, the slow way; its block is in `_remaining`."""
        stop = without_cr(data, pos, line_feed)
        if self.kind == 0 and not self.keep_head and is_number(data, pos, stop):
            self.kind = R_NUMBER
            self.done = True
            return
        first = word_end(data, pos, stop)
        word = data[pos : min(first, pos + MAX_WORD)]
        if self.kind == 0:
            self.kind = kind_of(word)
            if self.keep_head or self.kind == R_OTHER or is_error(self.kind):
                self.head = data[pos : min(stop, pos + HEAD_BYTES)]
            if self.kind == R_VALUES:
                self._sized(data, first, stop, 2)
                self.hits = 1
            elif self.kind == R_VA:
                self._sized(data, first, stop, 0)
                self.hits = 1
                if self.reads_tags:
                    size = next_word(data, first, stop)
                    self._tagged(data, pos, word_end(data, size, stop), stop)
            elif self.kind != R_STATS and self.kind != R_LINES:
                self.done = True
                if self.reads_tags and first < stop and self.kind >= R_HD:
                    self._tagged(data, pos, first, stop)
            return
        self._read_next(word, data, first, stop)

    def _tagged(self, data: bytes, pos: i64, at: i64, stop: i64) -> None:
        """Read the flags, behind `at`, of the meta reply's line that begins at `pos`."""
        at = next_word(data, at, stop)
        while at < stop:
            char: i64 = data[at]
            behind = word_end(data, at, stop)
            if char == 107:
                self.tag += meta_tag(KEY_TAG, data, at + 1, behind)
            elif char == 79:
                self.tag += meta_tag(OPAQUE_TAG, data, at + 1, behind)
            elif char == 98:
                self.keeps_tagged = True
            at = next_word(data, behind, stop)
        if self.keeps_tagged and not self.head:
            self.head = data[pos : min(stop, pos + HEAD_BYTES)]

    def _read_next(self, word: bytes, data: bytes, first: i64, stop: i64) -> None:
        """Read a line that is not a reply's first; `word`, before `first`, begins it."""
        if word == b"END" or (word == b"EN" and self.kind == R_LINES):
            self.done = True
            return
        kind = kind_of(word)
        if is_error(kind):
            self.kind = kind
            self.done = True
        elif kind != self.kind:
            raise ProtocolError("a line that cannot stand within a reply")
        elif kind == R_VALUES:
            self._sized(data, first, stop, 2)
            self.hits += 1

    def _sized(self, data: bytes, at: i64, stop: i64, before: i64) -> None:
        """Take the size of a block, which stands behind `before` words at `at`."""
        at = next_word(data, at, stop)
        while before > 0:
            at = next_word(data, word_end(data, at, stop), stop)
            before -= 1
        digits = data[at : word_end(data, at, stop)]
        if not digits.isdigit() or len(digits) > 10:
            raise ProtocolError("the size of a data block is no number")
        self._remaining = int(digits) + 2


def is_number(data: bytes, at: i64, stop: i64) -> bool:
    """Whether a line is a number; the server may pad it with spaces."""
    begin = at
    while at < stop:
        char: i64 = data[at]
        if char < 48 or char > 57:
            break
        at += 1
    return at > begin and next_word(data, at, stop) == stop
