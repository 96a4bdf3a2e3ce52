"""The capture time of the first packet."""

from typing import final

from mypy_extensions import i64

from tcpkit.flow.clock_tee import NEVER, Clock


@final
class FirstTime(Clock):
    """`first_ns` is -NEVER before there is a packet."""

    __slots__ = ("first_ns",)

    def __init__(self) -> None:
        super().__init__()
        self.first_ns: i64 = -NEVER

    def advance(self, now_ns: i64) -> None:
        if self.first_ns == -NEVER:
            self.first_ns = now_ns
        self.back_ns = -NEVER
        self.next_ns = NEVER
