"""Intervals for what changed between two captures, by a block bootstrap over slices of time.

Latencies of neighbours in time are not independent: a server that stalls makes many slow at
once. To draw single requests would give intervals that are far too narrow. So each capture is
cut into slices of time, and runs of neighbouring slices are drawn (a circular block bootstrap:
Politis and Romano 1992). How long the runs must be shows in how the slices are correlated
(correlation.py); what runs are too short for, or too few, widens the interval.

A percentile of a draw needs the histogram of all its slices. Each slice's cumulative counts
are packed into one large number, a field for each bucket, so that to add the histograms of
the slices is one `sum` of integers. Only buckets in which the percentile of a draw can lie have
a field: those within SIGMAS standard errors.
"""

import random
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

from tcpkit.compare.correlation import Correlation

RESAMPLES: Final = 1_000
SEED: Final = 1
LEVEL: Final = 0.95
PERCENTS: Final = (50, 99)
SIGMAS: Final = 8
_SHARE_OF_ALL: Final = 8  # a run has an eighth of all slices at most: else there are too few
Take = Callable[[Sequence[int]], tuple[int, ...]]

_FIELDS: Final = (("I", 4, 1 << 32), ("Q", 8, 1 << 64))


class Sample(NamedTuple):
    """One command in one capture. `slices` has one entry for each slice of time, in order."""

    requests: list[int]  # in each slice
    slices: list[dict[int, int]]  # latencies in each slice: counts by bucket
    edges_ns: dict[int, int]  # the upper edge of each bucket that occurs


class Draws(NamedTuple):
    """What each resample gave: one entry a resample, in the same order everywhere."""

    requests: list[int]  # all requests
    percentiles: list[list[int]]  # in ns, one list for each of PERCENTS; 0: no latency
    block: int  # slices in a run
    widen: list[float]  # factors for the intervals of the requests, and of each of PERCENTS


def percentile_of(counts: dict[int, int], edges_ns: dict[int, int], percent: float) -> int:
    """The upper edge of the bucket with rank ceil(percent / 100 * count); 0 without counts."""
    bucket = bucket_of(counts, percent)
    return 0 if bucket is None else edges_ns[bucket]


def bucket_of(counts: dict[int, int], percent: float) -> int | None:
    left = -(-sum(counts.values()) * percent // 100)
    for bucket in sorted(counts):
        left -= counts[bucket]
        if left <= 0:
            return bucket
    return max(counts, default=None)


def merged(slices: Sequence[dict[int, int]]) -> dict[int, int]:
    total: dict[int, int] = {}
    for each in slices:
        for bucket, count in each.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def draws_of(sample: Sample, resamples: int, seed: int) -> Draws:
    """Resample the slices. The sample has two slices at least."""
    count = len(sample.slices)
    correlations = correlations_of(sample)
    block = min(max(each.wished_block for each in correlations), max(count // _SHARE_OF_ALL, 1))
    widen = [each.widening(block) for each in correlations]
    histograms = _Histograms(sample, correlations[1:])
    runs = _runs(histograms.packed, block)
    asked = _runs(sample.requests, block)
    rest = count % block
    short, short_asked = _runs(histograms.packed, rest), _runs(sample.requests, rest)
    requests: list[int] = []
    percentiles: list[list[int]] = [[] for _ in PERCENTS]
    for take, place in _plan(count, block, resamples, seed):
        total, drawn = sum(take(runs)), sum(take(asked))
        if rest:
            total += short[place]
            drawn += short_asked[place]
        requests.append(drawn)
        histograms.add_percentiles(total, percentiles)
    return Draws(requests, percentiles, block, widen)


@lru_cache(maxsize=16)
def _plan(count: int, block: int, resamples: int, seed: int) -> list[tuple[Take, int]]:
    """What each resample takes: runs, and where the shorter one begins that fills it up.

    All commands of a capture take the same, so to draw costs once.
    """
    generator = random.Random(seed)
    whole, rest = divmod(count, block)
    plan: list[tuple[Take, int]] = []
    for _ in range(resamples):
        take: Take = itemgetter(*generator.choices(range(count), k=whole))
        plan.append((take, generator.randrange(count) if rest else 0))
    return plan


class _Histograms:
    """The latencies of each slice, packed: for each of PERCENTS its buckets, then the count."""

    def __init__(self, sample: Sample, correlations: Sequence[Correlation]) -> None:
        total = merged(sample.slices)
        timed = sum(total.values())
        buckets = sorted(total)
        self._windows: list[tuple[int, int]] = []  # first and last field of each percentile
        self._edges: list[int] = []
        fields: list[int] = []
        for percent, correlation in zip(PERCENTS, correlations, strict=True):
            error = 100 * SIGMAS * correlation.standard_error / max(timed, 1)
            low, high = max(percent - error, 0.0), min(percent + error, 100.0)
            least, most = bucket_of(total, low), bucket_of(total, high)
            begin = len(fields)
            if least is not None and most is not None:
                fields += [bucket for bucket in buckets if least <= bucket <= most]
            self._windows.append((begin, len(fields)))
        self._edges = [sample.edges_ns[bucket] for bucket in fields]
        largest = max((sum(each.values()) for each in sample.slices), default=0)
        self._kind, self._size = next(
            (kind, size) for kind, size, limit in _FIELDS if largest * len(sample.slices) < limit
        )
        self.packed = [self._pack(each, fields) for each in sample.slices]

    def _pack(self, counts: dict[int, int], fields: list[int]) -> int:
        known = sorted(counts)
        sums = [0]
        for bucket in known:
            sums.append(sums[-1] + counts[bucket])
        values = [sums[bisect_left(known, bucket + 1)] for bucket in fields]
        packed = array(self._kind, [*values, sums[-1]])
        return int.from_bytes(packed.tobytes(), sys.byteorder)

    def add_percentiles(self, total: int, percentiles: list[list[int]]) -> None:
        """Those of a draw, whose slices' numbers are `total` together."""
        sums = array(self._kind)
        sums.frombytes(total.to_bytes((len(self._edges) + 1) * self._size, sys.byteorder))
        timed = sums[-1]
        for percent, (begin, end), found in zip(PERCENTS, self._windows, percentiles, strict=True):
            if not timed or begin == end:
                found.append(0)
                continue
            place = bisect_left(sums, -(-timed * percent // 100), begin, end)
            found.append(self._edges[min(place, end - 1)])


def _runs(values: Sequence[int], length: int) -> list[int]:
    """The sums of `length` neighbours from each place on, round the end to the beginning."""
    if length == 1:
        return list(values)
    count = len(values)
    return [sum([values[(at + k) % count] for k in range(length)]) for at in range(count)]


def correlations_of(sample: Sample) -> list[Correlation]:
    """Of the requests in a slice, and of how many were above each percentile, beyond its share."""
    total = merged(sample.slices)
    found = [Correlation([float(requests) for requests in sample.requests])]
    timed = [sum(each.values()) for each in sample.slices]
    for percent in PERCENTS:
        limit = bucket_of(total, percent)
        above = [
            sum([n for bucket, n in each.items() if limit is None or bucket > limit])
            for each in sample.slices
        ]
        share = sum(above) / max(sum(timed), 1)
        found.append(Correlation([n - share * of for n, of in zip(above, timed, strict=True)]))
    return found


def interval_of(
    values: Sequence[float], centre: float, widen: float, level: float = LEVEL
) -> tuple[float, float]:
    """The middle `level` of `values`, of which there is one at least, wider by the factor
    `widen` about `centre`.
    """
    ordered = sorted(values)
    outside = int(len(ordered) * (1 - level) / 2)
    low, high = min(ordered[outside], centre), max(ordered[-1 - outside], centre)
    return centre - (centre - low) * widen, centre + (high - centre) * widen
