"""Reads replies by a script's function."""

from typing import final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.protocols.lua.parser import Parser, text
from tcpkit.protocols.reply_reader import ReplyReader
from tcpkit.script.driver import Encrypted


@final
class LuaReply(ReplyReader):
    """`parser.state` is what the message just read is; `id` what it repeats of its request."""

    __slots__ = ("parser", "encrypted", "id")

    def __init__(self, parser: Parser) -> None:
        super().__init__()
        self.parser = parser
        self.encrypted = False
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
            self._take()
        return stop

    def _take(self) -> None:
        self.done = True
        special = self.parser.special
        self.id = text(special[1]) if special else b""

    def next_message(self) -> None:
        self.done = False
        self.parser.next_message()
        self.begun = self.parser.begun

    def reset(self) -> None:
        self.begun = False
        self.done = False
        self.parser.reset()

    def countdown(self) -> i64:
        return self.parser.countdown

    def skip(self, size: i64) -> bool:
        return self.parser.skip(size)

    def skip_to_end(self, size: i64) -> bool:
        if not self.parser.skip(size):
            return False
        try:
            if self.parser.complete():
                self._take()
        except ProtocolError:
            return False
        return True
