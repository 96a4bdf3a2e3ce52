"""Compared with exact sums over the same stream."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpkit.metrics.latency_window import Bins
from tcpkit.metrics.space_saving import KEPT, SpaceSaving
from tcpkit.metrics.top_row import SORTS

Request = tuple[bytes, int, int]  # name, bytes, latency

STREAMS = st.lists(
    st.tuples(
        st.integers(0, 60).map(lambda number: b"key:%d" % number),
        st.integers(0, 1000),
        st.integers(0, 10**7),
    ),
    max_size=400,
)
CAPACITIES = st.integers(KEPT, 40)


class Truth:
    """Everything, counted."""

    def __init__(self, stream: Iterable[Request]) -> None:
        self.requests: Counter[bytes] = Counter()
        self.bytes: Counter[bytes] = Counter()
        self.time_ns: Counter[bytes] = Counter()
        self.max_ns: dict[bytes, int] = {}
        for name, size, latency_ns in stream:
            self.requests[name] += 1
            self.bytes[name] += size
            self.time_ns[name] += latency_ns
            self.max_ns[name] = max(self.max_ns.get(name, 0), latency_ns)


def sketch(stream: Iterable[Request], capacity: int, bins: Bins | None = None) -> SpaceSaving:
    bins = Bins() if bins is None else bins
    table = SpaceSaving(capacity, bins)
    for name, size, latency_ns in stream:
        row = table.row(name)
        table.rows.add_request(row, 1, size, latency_ns, 0, 0)
        assert table.rows.count <= table.capacity
    return table


class Row(NamedTuple):
    requests: int
    bytes: int
    time_ns: int
    max_ns: int
    requests_error: int
    bytes_error: int
    time_error: int


def rows_of(table: SpaceSaving) -> dict[bytes, Row]:
    rows = table.rows
    numbers = range(rows.count)
    found = {
        rows.names[row]: Row(
            *[rows.counted(row, sort) for sort in SORTS],
            *[rows.error(row, sort) for sort in SORTS[:3]],
        )
        for row in numbers
    }
    assert len(found) == rows.count == len(rows.names)
    return found


def zipf(requests: int, names: int, exponent: float, seed: int) -> Iterator[bytes]:
    """Names by a power law: the r-th has a share of 1 / r ** exponent."""
    chance = random.Random(seed)
    weights = [1 / rank**exponent for rank in range(1, names + 1)]
    for rank in chance.choices(range(names), weights, k=requests):
        yield b"item:%d" % rank


@given(STREAMS, CAPACITIES)
def test_true_sums_lie_between_what_was_counted_and_that_plus_the_error(
    stream: list[Request], capacity: int
) -> None:
    truth = Truth(stream)
    for name, entry in rows_of(sketch(stream, capacity)).items():
        assert entry.requests <= truth.requests[name] <= entry.requests + entry.requests_error
        assert entry.bytes <= truth.bytes[name] <= entry.bytes + entry.bytes_error
        assert entry.time_ns <= truth.time_ns[name] <= entry.time_ns + entry.time_error
        assert entry.max_ns <= truth.max_ns[name]


@given(STREAMS, CAPACITIES)
def test_a_name_without_a_row_had_no_more_than_the_floors(
    stream: list[Request], capacity: int
) -> None:
    truth = Truth(stream)
    table = sketch(stream, capacity)
    for name in truth.requests.keys() - rows_of(table).keys():
        assert truth.requests[name] <= table.requests_floor
        assert truth.bytes[name] <= table.bytes_floor
        assert truth.time_ns[name] <= table.time_floor
        assert truth.max_ns[name] <= table.slowest_floor


@given(STREAMS, CAPACITIES)
def test_the_floors_are_at_most_the_totals_shared_by_the_rows_that_a_purge_keeps(
    stream: list[Request], capacity: int
) -> None:
    truth = Truth(stream)
    table = sketch(stream, capacity)
    kept = capacity // KEPT
    assert table.requests_floor * kept <= truth.requests.total()
    assert table.bytes_floor * kept <= truth.bytes.total()
    assert table.time_floor * kept <= truth.time_ns.total()


@given(STREAMS, CAPACITIES)
def test_a_maximum_above_the_floor_of_the_slowest_is_exact_and_none_is_missing(
    stream: list[Request], capacity: int
) -> None:
    truth = Truth(stream)
    table = sketch(stream, capacity)
    floor = table.slowest_floor
    shown = {name: entry.max_ns for name, entry in rows_of(table).items() if entry.max_ns > floor}
    assert shown == {name: ns for name, ns in truth.max_ns.items() if ns > floor}


@given(STREAMS)
def test_nothing_is_lost_while_there_is_room(stream: list[Request]) -> None:
    truth = Truth(stream)
    table = sketch(stream, 61)
    counted = {name: entry.requests for name, entry in rows_of(table).items()}
    assert counted == truth.requests
    assert (table.evicted, table.requests_floor) == (0, 0)
    assert all(entry.requests_error == 0 for entry in rows_of(table).values())


@settings(max_examples=20)
@given(STREAMS, CAPACITIES)
def test_windows_of_evicted_rows_give_their_bins_back(stream: list[Request], capacity: int) -> None:
    bins = Bins()
    before = bins.left
    table = sketch(stream * 3, capacity, bins)
    table.clear()
    assert bins.left == before
    assert table.rows.count == 0


def test_the_true_top_100_of_a_skewed_stream_is_found() -> None:
    names = list(zipf(300_000, 100_000, 1.1, seed=20260101))
    truth = Counter(names)
    table = sketch([(name, 10, 1000) for name in names], 12_000)
    assert len(truth) > 2 * table.capacity
    assert table.evicted > 0
    counted = Counter({name: int(entry.requests) for name, entry in rows_of(table).items()})
    best = truth.most_common(100)
    assert dict(counted.most_common(100)) == dict(best)


def test_the_slowest_of_many_names_are_found_exactly() -> None:
    chance = random.Random(5)
    stream = [(b"key:%d" % number, 1, chance.randrange(10**9)) for number in range(50_000)]
    table = sketch(stream, 1_200)
    slowest = sorted((ns, name) for name, _, ns in stream)[-200:]
    rows = rows_of(table)
    assert {name: rows[name].max_ns for _, name in slowest} == {name: ns for ns, name in slowest}


def test_names_that_all_come_once_push_no_busy_one_out() -> None:
    busy = [(b"busy", 100, 5)] * 50
    flood = [(b"flood:%d" % number, 1, 5) for number in range(20_000)]
    table = sketch(busy + flood + busy, 60)
    assert rows_of(table)[b"busy"].requests == 100
    assert rows_of(table)[b"busy"].requests_error == 0


@pytest.mark.parametrize("capacity", [0, 1, KEPT - 1])
def test_a_table_has_room_for_a_row_of_each_order_whatever_is_asked(capacity: int) -> None:
    assert SpaceSaving(capacity, Bins()).capacity == KEPT
