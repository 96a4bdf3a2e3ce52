"""Tells capture time to whoever does something when it has come far enough."""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from tcpkit.wire.segment import Datagram, Segment, SegmentSink

NEVER: Final = (1 << 63) - 1


@mypyc_attr(allow_interpreted_subclasses=True)
class Clock:
    """`advance` is to be called when capture time leaves [`back_ns`, `next_ns`), and at first."""

    __slots__ = ("back_ns", "next_ns")

    def __init__(self) -> None:
        self.back_ns: i64 = -NEVER
        self.next_ns: i64 = -NEVER

    def advance(self, now_ns: i64) -> None:
        """Capture time has come to `now_ns`. Raises what the log raises."""
        raise NotImplementedError


@final
class ClockTee(SegmentSink):
    """Hands every packet on, and capture time to the clock before."""

    __slots__ = ("_clock", "_next")

    def __init__(self, clock: Clock, following: SegmentSink) -> None:
        self._clock = clock
        self._next = following

    def segment(self, segment: Segment) -> bool:
        ts_ns = segment.ts_ns
        if ts_ns >= self._clock.next_ns or ts_ns < self._clock.back_ns:
            self._clock.advance(ts_ns)
        return self._next.segment(segment)

    def datagram(self, datagram: Datagram) -> bool:
        ts_ns = datagram.ts_ns
        if ts_ns >= self._clock.next_ns or ts_ns < self._clock.back_ns:
            self._clock.advance(ts_ns)
        return self._next.datagram(datagram)
