"""Requests without a reply that are reported when what their client had is seen."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.protocols.message import Exchange

AHEAD: Final = 64  # of a connection; a reply that is not seen yet comes soon, or is a gap


@final
class SilentAhead:
    """Silent requests whose client had replies, up to position `until`, that are not seen yet.

    Such a reply, or the server's FIN, may change what they are.
    """

    __slots__ = ("exchanges", "until")

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.until: i64 = 0
