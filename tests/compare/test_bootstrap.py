"""What the intervals promise, tried on traffic whose truth is known."""

import math
import random

import pytest

from tcpkit.compare.bootstrap import (
    LEVEL,
    PERCENTS,
    Sample,
    draws_of,
    interval_of,
    merged,
    percentile_of,
)
from tcpkit.compare.correlation import Correlation
from tcpkit.metrics.histogram import bucket_index, upper_edge_ns

SLICES = 96
IN_A_SLICE = 8
RUNS = 60
RESAMPLES = 200
SIGMA = 0.7


def sampled(slices: list[list[int]]) -> Sample:
    counts: list[dict[int, int]] = []
    for latencies in slices:
        found: dict[int, int] = {}
        for latency_ns in latencies:
            bucket = int(bucket_index(latency_ns))
            found[bucket] = found.get(bucket, 0) + 1
        counts.append(found)
    edges = {bucket: int(upper_edge_ns(bucket)) for each in counts for bucket in each}
    return Sample([len(latencies) for latencies in slices], counts, edges)


def traffic(generator: random.Random, correlation: float) -> Sample:
    """Log-normal latencies about 1 ms; half of their variance is of a state that stays on."""
    state = generator.gauss(0, 1)
    slices: list[list[int]] = []
    for _ in range(SLICES):
        state = correlation * state + math.sqrt(1 - correlation**2) * generator.gauss(0, 1)
        latencies: list[int] = []
        for _ in range(IN_A_SLICE):
            common = state if correlation else generator.gauss(0, 1)
            own = generator.gauss(0, 1)
            latencies.append(round(1e6 * math.exp(SIGMA * (common + own) / math.sqrt(2))))
        slices.append(latencies)
    return sampled(slices)


def intervals(a: Sample, b: Sample) -> list[tuple[float, float]]:
    """Of the change of each of PERCENTS."""
    draws = draws_of(a, RESAMPLES, 1), draws_of(b, RESAMPLES, 2)
    found: list[tuple[float, float]] = []
    for place, percent in enumerate(PERCENTS):
        before, after = (
            percentile_of(merged(each.slices), each.edges_ns, percent) for each in (a, b)
        )
        pairs = zip(draws[0].percentiles[place], draws[1].percentiles[place], strict=True)
        widen = max(each.widen[1 + place] for each in draws)
        found.append(
            interval_of([second - first for first, second in pairs], after - before, widen)
        )
    return found


def least_hits(runs: int, level: float) -> int:
    """So many hits or more come in all but one of a thousand tries, if the level is true."""
    below = 0.0
    for hits in range(runs + 1):
        below += math.comb(runs, hits) * level**hits * (1 - level) ** (runs - hits)
        if below > 0.001:
            return hits
    return runs


@pytest.mark.parametrize("correlation", [0.0, 0.7], ids=["independent", "correlated"])
def test_the_interval_holds_the_truth_as_often_as_it_says(correlation: float) -> None:
    generator = random.Random(20)
    hits = [0] * len(PERCENTS)

    for _ in range(RUNS):
        a, b = traffic(generator, correlation), traffic(generator, correlation)
        for place, (low, high) in enumerate(intervals(a, b)):
            hits[place] += low <= 0 <= high  # both are of one distribution

    assert min(hits) >= least_hits(RUNS, LEVEL), hits


def test_the_interval_of_independent_latencies_is_not_wider_than_it_must_be() -> None:
    generator = random.Random(3)
    widths = sorted(
        high - low
        for low, high in (
            intervals(traffic(generator, 0.0), traffic(generator, 0.0))[0] for _ in range(15)
        )
    )

    # The median of n log-normal latencies has the standard error sqrt(pi / 2 / n) * SIGMA * 1 ms.
    error = math.sqrt(2) * math.sqrt(math.pi / 2 / (SLICES * IN_A_SLICE)) * SIGMA * 1e6
    assert 0.8 < widths[len(widths) // 2] / (2 * 1.96 * error) < 1.25


def test_the_interval_of_correlated_latencies_is_wider() -> None:
    def width(correlation: float) -> float:
        generator = random.Random(4)
        found = [
            intervals(traffic(generator, correlation), traffic(generator, correlation))[0]
            for _ in range(5)
        ]
        return sorted(high - low for low, high in found)[2]

    assert width(0.7) > 2 * width(0.0)


def test_the_same_seed_draws_the_same_and_another_one_differs() -> None:
    sample = traffic(random.Random(5), 0.0)

    assert draws_of(sample, 50, 1) == draws_of(sample, 50, 1)
    assert draws_of(sample, 50, 1).percentiles != draws_of(sample, 50, 2).percentiles


def drawn_by_hand(sample: Sample, resamples: int, seed: int) -> list[list[int]]:
    """The same draws of single slices, with plain histograms."""
    generator = random.Random(seed)
    count = len(sample.slices)
    found: list[list[int]] = [[] for _ in PERCENTS]
    for _ in range(resamples):
        places = generator.choices(range(count), k=count)
        total = merged([sample.slices[place] for place in places])
        for place, percent in enumerate(PERCENTS):
            found[place].append(percentile_of(total, sample.edges_ns, percent))
    return found


def test_packed_histograms_give_what_plain_ones_do() -> None:
    sample = traffic(random.Random(8), 0.0)
    draws = draws_of(sample, 40, 6)

    assert draws.block == 1
    assert draws.percentiles == drawn_by_hand(sample, 40, 6)


def test_slices_without_any_latency_are_drawn_too() -> None:
    sample = sampled([[1_000_000] if place % 2 else [] for place in range(40)])

    draws = draws_of(sample, 100, 1)

    assert min(draws.requests) < 20 < max(draws.requests)
    assert set(draws.percentiles[0]) <= {0, 1_000_000}


def test_a_constant_is_not_correlated_and_a_slow_wave_is() -> None:
    wave = [math.sin(place / 8) for place in range(128)]

    assert Correlation([3.0] * 50).time == 1.0
    assert Correlation(wave).wished_block > 8
    assert Correlation([1.0]).wished_block == 1
