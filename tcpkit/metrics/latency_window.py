"""Latencies of one row of `top`, in the buckets of `histogram`, as few as they need.

Most rows are seen a few times: their first latencies are kept as bucket numbers, four to
an integer (`first_percentile`). A row that is seen more often gets a LatencyWindow: counts
from the lowest bucket seen to the highest. All windows of a run share `Bins`.
"""

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i32, i64, mypyc_attr

from tcpkit.metrics.histogram import upper_edge_ns

MAX_BINS: Final = 1 << 22  # of all windows together: 16 MB
SLACK: Final = 16  # bins beyond a new bucket, so that a window does not grow with each
MAX_COUNT: Final = (1 << 31) - 1
BITS: Final = 16  # of a bucket number in an integer of four
_MASK: Final = (1 << BITS) - 1


@final
class Bins:
    """How many bins may still be made, and how many windows there was no room for."""

    def __init__(self, most: i64 = MAX_BINS) -> None:
        self.left: i64 = most
        self.refused: i64 = 0


@final
@mypyc_attr(acyclic=True)
class LatencyWindow:
    """Counts for the buckets `low` to `low + size - 1`."""

    def __init__(self) -> None:
        self.low: i64 = 0
        self.size: i64 = 0
        self._counts = vec[i32]()

    def add(self, bucket: i64, bins: Bins, times: i64 = 1) -> bool:
        """Count a latency `times`, 2^30 at most; False where there is no room for it."""
        at = bucket - self.low
        if at < 0 or at >= self.size:
            if not self._grow(bucket, bins):
                return False
            at = bucket - self.low
        count: i64 = i64(self._counts[at])
        if count > MAX_COUNT - times:
            self._halve()
            count = i64(self._counts[at])
        self._counts[at] = i32(count + times)
        return True

    def _grow(self, bucket: i64, bins: Bins) -> bool:
        low = bucket - SLACK if bucket > SLACK else 0
        high = bucket + SLACK
        if self.size:
            low = min(low, self.low) if bucket < self.low else self.low
            high = max(high, self.low + self.size - 1)
        more = high + 1 - low - self.size
        if more > bins.left:
            return False
        bins.left -= more
        counts = vec[i32]([0] * (high + 1 - low))
        shift = self.low - low
        place: i64 = 0
        while place < self.size:
            counts[place + shift] = self._counts[place]
            place += 1
        self._counts = counts
        self.low = low
        self.size = high + 1 - low
        return True

    def _halve(self) -> None:
        """Keep the shares, where a count has become too large for its bin."""
        place: i64 = 0
        while place < self.size:
            self._counts[place] = i32(i64(self._counts[place]) >> 1)
            place += 1

    def percentile(self, percent: i64, max_ns: i64) -> i64:
        """As that of Histogram; `max_ns` is the largest latency."""
        total: i64 = 0
        place: i64 = 0
        while place < self.size:
            total += i64(self._counts[place])
            place += 1
        left = rank(percent, total)
        place = 0
        while place < self.size:
            left -= i64(self._counts[place])
            if left <= 0:
                return min(upper_edge_ns(self.low + place), max_ns)
            place += 1
        return max_ns


def rank(percent: i64, count: i64) -> i64:
    """Nearest rank: ceil(percent / 100 * count), at least 1.

    >>> rank(50, 3), rank(99, 100), rank(99, 1)
    (2, 99, 1)
    """
    # The parts apart: `percent * count` could overflow.
    whole = count // 100 * percent + (count % 100 * percent + 99) // 100
    return whole if whole > 1 else 1


def packed(word: i64, place: i64) -> i64:
    """The bucket number at `place`, 0 to 3, of an integer of four."""
    return (word >> (BITS * place)) & _MASK


def first_percentile(buckets: list[i64], percent: i64, max_ns: i64) -> i64:
    """The same from bucket numbers, which are sorted; there is one at least."""
    return min(upper_edge_ns(buckets[rank(percent, len(buckets)) - 1]), max_ns)
