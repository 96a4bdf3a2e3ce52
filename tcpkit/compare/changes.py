"""What changed in rates and latencies, by command, and whether that may be chance."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from tcpkit.compare.bootstrap import (
    PERCENTS,
    Draws,
    Sample,
    draws_of,
    interval_of,
    merged,
    percentile_of,
)
from tcpkit.compare.side import Side
from tcpkit.metrics.histogram import bucket_index, upper_edge_ns
from tcpkit.metrics.sliced import SlicedRow
from tcpkit.protocols.command_numbers import OTHER_NAME

SLOWER: Final = "slower"
FASTER: Final = "faster"
MIXED: Final = "mixed"  # one percentile is slower, the other faster
NO_CHANGE: Final = "no clear change"
TOO_FEW: Final = "too few requests"
TOO_SHORT: Final = "too short a time"  # enough requests, but in too few slices of time
NEW: Final = "new"
GONE: Final = "gone"
ALL: Final = "all"

MIN_SLICES: Final = 16  # with requests, for any interval
MIN_REQUESTS: Final = {50: 50, 99: 500}  # latencies in each capture, by percentile
MIN_FOR_RATE: Final = 20
_SEED_STEP: Final = 1_000_003  # A and B are drawn apart


class Estimate(NamedTuple):
    """A number in A and in B, and B less A. None: not known, or too few to tell."""

    a: float | None
    b: float | None
    change: float | None = None
    low: float | None = None  # the interval of the change
    high: float | None = None

    @property
    def clear(self) -> int:
        """1: it rose, -1: it fell, 0: the interval contains 0, or there is none."""
        if self.low is None or self.high is None:
            return 0
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


class Change(NamedTuple):
    """One command. Rates are requests a second, latencies ns."""

    name: str
    requests: tuple[int, int]
    timed: tuple[int, int]  # with a latency
    rate: Estimate
    p50: Estimate
    p99: Estimate
    verdict: str
    blocks: tuple[int, int]  # slices in a run that was drawn; 0: nothing was

    @property
    def size(self) -> float:
        """How large the clear changes of latency are: the logarithm of the largest ratio."""
        ratios = [
            abs(math.log(max(each.b, 1) / max(each.a, 1)))
            for each in (self.p50, self.p99)
            if each.clear and each.a is not None and each.b is not None
        ]
        return max(ratios, default=0.0)


_ORDER: Final = (SLOWER, MIXED, FASTER, NEW, GONE, NO_CHANGE, TOO_SHORT, TOO_FEW)
_CLEAR: Final = (SLOWER, MIXED, FASTER)


def changes_of(a: Side, b: Side, resamples: int, seed: int) -> list[Change]:
    """All commands together, then each one, the most changed first."""
    rows_a, rows_b = a.recorder.sliced.rows, b.recorder.sliced.rows
    changes: list[Change] = []
    for name in sorted({*rows_a, *rows_b}):
        changes.append(
            _change(name, a, b, _rows(rows_a, name), _rows(rows_b, name), resamples, seed)
        )
    changes.sort(key=_place)
    total = _change(ALL, a, b, list(rows_a.values()), list(rows_b.values()), resamples, seed)
    return [total, *changes]


def _rows(rows: dict[str, SlicedRow], name: str) -> list[SlicedRow]:
    return [rows[name]] if name in rows else []


def _place(change: Change) -> tuple[int, float, int, str]:
    order = 0 if change.verdict in _CLEAR else _ORDER.index(change.verdict)
    return order, -change.size, -sum(change.requests), change.name


def _change(
    name: str,
    a: Side,
    b: Side,
    rows_a: Sequence[SlicedRow],
    rows_b: Sequence[SlicedRow],
    resamples: int,
    seed: int,
) -> Change:
    samples = a.sample(list(rows_a)), b.sample(list(rows_b))
    requests = sum(samples[0].requests), sum(samples[1].requests)
    timed = sum(int(row.timed) for row in rows_a), sum(int(row.timed) for row in rows_b)
    enough = all(_filled(sample) >= MIN_SLICES for sample in samples)
    draws: tuple[Draws, Draws] | None = None
    if enough and min(requests) >= MIN_FOR_RATE:
        seeds = seed, seed + _SEED_STEP
        draws = (
            draws_of(samples[0], resamples, seeds[0]),
            draws_of(samples[1], resamples, seeds[1]),
        )
    rate = _rate((a.rate(requests[0]), b.rate(requests[1])), requests, draws)
    most = (
        max((int(row.max_ns) for row in rows_a), default=0),
        max((int(row.max_ns) for row in rows_b), default=0),
    )
    p50, p99 = (_percentile(percent, samples, timed, most, draws) for percent in PERCENTS)
    blocks = (0, 0) if draws is None else (draws[0].block, draws[1].block)
    verdict = _verdict(requests, timed, p50, p99)
    if name == OTHER_NAME and verdict in (NEW, GONE):
        verdict = TOO_FEW
    return Change(name, requests, timed, rate, p50, p99, verdict, blocks)


def _filled(sample: Sample) -> int:
    return sum(1 for count in sample.requests if count)


def _rate(
    rates: tuple[float | None, float | None],
    requests: tuple[int, int],
    draws: tuple[Draws, Draws] | None,
) -> Estimate:
    rate_a, rate_b = rates
    if rate_a is None or rate_b is None:
        return Estimate(rate_a, rate_b)
    if draws is None:
        return Estimate(rate_a, rate_b, rate_b - rate_a)
    each_a, each_b = rate_a / requests[0], rate_b / requests[1]
    differences = [
        drawn_b * each_b - drawn_a * each_a
        for drawn_a, drawn_b in zip(draws[0].requests, draws[1].requests, strict=True)
    ]
    change = rate_b - rate_a
    widen = max(each.widen[0] for each in draws)
    low, high = interval_of(differences, change, widen)
    return Estimate(rate_a, rate_b, change, max(low, -rate_a), high)


def _percentile(
    percent: int,
    samples: tuple[Sample, Sample],
    timed: tuple[int, int],
    most_ns: tuple[int, int],
    draws: tuple[Draws, Draws] | None,
) -> Estimate:
    """Each percentile is known to a bucket of the histogram: so much wider is the interval."""
    known: list[int | None] = []
    for sample, count, max_ns in zip(samples, timed, most_ns, strict=True):
        least = 1 if percent == PERCENTS[0] else MIN_REQUESTS[percent]
        value = None
        if count >= least:
            value = min(percentile_of(merged(sample.slices), sample.edges_ns, percent), max_ns)
        known.append(value)
    value_a, value_b = known
    if value_a is None or value_b is None:
        return Estimate(value_a, value_b)
    filled = min(sum(1 for each in sample.slices if each) for sample in samples)
    if draws is None or min(timed) < MIN_REQUESTS[percent] or filled < MIN_SLICES:
        return Estimate(value_a, value_b, value_b - value_a)
    place = PERCENTS.index(percent)
    pairs = zip(draws[0].percentiles[place], draws[1].percentiles[place], strict=True)
    change = value_b - value_a
    widen = max(each.widen[1 + place] for each in draws)
    low, high = interval_of([drawn_b - drawn_a for drawn_a, drawn_b in pairs], change, widen)
    # Nothing falls by more than it was.
    low, high = max(low - _width_ns(value_b), -value_a), high + _width_ns(value_a)
    return Estimate(value_a, value_b, change, low, high)


def _width_ns(value_ns: int) -> int:
    """Of the bucket of a latency."""
    index = bucket_index(value_ns)
    return int(upper_edge_ns(index) - upper_edge_ns(index - 1)) if index else 1


def _verdict(
    requests: tuple[int, int], timed: tuple[int, int], p50: Estimate, p99: Estimate
) -> str:
    if not requests[0] or not requests[1]:
        return NEW if requests[1] else GONE if requests[0] else TOO_FEW
    if p50.low is None and p99.low is None:
        return TOO_SHORT if min(timed) >= MIN_REQUESTS[PERCENTS[0]] else TOO_FEW
    clear = {p50.clear, p99.clear}
    if clear >= {1, -1}:
        return MIXED
    return SLOWER if 1 in clear else FASTER if -1 in clear else NO_CHANGE
