"""Percentiles of a row, compared with those of the whole histogram."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.histogram import Histogram
from tcpkit.metrics.latency_window import Bins, LatencyWindow
from tcpkit.metrics.top_row import SLOWEST, TIME, UNKNOWN
from tcpkit.metrics.top_rows import FIRST, TopRows

LATENCIES = st.lists(
    st.one_of(st.integers(0, 3000), st.integers(0, 10**8), st.integers(0, 10**13)), min_size=1
)
MANY_BINS = 1 << 20
FULL = 1 << 30


class OneRow:
    """Latencies of a single row."""

    def __init__(self, latencies: list[int], bins: Bins) -> None:
        self.rows = TopRows(bins)
        self.rows.add(b"key", 0, 0, 0)
        self.time(*latencies)

    def time(self, *latencies: int) -> None:
        for latency_ns in latencies:
            self.rows.add_request(0, 1, 0, latency_ns, 0, 0)

    def percentile(self, percent: int) -> int:
        return self.rows.percentile(0, percent)


@given(LATENCIES, st.integers(0, 100))
def test_percentiles_are_those_of_the_histogram(latencies: list[int], percent: int) -> None:
    whole = Histogram()
    for latency_ns in latencies:
        whole.add(latency_ns)
    entry = OneRow(latencies, Bins(MANY_BINS))
    assert entry.percentile(percent) == whole.percentile(percent)


@given(st.lists(st.integers(0, 10**12), min_size=FIRST + 1, max_size=200))
def test_many_latencies_take_as_many_bins_as_the_window_is_wide(latencies: list[int]) -> None:
    bins = Bins(MANY_BINS)
    entry = OneRow(latencies, bins)
    assert bins.left < MANY_BINS
    entry.rows.keep(vec[i64]([0]))
    assert bins.left == MANY_BINS


def test_few_latencies_take_no_bins() -> None:
    bins = Bins(0)
    entry = OneRow([7] * FIRST, bins)
    assert (entry.percentile(50), bins.refused) == (7, 0)


def test_a_row_without_room_for_its_window_says_that_it_knows_no_percentile() -> None:
    bins = Bins(10)
    entry = OneRow([1000] * (FIRST + 5), bins)
    assert entry.percentile(50) == UNKNOWN
    rows = entry.rows
    numbers = (rows.timed(0), rows.counted(0, TIME), rows.counted(0, SLOWEST))
    assert numbers == (FIRST + 5, 1000 * (FIRST + 5), 1000)
    assert (bins.refused, bins.left) == (1, 10)


def test_a_window_that_cannot_grow_is_given_up_whole() -> None:
    bins = Bins(100)
    entry = OneRow([1000] * (FIRST + 5), bins)
    assert entry.percentile(50) == 1000
    entry.time(10**9)
    assert entry.percentile(50) == UNKNOWN
    assert (bins.refused, bins.left) == (1, 100)


def test_no_latency_has_no_percentile() -> None:
    assert OneRow([], Bins()).percentile(99) == UNKNOWN


@pytest.mark.parametrize("percent", [50, 99])
def test_a_full_bin_keeps_the_shares(percent: int) -> None:
    bins = Bins(MANY_BINS)
    window = LatencyWindow()
    window.add(10, bins, FULL)
    window.add(20, bins, FULL // 2)
    before = window.percentile(percent, 10**9)
    for _ in range(20):
        window.add(10, bins, FULL)
        window.add(20, bins, FULL // 2)
    assert window.percentile(percent, 10**9) == before
