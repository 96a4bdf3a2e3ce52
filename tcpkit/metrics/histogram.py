"""Latencies counted in fixed memory, log-linear, with the contract's bounds as edges.

Up to 1 us there is a bucket for each nanosecond. Above, each decade is cut at 1, 2
and 5 and each part into buckets of equal width, so that no bucket is wider than 1 %
of its lower edge:

above      to         width of a bucket   buckets
 1 x 10^n   2 x 10^n    0.01 x 10^n         100
 2 x 10^n   5 x 10^n    0.02 x 10^n         150
 5 x 10^n  10 x 10^n    0.05 x 10^n         100

from 10^3 ns to 10^12 ns (1000 s), and one bucket for everything above. A bucket holds
what is above its lower edge and at or below its upper edge. Every bound of the stats
server is such an edge (3 s too), so its 18 numbers are exact sums of these buckets.
"""

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

CONTRACT_BOUNDS_NS: Final = (
    100_000, 200_000, 500_000, 1_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000,
    100_000_000, 200_000_000, 500_000_000, 1_000_000_000, 2_000_000_000, 3_000_000_000,
    5_000_000_000, 10_000_000_000, 20_000_000_000,
)  # fmt: skip
"""Upper bounds of all places of `contract_buckets` but the last, which has none."""

LINEAR_NS: Final = 1_000  # up to here a bucket is one nanosecond wide
TOP_NS: Final = 1_000_000_000_000  # above this only the maximum is known
_DECADE_BUCKETS: Final = 350
_OVERFLOW: Final = LINEAR_NS + 9 * _DECADE_BUCKETS
BUCKETS: Final = _OVERFLOW + 1
_PERCENT_UNITS: Final = 10_000  # a percentile is exact to four decimals


def bucket_index(latency_ns: i64) -> i64:
    """The bucket that counts `latency_ns`; 0 for anything below 2 ns."""
    # Upper edges are inclusive: one less makes every edge the start of a bucket. All
    # divisions are by constants, which the C compiler turns into multiplications.
    below = latency_ns - 1
    if below < LINEAR_NS:
        return below if below > 0 else 0
    steps: i64  # 1000 to 9999 within the decade
    first: i64  # the decade's first bucket
    if below < 100_000:
        if below < 10_000:
            first, steps = LINEAR_NS, below
        else:
            first, steps = LINEAR_NS + _DECADE_BUCKETS, below // 10
    elif below < 10_000_000:
        if below < 1_000_000:
            first, steps = LINEAR_NS + 2 * _DECADE_BUCKETS, below // 100
        else:
            first, steps = LINEAR_NS + 3 * _DECADE_BUCKETS, below // 1_000
    elif below < 1_000_000_000:
        if below < 100_000_000:
            first, steps = LINEAR_NS + 4 * _DECADE_BUCKETS, below // 10_000
        else:
            first, steps = LINEAR_NS + 5 * _DECADE_BUCKETS, below // 100_000
    elif below < 10_000_000_000:
        first, steps = LINEAR_NS + 6 * _DECADE_BUCKETS, below // 1_000_000
    elif below < 100_000_000_000:
        first, steps = LINEAR_NS + 7 * _DECADE_BUCKETS, below // 10_000_000
    elif below < TOP_NS:
        first, steps = LINEAR_NS + 8 * _DECADE_BUCKETS, below // 100_000_000
    else:
        return _OVERFLOW
    if steps < 2_000:
        return first + (steps - 1_000) // 10
    if steps < 5_000:
        return first + 100 + (steps - 2_000) // 20
    return first + 250 + (steps - 5_000) // 50


def rank_of(percent: float, count: i64) -> i64:
    """The nearest rank, from 1, of a percentile among `count` numbers; `count` is not 0.

    >>> rank_of(50, 4), rank_of(99.9, 4), rank_of(0, 4)
    (2, 4, 1)
    """
    whole = 100 * _PERCENT_UNITS
    rank: int = -(-count * round(percent * _PERCENT_UNITS) // whole)
    return min(max(rank, 1), count)


def upper_edge_ns(index: i64) -> i64:
    """The largest latency that bucket `index` counts; TOP_NS for the overflow bucket.

    >>> upper_edge_ns(bucket_index(3_000_000_000)), upper_edge_ns(bucket_index(3_000_000_001))
    (3000000000, 3020000000)
    """
    if index < LINEAR_NS:
        return index + 1
    if index >= _OVERFLOW:
        return TOP_NS
    place: i64 = (index - LINEAR_NS) % _DECADE_BUCKETS
    step: i64 = 1
    for _ in range((index - LINEAR_NS) // _DECADE_BUCKETS):
        step *= 10
    if place < 100:
        return (1_000 + (place + 1) * 10) * step
    if place < 250:
        return (2_000 + (place - 99) * 20) * step
    return (5_000 + (place - 249) * 50) * step


@final
class Histogram:
    """Latencies in ns. Takes 33 KB whatever is added; two of them can be merged.

    A negative latency (the clocks of two capture cards) is counted in the lowest
    bucket and in `negative`, and enters sum, minimum and maximum as it is.
    """

    __slots__ = ("_counts", "count", "max_ns", "min_ns", "negative", "total_ns")

    def __init__(self) -> None:
        self._counts = vec[i64]([0] * BUCKETS)
        self.count: i64 = 0
        self.total_ns: int = 0  # exact: absurd times in a file would overflow 64 bits
        self.min_ns: i64 = 0  # minimum and maximum are 0 while nothing is counted
        self.max_ns: i64 = 0
        self.negative: i64 = 0

    def add(self, latency_ns: i64) -> None:
        self.add_at(bucket_index(latency_ns), latency_ns)

    def add_at(self, index: i64, latency_ns: i64) -> None:
        """`add`, for who adds to several; `index` is the latency's `bucket_index`."""
        self._counts[index] += 1
        self.total_ns += int(latency_ns)
        if not self.count:
            self.min_ns = self.max_ns = latency_ns
        elif latency_ns > self.max_ns:
            self.max_ns = latency_ns
        elif latency_ns < self.min_ns:
            self.min_ns = latency_ns
        self.count += 1
        if latency_ns < 0:
            self.negative += 1

    def percentile(self, percent: float) -> i64:
        """A latency in ns that `percent` of those counted do not exceed (nearest rank).

        It is the upper edge of the bucket that holds the latency of rank
        ceil(percent / 100 * count), at most the maximum: never below the true one and
        at most 1 % (below 1 us: 1 ns) above it. Above TOP_NS it is the maximum. 0 while
        nothing is counted; a `percent` outside 0 to 100 is taken as the nearer end.
        """
        if not self.count:
            return 0
        left = rank_of(percent, self.count)
        index = bucket_index(self.min_ns)
        while index < _OVERFLOW:
            left -= self._counts[index]
            if left <= 0:
                return min(upper_edge_ns(index), self.max_ns)
            index += 1
        return self.max_ns

    def contract_buckets(self) -> list[int]:
        """The stats server's `latencies`: 18 counts, their sum is `count`."""
        counts: list[int] = []
        index: i64 = 0
        for bound in CONTRACT_BOUNDS_NS:
            last = bucket_index(bound)
            here: i64 = 0
            while index <= last:
                here += self._counts[index]
                index += 1
            counts.append(here)
        above: i64 = 0
        while index < BUCKETS:
            above += self._counts[index]
            index += 1
        counts.append(above)
        return counts

    def at(self, index: i64) -> i64:
        """How many bucket `index` has counted."""
        return self._counts[index]

    def merge(self, other: "Histogram") -> None:
        """Count all that `other` has counted as well; `other` stays as it is."""
        if not other.count:
            return
        index = bucket_index(other.min_ns)
        last = bucket_index(other.max_ns)
        while index <= last:
            self._counts[index] += other._counts[index]
            index += 1
        self.min_ns = min(self.min_ns, other.min_ns) if self.count else other.min_ns
        self.max_ns = max(self.max_ns, other.max_ns) if self.count else other.max_ns
        self.count += other.count
        self.total_ns += other.total_ns
        self.negative += other.negative

    def reset(self) -> None:
        """Forget everything."""
        self._counts = vec[i64]([0] * BUCKETS)
        self.count = 0
        self.total_ns = 0
        self.min_ns = 0
        self.max_ns = 0
        self.negative = 0
