"""Latencies of a short time: the buckets of Histogram that were hit, and how often."""

from typing import Final, final

from librt.vecs import append, vec
from mypy_extensions import i64

from tcpkit.metrics.histogram import BUCKETS, Histogram, rank_of, upper_edge_ns

_OVERFLOW: Final = BUCKETS - 1


@final
class Slice:
    """`index[k]` is a bucket, in rising order, `counts[k]` how many it counted."""

    __slots__ = ("count", "counts", "index", "max_ns")

    def __init__(self) -> None:
        self.index = vec[i64]()
        self.counts = vec[i64]()
        self.count: i64 = 0
        self.max_ns: i64 = 0  # of what it was cut from; see `percentile`

    def put(self, bucket: i64, count: i64) -> None:
        """`bucket` lies above all that there are."""
        self.index = append(self.index, bucket)
        self.counts = append(self.counts, count)
        self.count += count

    def percentile(self, percent: float) -> i64:
        """As Histogram.percentile defines it, in ns; 0 while nothing is counted.

        The maximum of the slice itself is not known: 100 gives the upper edge of its last
        bucket, or the maximum of the whole run if that is less.
        """
        if not self.count:
            return 0
        left = rank_of(percent, self.count)
        place: i64 = 0
        while place < len(self.index):
            left -= self.counts[place]
            if left <= 0:
                bucket = self.index[place]
                if bucket >= _OVERFLOW:
                    return self.max_ns
                return min(upper_edge_ns(bucket), self.max_ns)
            place += 1
        return self.max_ns

    def merged(self, other: "Slice") -> "Slice":
        """Both together."""
        both = Slice()
        both.max_ns = max(self.max_ns, other.max_ns)
        here: i64 = 0
        there: i64 = 0
        while here < len(self.index) or there < len(other.index):
            mine: i64 = self.index[here] if here < len(self.index) else BUCKETS
            its: i64 = other.index[there] if there < len(other.index) else BUCKETS
            count: i64 = 0
            if mine <= its:
                count += self.counts[here]
                here += 1
            if its <= mine:
                count += other.counts[there]
                there += 1
            both.put(min(mine, its), count)
        return both


@final
class Slicer:
    """Cuts what a histogram that only grows has counted since the last cut."""

    __slots__ = ("_before", "_count")

    def __init__(self) -> None:
        self._before = vec[i64]([0] * BUCKETS)
        self._count: i64 = 0

    def cut(self, histogram: Histogram) -> Slice:
        piece = Slice()
        piece.max_ns = histogram.max_ns
        left = histogram.count - self._count
        self._count = histogram.count
        before = self._before
        bucket: i64 = 0
        while left > 0 and bucket < BUCKETS:
            counted = histogram.at(bucket)
            new = counted - before[bucket]
            if new > 0:
                piece.put(bucket, new)
                before[bucket] = counted
                left -= new
            bucket += 1
        return piece
