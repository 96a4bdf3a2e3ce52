"""Reads requests of the text protocol: a command line, and for some a data block.

`RequestScanner` finds the end of a request that lies whole in one piece, the usual case.
`RequestParser` takes what comes in parts: it keeps the beginning of the line (LINE_BYTES)
and counts the data block down.
"""

from typing import Final, final

from librt.strings import read_i16_be, read_i32_be
from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.protocols.memcached.text_line import (
    MAX_KEY,
    NO_BLOCK,
    CommandLine,
    line_end,
    without_cr,
)
from tcpkit.protocols.memcached.text_words import FORMS, RETRIEVAL, STORAGE, UNKNOWN

LINE_BYTES: Final = 1024  # longer than any line but that of a get with many keys
MAX_LINE: Final = 65536  # of commands other than get: the server takes less (16 KiB)
INCOMPLETE: Final = -1  # the request goes on in the next piece

_CR: Final = 13
_LF: Final = 10
_CRLF: Final = 0x0D0A
_SPACE: Final = 32
_GET: Final = 0x67657420  # "get "
_SET: Final = 0x73657420  # "set "
_PRINTABLE: Final = range(0x20, 0x7F)
_FEW_DIGITS: Final = 9


@final
class RequestScanner:
    """`whole` leaves behind what the line says, and where it ends."""

    __slots__ = ("bad_block", "line", "line_stop", "plain")

    def __init__(self) -> None:
        self.line = CommandLine()
        self.plain = False  # one reply, of which the line's form alone says what it may be
        self.line_stop: i64 = 0  # behind the line's last byte, its CR LF not counted
        self.bad_block = False  # the data block does not end in CR LF

    def whole(self, data: bytes, pos: i64, end: i64) -> i64:
        """The position behind the request at `data[pos]`, or INCOMPLETE."""
        if pos + 8 <= end:
            word: i64 = i64(read_i32_be(data, pos))
            if word == _GET:
                return self._get(data, pos, end)
            if word == _SET:
                stop = self._set(data, pos + 4, end)
                if stop > 0:
                    return stop
        return self._any(data, pos, end)

    def _get(self, data: bytes, pos: i64, end: i64) -> i64:
        line_feed = line_end(data, pos + 4, end)
        if line_feed >= end:
            return INCOMPLETE
        line = self.line
        line.block = NO_BLOCK
        self._be_plain(line, RETRIEVAL)
        self.line_stop = without_cr(data, pos, line_feed)
        self.bad_block = False
        self.plain = True
        return line_feed + 1

    def _set(self, data: bytes, at: i64, end: i64) -> i64:
        """Read what follows "set ", as clients write it; 0 where it is to be read slowly."""
        first = at
        char: i64 = 0
        while at < end:
            char = data[at]
            if char <= _SPACE:
                break
            at += 1
        if char != _SPACE or at == first or at - first > MAX_KEY:
            return 0
        at += 1
        spaces: i64 = 0
        size: i64 = 0
        digits: i64 = 0
        while at < end:
            char = data[at]
            at += 1
            if 48 <= char <= 57:
                size = size * 10 + (char - 48)
                digits += 1
                if digits > _FEW_DIGITS and spaces == 2:
                    return 0
                if digits > _FEW_DIGITS:
                    size = 0
            elif digits == 0:
                return 0
            elif char == _SPACE and spaces < 2:
                spaces += 1
                digits = 0
                size = 0
            else:
                break
        if char != _CR or spaces != 2 or at >= end or data[at] != _LF:
            return 0
        stop = at + 1 + size + 2
        if stop > end:
            return INCOMPLETE
        line = self.line
        line.block = size
        self._be_plain(line, STORAGE)
        self.line_stop = at - 1
        self.bad_block = read_i16_be(data, stop - 2) != _CRLF
        self.plain = not self.bad_block
        return stop

    def _be_plain(self, line: CommandLine, form: i64) -> None:
        line.word = form
        line.form = form
        line.tag = 0
        line.silent = line.quiet = line.unsure = False

    def _any(self, data: bytes, pos: i64, end: i64) -> i64:
        line_feed = line_end(data, pos, end)
        if line_feed >= end:
            return INCOMPLETE
        line = self.line
        self.line_stop = without_cr(data, pos, line_feed)
        self.bad_block = False
        line.read(data, pos, self.line_stop)
        stop = line_feed + 1
        if line.block >= 0:
            stop += line.block + 2
            if stop > end:
                return INCOMPLETE
            self.bad_block = read_i16_be(data, stop - 2) != _CRLF
        self.plain = not self.bad_block and line.is_plain()
        return stop


@final
class RequestParser:
    """Reads one request in parts: `feed` it until `done`, then take `line` and `kept`."""

    __slots__ = ("bad_block", "done", "kept", "line", "_line_size", "_remaining")

    def __init__(self) -> None:
        self.line = CommandLine()
        self.kept = b""  # the command line, or its beginning, without CR LF
        self.done = False
        self.bad_block = False
        self._line_size: i64 = 0
        self._remaining: i64 = 0  # bytes of the data block to come, its CR LF included

    def countdown(self) -> i64:
        """Bytes of the data block still to come, without its CR LF."""
        return self._remaining - 2 if self._remaining > 2 else 0

    def skip(self, size: i64) -> bool:
        """Pass over `size` bytes nobody has seen; False if they are not all of the block.

        They may end where the block does, its CR LF among them.
        """
        if self._remaining == 0 or size > self._remaining or size == self._remaining - 1:
            return False
        self._remaining -= size
        self.done = self._remaining == 0
        return True

    def feed(self, data: bytes, pos: i64, end: i64) -> i64:
        """Read from `data[pos:end]`; return the position behind what was read."""
        if self._remaining > 0:
            return self._block(data, pos, end)
        line_feed = line_end(data, pos, end)
        self._keep(data, pos, line_feed)
        if line_feed >= end:
            return end
        self._end_line()
        if self.done or line_feed + 1 >= end:
            return line_feed + 1
        return self._block(data, line_feed + 1, end)

    def _keep(self, data: bytes, pos: i64, end: i64) -> None:
        room = LINE_BYTES - len(self.kept)
        if room > 0:
            self.kept += data[pos : min(end, pos + room)]
        self._line_size += end - pos
        if self._line_size > MAX_LINE and not self.kept.lstrip(b" ").startswith(
            (b"get ", b"gets ")
        ):
            raise ProtocolError("a command line is too long")

    def _end_line(self) -> None:
        line = self.line
        size: i64 = len(self.kept)
        cut = self._line_size > size
        if not cut:
            size = without_cr(self.kept, 0, size)
            self.kept = self.kept[:size]
        line.read(self.kept, 0, size)
        if cut and line.form != RETRIEVAL:
            line.unsure = line.word != UNKNOWN
            line.form = UNKNOWN
            line.block = NO_BLOCK
            line.silent = line.quiet = False
        if line.block >= 0:
            self._remaining = line.block + 2
        else:
            self.done = True

    def _block(self, data: bytes, pos: i64, end: i64) -> i64:
        have = end - pos
        while self._remaining > 0 and have > 0:
            if self._remaining > 2:
                size = self._remaining - 2
                if size > have:
                    size = have
            else:
                size = 1
                if data[pos] != (_CR if self._remaining == 2 else _LF):
                    self.bad_block = True
            self._remaining -= size
            pos += size
            have -= size
        self.done = self._remaining == 0
        return pos


def begins_command(data: bytes, start: i64, end: i64) -> bool:
    """Whether a piece begins with a text command, by all appearances."""
    line_feed = line_end(data, start, min(end, start + LINE_BYTES))
    line = data[start : without_cr(data, start, line_feed)]
    if FORMS.get(line[: line.find(b" ")] if b" " in line else line) is None:
        return False
    if not all(char in _PRINTABLE for char in line[:64]):
        return False
    if line_feed >= end or line_feed - start >= LINE_BYTES:
        return line.startswith((b"get ", b"gets "))
    command = CommandLine()
    command.read(line, 0, len(line))
    return command.form != UNKNOWN
