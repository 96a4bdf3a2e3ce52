"""A reply on one printable line, put together piece by piece."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.wire.printable import ELLIPSIS, quoted, shortened

LINE_LIMIT: Final = 128  # characters, as of a request
KEPT_OF_REPLY: Final = 512  # bytes of a reply that are kept: each shown one is a character or more


@final
class ReplyLine:
    """What was added; `full` once the rest would not be shown anyway."""

    __slots__ = ("full", "muted", "_pieces", "_size", "_cut")

    def __init__(self) -> None:
        self.full = False
        self.muted: i64 = 0  # while it is not 0, what is added is a secret
        self._pieces: list[str] = []
        self._size: i64 = 0
        self._cut = False

    def add(self, text: str) -> None:
        """Take printable text."""
        if self.muted > 0:
            return
        self._pieces.append(text)
        self._size += len(text)
        if self._size > LINE_LIMIT:
            self.full = True

    def quote(self, value: bytes, whole: bool) -> None:
        """Take a value, between quotes; not `whole`: it goes on, and nobody knows how."""
        text = quoted(value[: LINE_LIMIT + 1])
        self.add(text if whole else text[:-1])
        if not whole:
            self.cut()

    def cut(self) -> None:
        """There is more than was kept."""
        self._cut = True
        self.full = True

    def text(self) -> str:
        """What was added: LINE_LIMIT characters at most, and `...` where that is not all."""
        text = shortened("".join(self._pieces), LINE_LIMIT)
        return text + ELLIPSIS if self._cut and not text.endswith(ELLIPSIS) else text
