"""Reads requests: arrays of bulk strings, and inline commands.

`RequestScanner` finds the end of a request that lies whole in one piece, the usual
case, without making anything of it. `RequestParser` takes what comes in parts: it keeps
the beginning of each argument (ARGUMENT_BYTES of ARGUMENTS of them) and counts the rest.

Limits are the server's own (networking.c): a header line or an inline command of at
most 64 KiB, 2^31 - 1 arguments, and bulks below 2^40 bytes here, since the server's
limit is configurable.

The server believes the lengths: it steps over the two bytes behind an argument, and over
the byte behind the CR of a header, whatever they are. A parser that is `strict` does not:
where the reader may have begun at a wrong place, these bytes tell.
"""

from typing import Final, final

from librt.strings import read_i16_be, read_i32_be
from mypy_extensions import i64, mypyc_attr

from tcpkit.errors import ProtocolError

ARGUMENTS: Final = 48  # more than 128 characters of a log line can show
ARGUMENT_BYTES: Final = 512
MAX_INLINE: Final = 65536
MAX_ARGUMENTS: Final = 0x7FFFFFFF
MAX_BULK: Final = 1 << 40

INCOMPLETE: Final = -1  # the request goes on in the next piece
INLINE: Final = -2  # it begins with no `*`

_CR: Final = 13
_LF: Final = 10
_CRLF: Final = 0x0D0A
_STAR: Final = 42
_DOLLAR: Final = 36
_SHORT: Final = 0x24300D0A  # `$`, a digit, CR LF: the header that most arguments have


@final
class RequestScanner:
    """`whole` leaves behind how many arguments there are, and where the first one lies."""

    __slots__ = ("count", "name", "name_size")

    def __init__(self) -> None:
        self.count: i64 = 0
        self.name: i64 = 0
        self.name_size: i64 = 0

    def whole(self, data: bytes, pos: i64, end: i64) -> i64:
        """The position behind the request at `data[pos]`, or INCOMPLETE or INLINE.

        INCOMPLETE too where anything is unusual: the parser will tell. Raises ProtocolError
        where the server would: at a bad length.
        """
        char: i64 = data[pos]
        if char != _STAR:
            return INLINE
        at = pos + 1
        count: i64 = 0
        while at < end:
            char = data[at]
            if char < 48 or char > 57:
                break
            count = count * 10 + (char - 48)
            if count > MAX_ARGUMENTS:
                raise ProtocolError("too many arguments")
            at += 1
        if at + 1 >= end:
            return INCOMPLETE
        if read_i16_be(data, at) != _CRLF or at == pos + 1:
            return INCOMPLETE  # "*-1" or nonsense
        if at > pos + 2 and data[pos + 1] == 48:
            raise ProtocolError("a number with a zero before it")
        at += 2
        self.count = count
        self.name_size = 0
        left = count
        while left > 0:
            if at + 4 > end:
                return INCOMPLETE
            word: i64 = i64(read_i32_be(data, at))
            size: i64 = (word >> 16) & 15
            if word & 0xFFF0FFFF == _SHORT and size < 10:
                at += 4
            else:
                if word >> 24 != _DOLLAR:
                    raise ProtocolError("an argument of a request is no bulk string")
                at += 1
                first = at
                size = 0
                while at < end:
                    char = data[at]
                    if char < 48 or char > 57 or size > MAX_BULK:
                        break
                    size = size * 10 + (char - 48)
                    at += 1
                if at + 2 > end:
                    return INCOMPLETE
                if read_i16_be(data, at) != _CRLF and at > first:
                    return INCOMPLETE
                if at == first or size > MAX_BULK or (data[first] == 48 and at > first + 1):
                    raise ProtocolError("the length of an argument is no number in its range")
                at += 2
            if at + size + 2 > end:
                return INCOMPLETE
            if left == count:
                self.name = at
                self.name_size = size
            at += size
            if read_i16_be(data, at) != _CRLF:
                return INCOMPLETE
            at += 2
            left -= 1
        return at


@final
@mypyc_attr(acyclic=True)
class RequestParser:
    """Reads one request in parts: `feed` it until `done`, then take `arguments`.

    `seq`, `first_ns`, `size` and `flags` are of the whole request, and kept by the caller.
    """

    __slots__ = (
        "arguments", "count", "done", "inline", "strict", "seq", "first_ns", "size", "flags",
        "_line", "_left", "_remaining", "_begun", "_behind_cr",
    )  # fmt: skip

    def __init__(self, strict: bool = False) -> None:
        self.arguments: list[bytes] = []  # the first ARGUMENTS of them, each cut
        self.count: i64 = 0
        self.done = False
        self.inline = False
        self.strict = strict
        self.seq: i64 = 0
        self.first_ns: i64 = 0
        self.size: i64 = 0
        self.flags: i64 = 0
        self._line = b""  # an unfinished header line or inline command
        self._left: i64 = 0  # arguments to come, the one being read included
        self._remaining: i64 = -1  # bytes of the argument to come, the two behind it included
        self._begun = False
        self._behind_cr = False  # the next byte is the one behind a header's CR

    def countdown(self) -> i64:
        """Bytes of the current argument still to come, without its CR LF."""
        return self._remaining - 2 if self._remaining > 2 else 0

    def skip(self, size: i64) -> bool:
        """Pass over `size` bytes nobody has seen; False if they are not all of one argument.

        They may end where the argument does, its CR LF among them.
        """
        if size < self._remaining - 1:
            self._remaining -= size
            return True
        if size == self._remaining:
            self._remaining = -1
            self._left -= 1
            self.done = self._left == 0
            return True
        return False

    def feed(self, data: bytes, pos: i64, end: i64) -> i64:
        """Read from `data[pos:end]`; return the position behind what was read."""
        while pos < end:
            if self._remaining >= 0:
                pos = self._value(data, pos, end)
            elif self._behind_cr:
                self._behind_cr = False
                if self.strict and data[pos] != _LF:
                    raise ProtocolError("a line of a request does not end in CR LF")
                pos += 1
                line = self._line
                self._line = b""
                self._header(line)
            else:
                pos = self._read_line(data, pos, end)
            if self.done:
                return pos
        return end

    def _read_line(self, data: bytes, pos: i64, end: i64) -> i64:
        """Go on with a header, which ends in CR and a byte, or with an inline command."""
        first: i64 = self._line[0] if self._line else data[pos]
        inline = not self._begun and first != _STAR
        last = _LF if inline else _CR
        char: i64 = 0
        at = pos
        while at < end:
            char = data[at]
            if char == last:
                break
            if char == 0:
                raise ProtocolError("a zero in a line, behind which the server sees nothing")
            at += 1
        if len(self._line) + at - pos > MAX_INLINE:
            raise ProtocolError("a line of a request is too long")
        self._line += data[pos:at]
        if at >= end:
            return end
        if not inline:
            self._behind_cr = True
            return at + 1
        line = self._line
        self._line = b""
        self._begun = True
        self.inline = True
        self.arguments = split_inline(line[:-1] if line.endswith(b"\r") else line)
        self.count = len(self.arguments)
        self.done = True
        return at + 1

    def _value(self, data: bytes, pos: i64, end: i64) -> i64:
        value = self._remaining - 2
        have = end - pos
        if value > 0:
            if value > have:
                value = have
            if self.arguments and len(self.arguments) == self.count - self._left + 1:
                kept = self.arguments[-1]
                room = ARGUMENT_BYTES - len(kept)
                if room > 0:
                    self.arguments[-1] = kept + data[pos : pos + min(value, room)]
            self._remaining -= value
            return pos + value
        if self.strict and data[pos] != (_CR if self._remaining == 2 else _LF):
            raise ProtocolError("an argument does not end in CR LF")
        self._remaining -= 1
        if self._remaining == 0:
            self._remaining = -1
            self._left -= 1
            self.done = self._left == 0
        return pos + 1

    def _header(self, line: bytes) -> None:
        if not self._begun:
            self._begun = True
            self.count = max(_length(line[1:]), 0)
            if self.count > MAX_ARGUMENTS:
                raise ProtocolError("too many arguments")
            self._left = self.count
            self.done = self._left == 0
            return
        if not line.startswith(b"$"):
            raise ProtocolError("an argument of a request is no bulk string")
        size = _length(line[1:])
        if size < 0 or size > MAX_BULK:
            raise ProtocolError("the length of an argument is no number")
        self._remaining = size + 2
        if len(self.arguments) < ARGUMENTS:
            self.arguments.append(b"")


def _length(text: bytes) -> i64:
    negative = text.startswith(b"-")
    digits = text[1:] if negative else text
    zeros = digits.startswith(b"0") and (negative or len(digits) > 1)
    if not digits.isdigit() or zeros or len(digits) > 13:
        raise ProtocolError("a length of a request is no number")
    return -int(digits) if negative else int(digits)


def split_request(raw: bytes) -> list[bytes]:
    """The arguments of an array that was read whole.

    >>> split_request(b"*2\\r\\n$3\\r\\nGET\\r\\n$3\\r\\nfoo\\r\\n")
    [b'GET', b'foo']
    """
    arguments: list[bytes] = []
    end: i64 = len(raw)
    at: i64 = 1
    char: i64 = 0
    while at < end:
        char = raw[at]
        at += 1
        if char != _DOLLAR:
            continue  # the number of arguments, and the ends of lines
        size: i64 = 0
        while at < end:
            char = raw[at]
            at += 1
            if char == _LF:
                break
            if char != _CR:
                size = size * 10 + (char - 48)
        arguments.append(raw[at : at + size])
        at += size
    return arguments


def split_inline(line: bytes) -> list[bytes]:
    r"""Words of an inline command, quoted as by the server's sdssplitargs.

    >>> split_inline(rb'SET a "b \x41\n"')
    [b'SET', b'a', b'b A\n']

    Raises ProtocolError for quotes that do not match.
    """
    words: list[bytes] = []
    at, end = 0, len(line)
    while True:
        while at < end and line[at] in b" \t\r\n\v\f\0":
            at += 1
        if at >= end:
            return words
        word = bytearray()
        while at < end and line[at] not in b" \t\r\n\0":
            if line[at] in b"\"'":
                at = _quoted(line, at, word)
            else:
                word.append(line[at])
                at += 1
        words.append(bytes(word))


_ESCAPES: Final = {110: 10, 114: 13, 116: 9, 98: 8, 97: 7}


def _quoted(line: bytes, at: int, word: bytearray) -> int:
    """Read the quoted part at `line[at]` into `word`; return the position behind it."""
    quote = line[at]
    end = len(line)
    at += 1
    while at < end:
        char = line[at]
        if char == quote:
            if at + 1 < end and line[at + 1] not in b" \t\r\n\v\f":
                raise ProtocolError("unbalanced quotes in an inline command")
            return at + 1
        if char == 92 and at + 1 < end:
            following = line[at + 1]
            if quote == 39:
                if following == 39:
                    char, at = 39, at + 1
            elif following == 120 and _is_hex(line[at + 2 : at + 4]):
                char, at = int(line[at + 2 : at + 4], 16), at + 3
            else:
                char, at = _ESCAPES.get(following, following), at + 1
        word.append(char)
        at += 1
    raise ProtocolError("unbalanced quotes in an inline command")


def _is_hex(text: bytes) -> bool:
    return len(text) == 2 and all(char in b"0123456789abcdefABCDEF" for char in text)
