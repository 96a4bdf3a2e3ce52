"""An object as a line of JSON."""

from collections.abc import Callable
from typing import final


@final
class JsonLine:
    """Turns fields into one line, in their order; every text must be valid Unicode."""

    __slots__ = ("_dumps", "_newline")

    def __init__(self) -> None:
        import orjson  # here: a run without JSON does not wait for it

        self._dumps: Callable[[object, None, int], bytes] = orjson.dumps
        self._newline: int = orjson.OPT_APPEND_NEWLINE

    def encode(self, fields: dict[str, object]) -> bytes:
        return self._dumps(fields, None, self._newline)
