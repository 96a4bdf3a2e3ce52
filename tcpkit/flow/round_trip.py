"""Round-trip times: how soon one side acknowledges what the other sent."""

from typing import final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.half_stream import NOT_KNOWN
from tcpkit.flow.sequence import distance


@final
@mypyc_attr(acyclic=True)
class RoundTrip:
    """From the capture point to one side and back; one segment is timed at once.

    Karn's rule (RFC 6298, section 3): what was sent again gives no sample. An acknowledgment
    counts as it comes, on a segment with payload or without, delayed or not: the smallest
    sample is the network's, the others have the side's own waiting in them.
    """

    def __init__(self) -> None:
        self.samples: i64 = 0
        self.total_ns: i64 = 0
        self.min_ns: i64 = NOT_KNOWN
        self.max_ns: i64 = NOT_KNOWN
        self._timed: i64 = NOT_KNOWN  # position behind the timed segment
        self._timed_ns: i64 = 0

    @property
    def average_ns(self) -> i64:
        return self.total_ns // self.samples if self.samples else NOT_KNOWN

    def start(self, end: i64, ts_ns: i64) -> None:
        """Time a segment that ends before position `end`, unless one is timed already."""
        if self._timed < 0:
            self._timed = end
            self._timed_ns = ts_ns

    def spoil(self) -> None:
        """Something was sent again: the acknowledgment may be of either copy."""
        self._timed = NOT_KNOWN

    def acknowledge(self, ack: i64, ts_ns: i64) -> None:
        """All bytes before `ack` have been acknowledged."""
        if self._timed < 0 or distance(ack, self._timed) < 0:
            return
        self._timed = NOT_KNOWN
        took_ns = ts_ns - self._timed_ns
        if took_ns < 0:
            return  # the clock went back
        self.samples += 1
        self.total_ns += took_ns
        if self.min_ns < 0 or took_ns < self.min_ns:
            self.min_ns = took_ns
        if took_ns > self.max_ns:
            self.max_ns = took_ns
