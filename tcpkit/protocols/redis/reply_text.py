"""A reply of Redis on one line, in redis-cli's words: `OK`, `(integer) 3`, `["a", (nil)]`.

Read from the beginning of the reply that was kept, so it may end anywhere. A simple string
and a number within a list stand bare, a bulk string always has quotes: nothing is mistaken
for anything else. Read by a loop; how deep lists nest is bounded by the bytes that are kept.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.protocols.message import Exchange
from tcpkit.protocols.redis.command import SECRET_OF_ACL, is_secret_setting
from tcpkit.protocols.reply_line import KEPT_OF_REPLY, LINE_LIMIT, ReplyLine
from tcpkit.wire.printable import printable

HIDDEN: Final = "***"

_BULK: Final = 36  # $
_SIMPLE: Final = 43  # +
_ERROR: Final = 45  # -
_INTEGER: Final = 58  # :
_VERBATIM: Final = 61  # =
_BULK_ERROR: Final = 33  # !
_MAP: Final = 37  # %
_SET: Final = 126  # ~
_ATTRIBUTE: Final = 124  # |
_CHUNK: Final = 59  # ;
_END: Final = 46  # .
_LISTS: Final = b"*>%~|"
_SIZED: Final = b"$=!"

_STREAMED: Final = -1  # in the place of a number of elements
_NULL: Final = -2
_NOT_A_NUMBER: Final = -3
_MAX_DIGITS: Final = 12

# Commands whose replies have names of settings before their values.
_IN_PAIRS: Final = frozenset(["CONFIG GET", "SENTINEL CONFIG"])
_NAMING: Final = frozenset(["CONFIG GET", "SENTINEL CONFIG", "SLOWLOG GET", "EXEC"])


def reply_text(exchange: Exchange) -> str:
    """The reply that `exchange.reply` begins; empty where none was kept."""
    data = exchange.reply
    size: i64 = len(data)
    if size < 3:
        return printable(data, LINE_LIMIT)
    kind: i64 = data[0]
    if kind != _ERROR and kind != _BULK_ERROR and _is_secret(exchange.command):
        return HIDDEN
    if data.find(b"\r\n") == size - 2:  # one line
        if kind == _SIMPLE:
            return printable(data[1:-2], LINE_LIMIT)
        if kind == _INTEGER:
            return f"(integer) {printable(data[1:-2], LINE_LIMIT)}"
    return _Reader(data, exchange.command, exchange.reply_bytes > size).text()


def _is_secret(command: str) -> bool:
    return command.startswith("ACL ") and command[4:].encode() in SECRET_OF_ACL


@final
class _Level:
    """A list that is open: `left` elements are to come (of a map keys and values), or _STREAMED."""

    __slots__ = ("kind", "left", "at", "hides_next", "mutes")

    def __init__(self, kind: i64, left: i64, mutes: bool) -> None:
        self.kind = kind
        self.left = left
        self.at: i64 = 0  # elements that were read
        self.hides_next = False  # the next one is a secret
        self.mutes = mutes  # all of it is a secret


@final
class _Reader:
    """Puts the line together; `more` says that there are bytes that were not kept."""

    __slots__ = (
        "_data",
        "_pos",
        "_end",
        "_line",
        "_levels",
        "_names",
        "_pairs",
        "_more",
        "_messages",
    )

    def __init__(self, data: bytes, command: str, more: bool) -> None:
        self._data = data
        self._pos: i64 = 0
        self._end: i64 = len(data)
        self._line = ReplyLine()
        self._levels: list[_Level] = []
        self._messages: i64 = 0
        self._names = command in _NAMING
        self._pairs = command in _IN_PAIRS
        self._more = more and self._end >= KEPT_OF_REPLY

    def text(self) -> str:
        """Several messages, as SUBSCRIBE gets them, are separated by commas."""
        line = self._line
        while True:
            self._close_levels()
            if line.full:
                break
            if self._pos >= self._end:
                if self._levels or self._more:
                    line.cut()
                break
            self._separate()
            if not self._element():
                line.cut()
                break
        return line.text()

    def _separate(self) -> None:
        """What stands before the next element."""
        if self._levels:
            level = self._levels[-1]
            if self._data[self._pos] == _END or level.at == 0:
                return
            pairs = level.kind == _MAP or level.kind == _ATTRIBUTE
            self._line.add(": " if pairs and level.at & 1 else ", ")
        elif self._messages > 0:
            self._line.add(", ")

    def _close_levels(self) -> None:
        """Close the lists that are complete; each is an element of the one around it."""
        while self._levels and self._levels[-1].left == 0:
            level = self._levels.pop()
            self._line.add("]" if level.kind not in b"%~|" else "}")
            if level.mutes:
                self._line.muted -= 1
            if level.kind == _ATTRIBUTE:
                self._line.add(" ")
                self._uncount()

    def _uncount(self) -> None:
        """The element just read was no element: what it describes is still to come."""
        if not self._levels:
            self._messages -= 1
            return
        around = self._levels[-1]
        around.at -= 1
        if around.left != _STREAMED:
            around.left += 1

    def _element(self) -> bool:
        """Read one element, or the begin of a list; False if that is not whole."""
        data, pos = self._data, self._pos
        kind: i64 = data[pos]
        stop: i64 = data.find(b"\r\n", pos)
        if stop < 0:
            stop = self._end
        header = data[pos + 1 : stop].removesuffix(b"\r")  # of which the LF may not be there
        self._pos = min(stop + 2, self._end)
        whole = stop + 2 <= self._end
        if kind == _END and self._levels and self._levels[-1].left == _STREAMED:
            self._levels[-1].left = 0
            return whole
        if not whole and (kind in _LISTS or kind in _SIZED):
            return False  # of how many is not known
        hides = self._begin_element()
        if kind in _LISTS:
            self._open(kind, _number(header), hides)
            return True
        if hides:
            self._line.add(HIDDEN)
            self._line.muted += 1
        if kind in _SIZED:
            whole = self._sized(kind, header)
        else:
            self._scalar(kind, header)
        if hides:
            self._line.muted -= 1
        return whole

    def _begin_element(self) -> bool:
        """Count an element; whether it is a secret."""
        if not self._levels:
            self._messages += 1
            return False
        level = self._levels[-1]
        level.at += 1
        if level.left > 0:
            level.left -= 1
        hides = level.hides_next
        level.hides_next = False
        return hides

    def _open(self, kind: i64, number: i64, hides: bool) -> None:
        line = self._line
        if number == _NULL:
            line.add(HIDDEN if hides else "(nil)")
            return
        if number == _NOT_A_NUMBER:
            line.cut()
            return
        if hides:
            line.add(HIDDEN)
            line.muted += 1
        line.add("[" if kind not in b"%~|" else "{")
        if number > 0 and (kind == _MAP or kind == _ATTRIBUTE):
            number *= 2
        self._levels.append(_Level(kind, number, hides))

    def _scalar(self, kind: i64, header: bytes) -> None:
        """What stands on its line."""
        text = printable(header, LINE_LIMIT)
        alone = not self._levels
        if kind == _SIMPLE:
            self._look(header)
            self._line.add(text)
        elif kind == _ERROR:
            self._line.add(f"(error) {text}")
        elif kind == _INTEGER:
            self._line.add(f"(integer) {text}" if alone else text)
        elif kind == 44:  # ,
            self._line.add(f"(double) {text}" if alone else text)
        elif kind == 40:  # (
            self._line.add(f"(big number) {text}" if alone else text)
        elif kind == 35:  # #
            self._line.add("(true)" if header == b"t" else "(false)" if header == b"f" else "")
        elif kind == 95:  # _
            self._line.add("(nil)")
        else:
            self._line.add(printable(self._data[self._pos :], LINE_LIMIT))
            self._line.cut()

    def _sized(self, kind: i64, header: bytes) -> bool:
        """A value of so many bytes; False if it is not whole."""
        line = self._line
        size = _number(header)
        if size == _NULL:
            line.add("(nil)")
            return True
        if size == _STREAMED:
            return self._chunks()
        if size < 0:
            return False
        stop = self._pos + size
        value = self._data[self._pos : min(stop, self._end)]
        whole = stop <= self._end
        self._pos = min(stop + 2, self._end)
        if kind == _BULK_ERROR:
            line.add(f"(error) {printable(value, LINE_LIMIT)}")
            return whole
        if kind == _VERBATIM and len(value) >= 4:
            value = value[4:]  # behind its format, three letters and a colon
        self._look(value)
        line.quote(value, whole)
        return whole

    def _chunks(self) -> bool:
        """A string that comes in pieces, the last one of which is empty."""
        value = b""
        while self._pos < self._end and self._data[self._pos] == _CHUNK:
            stop: i64 = self._data.find(b"\r\n", self._pos)
            if stop < 0:
                break
            size = _number(self._data[self._pos + 1 : stop])
            if size < 0:
                break
            self._pos = min(stop + 2 + size + (2 if size > 0 else 0), self._end)
            value += self._data[stop + 2 : min(stop + 2 + size, self._end)]
            if size == 0:
                self._look(value)
                self._line.quote(value, True)
                return True
        self._line.quote(value, False)
        return False

    def _look(self, value: bytes) -> None:
        """Whether a string is the name of a secret, whose value follows."""
        if not self._names or not self._levels:
            return
        level = self._levels[-1]
        named = level.at & 1 or not (self._pairs or level.kind == _MAP)
        if named and is_secret_setting(value):
            level.hides_next = True


def _number(header: bytes) -> i64:
    """The number of elements or bytes; or what stands in its place."""
    if header == b"?":
        return _STREAMED
    if header == b"-1":
        return _NULL
    if not header.isdigit() or len(header) > _MAX_DIGITS:
        return _NOT_A_NUMBER
    return int(header)
