"""Ends an interval of `top` when capture time has come to its end."""

from typing import final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.clock_tee import Clock
from tcpkit.flow.table import CLOCK_BACK_NS


@mypyc_attr(allow_interpreted_subclasses=True)
class IntervalEnd:
    """Who is told of each interval, when it is over."""

    def ended(self, begin_ns: int, end_ns: int) -> None:
        raise NotImplementedError


@final
class TopClock(Clock):
    """Intervals of `length_ns`, the first of which begins with the first packet.

    A pause of several intervals is told as one call for the first of them, and the next one
    begins where it would have.
    """

    __slots__ = ("_begin_ns", "_begun", "_end", "_length_ns")

    def __init__(self, length_ns: i64, end: IntervalEnd) -> None:
        super().__init__()
        self._length_ns = length_ns
        self._end = end
        self._begin_ns: i64 = 0
        self._begun = False

    def advance(self, now_ns: i64) -> None:
        if not self._begun:
            self._begun = True
            self._begin(now_ns)
        elif now_ns < self.back_ns:
            self._end.ended(int(self._begin_ns), int(self._begin_ns))  # another clock
            self._begin(now_ns)
        elif now_ns >= self.next_ns:
            self._end.ended(int(self._begin_ns), int(self.next_ns))
            passed = (now_ns - self._begin_ns) // self._length_ns
            self._begin(self._begin_ns + passed * self._length_ns)

    def _begin(self, begin_ns: i64) -> None:
        self._begin_ns = begin_ns
        self.next_ns = begin_ns + self._length_ns
        self.back_ns = begin_ns - CLOCK_BACK_NS

    def finish(self, now_ns: i64) -> None:
        """The capture ends at `now_ns`: so does the interval that has begun."""
        if self._begun:
            self._end.ended(int(self._begin_ns), int(max(self._begin_ns, now_ns)))
