"""A row of `top` while it is counted."""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from tcpkit.metrics.histogram import bucket_index
from tcpkit.metrics.latency_window import BITS, Bins, LatencyWindow, first_percentile, packed
from tcpkit.metrics.top_row import UNKNOWN

MAX_TOTAL: Final = (1 << 62) - 1  # two of them can be added; times in a file may be absurd
FIRST: Final = 16  # latencies kept before there is a window


@final
@mypyc_attr(acyclic=True)
class TopEntry:
    """Exact since it was made; `*_error` is what may have been counted before, at most.

    What is touched for each request comes first: it is a cache line and a part of the next.
    """

    def __init__(self, name: bytes) -> None:
        self.requests: i64 = 0
        self.bytes: i64 = 0
        self.time_ns: i64 = 0
        self.max_ns: i64 = 0
        self.name = name
        self.timed: i64 = 0  # latencies counted
        self._first0: i64 = 0  # buckets of the first of them, four in each
        self._first1: i64 = 0
        self._first2: i64 = 0
        self._first3: i64 = 0
        self._window: LatencyWindow | None = None
        self.hits: i64 = 0
        self.lookups: i64 = 0
        self.pattern: bytes | None = None  # of a key, once it was asked for
        self.requests_error: i64 = 0
        self.bytes_error: i64 = 0
        self.time_error: i64 = 0
        self.requests_before: i64 = 0  # when the interval began
        self.bytes_before: i64 = 0
        self.requests_last: i64 = 0  # in the interval that ended
        self.bytes_last: i64 = 0

    def count(
        self, bins: Bins, again: i64, size: i64, latency_ns: i64, hits: i64, lookups: i64
    ) -> None:
        """Count a request of `size` bytes, its reply included.

        `again` is 0 for what is told of a request that was counted before, else 1; a latency
        below 0 is none. `size` is at most MAX_TOTAL.
        """
        self.requests += again
        self.bytes += size
        if self.bytes > MAX_TOTAL:
            self.bytes = MAX_TOTAL
        if latency_ns >= 0:
            self.timing(latency_ns, bins)
        if lookups:
            self.lookups += lookups
            self.hits += hits

    def timing(self, latency_ns: i64, bins: Bins) -> None:
        """Count a latency, which is not negative."""
        self.time_ns += latency_ns
        if self.time_ns > MAX_TOTAL:
            self.time_ns = MAX_TOTAL
        if latency_ns > self.max_ns:
            self.max_ns = latency_ns
        bucket = bucket_index(latency_ns)
        at = self.timed
        self.timed = at + 1
        if at < 4:
            self._first0 |= bucket << (BITS * at)
        elif at < 8:
            self._first1 |= bucket << (BITS * (at - 4))
        elif at < 12:
            self._first2 |= bucket << (BITS * (at - 8))
        elif at < FIRST:
            self._first3 |= bucket << (BITS * (at - 12))
        else:
            self._widen(bucket, bins)

    def _widen(self, bucket: i64, bins: Bins) -> None:
        window = self._window
        if window is None:
            if self.timed != FIRST + 1:
                return  # there was no room
            window = self._window = LatencyWindow()
            for first in self._first():
                if not window.add(first, bins):
                    self._refuse(bins)
                    return
        if not window.add(bucket, bins):
            self._refuse(bins)

    def _refuse(self, bins: Bins) -> None:
        self.release(bins)
        bins.refused += 1

    def release(self, bins: Bins) -> None:
        """Give back the bins of the window."""
        if self._window is not None:
            bins.left += self._window.size
            self._window = None

    def _first(self) -> list[i64]:
        """The buckets of the first latencies, in their order."""
        words = (self._first0, self._first1, self._first2, self._first3)
        buckets: list[i64] = []
        for word in words:
            for place in range(4):
                if len(buckets) < self.timed:
                    buckets.append(packed(word, place))
        return buckets

    def percentile(self, percent: i64) -> i64:
        """In ns, as that of Histogram; UNKNOWN where nothing is known."""
        if self._window is not None:
            return self._window.percentile(percent, self.max_ns)
        if self.timed == 0 or self.timed > FIRST:
            return UNKNOWN
        buckets = self._first()
        buckets.sort()
        return first_percentile(buckets, percent, self.max_ns)
