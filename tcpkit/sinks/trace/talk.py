"""What a trace remembers of one connection."""

from typing import final

from mypy_extensions import i64

from tcpkit.flow.half_stream import NOT_KNOWN


@final
class Talk:
    """`place` is how many connections began before it."""

    __slots__ = ("place", "requests", "started_ns", "is_shown", "waits_for")

    def __init__(self, place: i64) -> None:
        self.place = place
        self.requests: i64 = 0
        self.started_ns: i64 = NOT_KNOWN
        self.is_shown = False  # its start was told
        # the numbers of requests that timed out and may be answered yet, by position
        self.waits_for: dict[int, tuple[int, int]] | None = None
