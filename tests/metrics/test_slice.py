"""Slices against the histogram that they are cut from, and against sorted numbers."""

from hypothesis import given
from hypothesis import strategies as st

from tcpkit.metrics.histogram import Histogram
from tcpkit.metrics.slice import Slice, Slicer

LATENCIES = st.lists(st.integers(-5, 3_000_000_000_000), max_size=40)


def histogram_of(latencies: list[int]) -> Histogram:
    made = Histogram()
    for latency_ns in latencies:
        made.add(latency_ns)
    return made


def numbers(piece: Slice) -> dict[int, int]:
    return dict(zip(map(int, piece.index), map(int, piece.counts), strict=True))


@given(st.lists(LATENCIES, max_size=6))
def test_each_cut_is_what_came_since_the_last_one(parts: list[list[int]]) -> None:
    growing, slicer = Histogram(), Slicer()
    pieces = []
    for part in parts:
        for latency_ns in part:
            growing.add(latency_ns)
        piece = slicer.cut(growing)
        alone = histogram_of(part)
        assert piece.count == len(part)
        assert numbers(piece) == {k: int(alone.at(k)) for k in numbers(piece)}
        for percent in (0.0, 50.0, 99.0, 99.9):
            if part:
                true = sorted(part)[max(-(-len(part) * round(percent * 10) // 1000), 1) - 1]
                assert true <= piece.percentile(percent) or true > 1_000_000_000_000
        pieces.append(piece)
    together = Slice()
    for piece in pieces:
        together = together.merged(piece)
    whole = Slicer().cut(growing)
    assert numbers(together) == numbers(whole)
    assert list(together.index) == sorted(together.index)
    for percent in (1.0, 50.0, 99.9, 100.0):
        assert together.percentile(percent) == growing.percentile(percent)


def test_nothing_has_no_percentile() -> None:
    assert Slice().percentile(50.0) == 0
