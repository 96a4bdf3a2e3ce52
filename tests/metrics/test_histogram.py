"""Properties are checked against the plain list of latencies."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.metrics.histogram import (
    CONTRACT_BOUNDS_NS,
    LINEAR_NS,
    TOP_NS,
    Histogram,
    bucket_index,
    upper_edge_ns,
)

OVERFLOW = bucket_index(TOP_NS + 1)

# Evenly over the magnitudes, where integers() alone would nearly always be enormous.
MAGNITUDES = st.integers(0, 61).flatmap(lambda bits: st.integers(0, 1 << bits))
EDGES = st.sampled_from(CONTRACT_BOUNDS_NS).flatmap(lambda b: st.sampled_from([b - 1, b, b + 1]))
LATENCIES = st.lists(MAGNITUDES | EDGES | st.integers(-(10**9), -1))


def histogram_of(latencies: list[int]) -> Histogram:
    histogram = Histogram()
    for latency in latencies:
        histogram.add(latency)
    return histogram


def numbers(histogram: Histogram) -> list[int]:
    """All that can be asked of a histogram."""
    percentiles = [histogram.percentile(percent) for percent in (1, 25, 50, 75, 99.9)]
    extremes = [histogram.min_ns, histogram.max_ns, histogram.negative]
    return [
        histogram.count,
        histogram.total_ns,
        *extremes,
        *percentiles,
        *histogram.contract_buckets(),
    ]


def test_buckets_follow_each_other_without_a_hole() -> None:
    for index in range(OVERFLOW):
        assert bucket_index(upper_edge_ns(index)) == index
        assert bucket_index(upper_edge_ns(index) + 1) == index + 1


def test_no_bucket_above_the_linear_ones_is_wider_than_one_percent_of_its_lower_edge() -> None:
    first = bucket_index(LINEAR_NS + 1)
    for index in range(first, OVERFLOW):
        lower = upper_edge_ns(index - 1)
        assert (upper_edge_ns(index) - lower) * 100 <= lower


def test_linear_buckets_are_one_nanosecond_wide() -> None:
    assert [bucket_index(ns) for ns in (-5, 0, 1, 2, 3, 1000)] == [0, 0, 0, 1, 2, 999]


@pytest.mark.parametrize("place", range(len(CONTRACT_BOUNDS_NS)))
def test_latency_at_a_contract_bound_belongs_below_it(place: int) -> None:
    bound = CONTRACT_BOUNDS_NS[place]
    assert histogram_of([bound]).contract_buckets()[place] == 1
    assert histogram_of([bound + 1]).contract_buckets()[place + 1] == 1


def test_contract_bounds_are_those_of_the_stats_server() -> None:
    milliseconds = [bound / 1e6 for bound in CONTRACT_BOUNDS_NS]
    assert milliseconds == [
        0.1, 0.2, 0.5, 1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 3000, 5000, 10000, 20000,
    ]  # fmt: skip


@given(LATENCIES)
def test_contract_buckets_count_exactly(latencies: list[int]) -> None:
    lower = [-(1 << 63), *CONTRACT_BOUNDS_NS]
    upper = [*CONTRACT_BOUNDS_NS, 1 << 63]
    expected = [
        sum(low < latency <= high for latency in latencies)
        for low, high in zip(lower, upper, strict=True)
    ]
    assert histogram_of(latencies).contract_buckets() == expected


@given(LATENCIES)
def test_count_sum_extremes_and_negatives_are_exact(latencies: list[int]) -> None:
    histogram = histogram_of(latencies)
    assert histogram.count == len(latencies)
    assert histogram.total_ns == sum(latencies)
    assert histogram.min_ns == min(latencies, default=0)
    assert histogram.max_ns == max(latencies, default=0)
    assert histogram.negative == sum(latency < 0 for latency in latencies)


@given(st.lists(MAGNITUDES | EDGES, min_size=1), st.integers(1, 1000))
def test_percentile_is_the_nearest_rank_within_one_percent(
    latencies: list[int], tenths: int
) -> None:
    rank = ceil(len(latencies) * tenths / 1000)
    true = sorted(latencies)[rank - 1]
    got = histogram_of(latencies).percentile(tenths / 10)
    if true > TOP_NS:
        assert got == max(latencies)
    elif true <= LINEAR_NS:
        assert true <= got <= max(true, 1)
    else:
        assert true <= got <= true + true // 100


@given(LATENCIES.filter(bool), st.floats(0, 100))
def test_percentile_never_exceeds_the_maximum(latencies: list[int], percent: float) -> None:
    assert histogram_of(latencies).percentile(percent) <= max(latencies)


@pytest.mark.parametrize(
    ("percent", "latency_ns"),
    [(-1.0, 1), (0.0, 1), (0.1, 1), (50.0, 500), (99.0, 990), (99.9, 999), (100.0, 1000)],
)
def test_percentile_takes_the_exact_rank(percent: float, latency_ns: int) -> None:
    assert histogram_of(list(range(1, 1001))).percentile(percent) == latency_ns


def test_percentile_of_nothing_is_zero() -> None:
    assert Histogram().percentile(50.0) == 0


def test_sum_does_not_wrap_at_64_bits() -> None:
    assert histogram_of([2**62] * 5).total_ns == 5 * 2**62


@given(LATENCIES, LATENCIES)
def test_merged_histogram_is_that_of_all_latencies(first: list[int], second: list[int]) -> None:
    merged = histogram_of(first)
    other = histogram_of(second)
    merged.merge(other)
    assert numbers(merged) == numbers(histogram_of(first + second))
    assert numbers(other) == numbers(histogram_of(second))


@given(LATENCIES, LATENCIES)
def test_reset_histogram_is_a_new_one(before: list[int], after: list[int]) -> None:
    histogram = histogram_of(before)
    histogram.reset()
    for latency in after:
        histogram.add(latency)
    assert numbers(histogram) == numbers(histogram_of(after))
