"""Calls a script's `tick` every second of capture time."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.table import CLOCK_BACK_NS
from tcpkit.script.script import Script
from tcpkit.wire.segment import Datagram, Segment, SegmentSink

_NS_PER_S: Final = 1_000_000_000
_NEVER: Final = (1 << 63) - 1
MAX_MISSED: Final = 3600  # seconds without a packet that are made up for; the rest is left out


@final
class Ticker:
    """`advance` is to be called when capture time leaves [`back_ns`, `next_ns`)."""

    __slots__ = ("_script", "_second", "back_ns", "next_ns")

    def __init__(self, script: Script) -> None:
        self._script = script
        self._second: i64 = 0  # the last one that was told, or in which the capture began
        self.back_ns: i64 = -_NEVER
        self.next_ns: i64 = -_NEVER

    def advance(self, now_ns: i64) -> None:
        """Capture time has come to `now_ns`. Raises what the log raises."""
        second = now_ns // _NS_PER_S
        if self.next_ns == -_NEVER or now_ns < self.back_ns:
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


@final
class TickTee(SegmentSink):
    """Hands every packet on, and capture time to the ticker before."""

    __slots__ = ("_next", "_ticker")

    def __init__(self, ticker: Ticker, following: SegmentSink) -> None:
        self._ticker = ticker
        self._next = following

    def segment(self, segment: Segment) -> bool:
        ts_ns = segment.ts_ns
        if ts_ns >= self._ticker.next_ns or ts_ns < self._ticker.back_ns:
            self._ticker.advance(ts_ns)
        return self._next.segment(segment)

    def datagram(self, datagram: Datagram) -> bool:
        ts_ns = datagram.ts_ns
        if ts_ns >= self._ticker.next_ns or ts_ns < self._ticker.back_ns:
            self._ticker.advance(ts_ns)
        return self._next.datagram(datagram)
