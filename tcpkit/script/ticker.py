"""Calls a script's `tick` every second of capture time."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.clock_tee import NEVER, Clock
from tcpkit.flow.table import CLOCK_BACK_NS
from tcpkit.script.script import Script

_NS_PER_S: Final = 1_000_000_000
MAX_MISSED: Final = 3600  # seconds without a packet that are made up for; the rest is left out


@final
class Ticker(Clock):
    """Calls `tick` for each second that has begun since the last one."""

    __slots__ = ("_script", "_second")

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script
        self._second: i64 = 0  # the last one that was told, or in which the capture began

    def advance(self, now_ns: i64) -> None:
        second = now_ns // _NS_PER_S
        if self.next_ns == -NEVER or now_ns < self.back_ns:
            self._second = second  # the start, or another clock
        missed = second - self._second
        if missed > MAX_MISSED:
            self._script.counts.ticks_left_out += missed - MAX_MISSED
            self._second = second - MAX_MISSED
        while self._second < second:
            self._second += 1
            self._script.tick(int(self._second))
        self.next_ns = (self._second + 1) * _NS_PER_S
        self.back_ns = self._second * _NS_PER_S - CLOCK_BACK_NS
