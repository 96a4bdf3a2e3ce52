"""Intervals for what changed between two captures, by a block bootstrap over slices of time.

Latencies of neighbours in time are not independent: a server that stalls makes many slow at
once. To draw single requests would give intervals that are far too narrow. So each capture is
cut into slices of time, and runs of neighbouring slices are drawn (a circular block bootstrap:
Politis and Romano 1992). How long the runs must be shows in how the slices are correlated.

A percentile of a draw needs the histogram of all its slices. Each slice's cumulative counts
are packed into one large number, 64 bits for each bucket, so that to add the histograms of
the slices is one `sum` of integers.
"""

import random
import sys
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

RESAMPLES: Final = 1_000
SEED: Final = 1
LEVEL: Final = 0.95
PERCENTS: Final = (50, 99)
_BYTES: Final = 8  # of a cumulative count


class Sample(NamedTuple):
    """One command in one capture. `slices` has one entry for each slice of time, in order."""

    requests: list[int]  # in each slice
    slices: list[dict[int, int]]  # latencies in each slice: counts by bucket
    edges_ns: dict[int, int]  # the upper edge of each bucket that occurs


class Draws(NamedTuple):
    """What each resample gave: one entry a resample, in the same order everywhere."""

    requests: list[int]  # all requests
    percentiles: tuple[list[int], ...]  # in ns, one list for each of PERCENTS; 0: no latency
    block: int  # slices in a run


def percentile_of(counts: dict[int, int], edges_ns: dict[int, int], percent: int) -> int:
    """The upper edge of the bucket with rank ceil(percent / 100 * count); 0 without counts."""
    left = -(-sum(counts.values()) * percent // 100)
    for bucket in sorted(counts):
        left -= counts[bucket]
        if left <= 0:
            return edges_ns[bucket]
    return 0


def merged(slices: Sequence[dict[int, int]]) -> dict[int, int]:
    total: dict[int, int] = {}
    for each in slices:
        for bucket, count in each.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def draws_of(sample: Sample, resamples: int, seed: int) -> Draws:
    """Resample the slices. The sample has one slice at least."""
    count = len(sample.slices)
    block = block_length(sample)
    buckets = sorted(merged(sample.slices))
    packed = [_packed(each, buckets, sample.edges_ns) for each in sample.slices]
    runs = _runs(packed, block)
    request_runs = _runs(sample.requests, block)
    whole, rest = divmod(count, block)
    short, short_requests = _runs(packed, rest), _runs(sample.requests, rest)
    edges = [sample.edges_ns[bucket] for bucket in buckets]
    generator = random.Random(seed)
    requests: list[int] = []
    percentiles: tuple[list[int], ...] = tuple([] for _ in PERCENTS)
    for _ in range(resamples):
        places = generator.choices(range(count), k=whole)
        total = sum([runs[place] for place in places])
        asked = sum([request_runs[place] for place in places])
        if rest:
            place = generator.randrange(count)
            total += short[place]
            asked += short_requests[place]
        requests.append(asked)
        _add_percentiles(total, edges, percentiles)
    return Draws(requests, percentiles, block)


def _add_percentiles(total: int, edges: list[int], percentiles: tuple[list[int], ...]) -> None:
    cumulative = array("Q")
    cumulative.frombytes(total.to_bytes(len(edges) * _BYTES, sys.byteorder))
    timed = cumulative[-1] if edges else 0
    for percent, found in zip(PERCENTS, percentiles, strict=True):
        rank = -(-timed * percent // 100)
        found.append(edges[bisect_left(cumulative, rank)] if timed else 0)


def _packed(counts: dict[int, int], buckets: list[int], edges_ns: dict[int, int]) -> int:
    """The cumulative counts of a slice, as one number."""
    cumulative = array("Q", bytes(len(buckets) * _BYTES))
    so_far = 0
    for place, bucket in enumerate(buckets):
        so_far += counts.get(bucket, 0)
        cumulative[place] = so_far
    return int.from_bytes(cumulative.tobytes(), sys.byteorder)


def _runs(values: Sequence[int], length: int) -> list[int]:
    """The sums of `length` neighbours from each place on, round the end to the beginning."""
    count = len(values)
    return [sum([values[(at + k) % count] for k in range(length)]) for at in range(count)]


def block_length(sample: Sample) -> int:
    """Slices in a run: twice the time over which slices are correlated, 1 where they are not.

    What is looked at is how many requests a slice had, and how many of them were above each
    percentile, beyond what would be expected. At most an eighth of all slices: with fewer
    runs nothing could be said.
    """
    count = len(sample.slices)
    total = merged(sample.slices)
    mean = sum(sample.requests) / count
    scores = [[requests - mean for requests in sample.requests]]
    for percent in PERCENTS:
        limit = percentile_of(total, sample.edges_ns, percent)
        above, timed = [], []
        for each in sample.slices:
            timed.append(sum(each.values()))
            above.append(sum(n for bucket, n in each.items() if sample.edges_ns[bucket] > limit))
        share = sum(above) / max(sum(timed), 1)
        scores.append([n - share * of for n, of in zip(above, timed, strict=True)])
    longest = max(correlation_time(score) for score in scores)
    return max(1, min(round(2 * longest) if longest > 1 else 1, count // 8))


def correlation_time(scores: Sequence[float]) -> float:
    """1 + 2 * the sum of the autocorrelations, up to the first that may be chance."""
    count = len(scores)
    mean = sum(scores) / count
    parts = [score - mean for score in scores]
    variance = sum(part * part for part in parts)
    if variance <= 0:
        return 1.0
    chance = 2 / count**0.5
    time = 1.0
    for lag in range(1, count // 4):
        correlation = sum(a * b for a, b in zip(parts, parts[lag:], strict=False)) / variance
        if correlation <= chance:
            break
        time += 2 * correlation
    return time


def interval_of(values: Sequence[float], level: float = LEVEL) -> tuple[float, float]:
    """The middle `level` of `values`, of which there is one at least."""
    ordered = sorted(values)
    outside = int(len(ordered) * (1 - level) / 2)
    return ordered[outside], ordered[-1 - outside]
