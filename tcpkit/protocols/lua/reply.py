"""Reads replies by a script's function."""

from typing import final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.protocols.lua.parser import Parser, number, text
from tcpkit.protocols.reply_reader import ReplyReader
from tcpkit.script.driver import Encrypted

NOTHING = 0  # a message that is to be passed over: a greeting, say
REPLY = 1
PUSH = 2


@final
class LuaReply(ReplyReader):
    """`kind`, `is_error`, `code` and `id` are what the script said of the reply just read."""

    __slots__ = ("parser", "encrypted", "kind", "is_error", "code", "id")

    def __init__(self, parser: Parser) -> None:
        super().__init__()
        self.parser = parser
        self.encrypted = False
        self.kind: i64 = NOTHING
        self.is_error = False
        self.code: bytes = b""
        self.id: bytes = b""

    def feed(self, data: bytes, pos: i64, end: i64) -> i64:
        parser = self.parser
        self.begun = True
        try:
            stop = parser.feed(data, pos, end)
        except Encrypted:
            self.encrypted = True
            raise
        if parser.done:
            self._take(parser.told)
        return stop

    def _take(self, told: tuple[object, ...]) -> None:
        self.done = True
        self.kind = number(told[2])
        if self.kind == REPLY:
            self.is_error = told[3] is True
            self.code = text(told[4])
            self.id = text(told[5])

    def next_message(self) -> None:
        self.begun = False
        self.done = False
        self.parser.next_message()

    def reset(self) -> None:
        self.begun = False
        self.done = False
        self.parser.reset()

    def countdown(self) -> i64:
        return self.parser.countdown

    def skip(self, size: i64) -> bool:
        return self.parser.skip(size)

    def skip_to_end(self, size: i64) -> bool:
        parser = self.parser
        if not parser.skip(size):
            return False
        try:
            if parser.complete():
                self._take(parser.told)
        except ProtocolError:
            return False
        return True
