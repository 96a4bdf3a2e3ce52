"""Counting in batches gives the same rows as counting one by one."""

from hypothesis import given
from hypothesis import strategies as st

from tcpkit.metrics.key_batch import BATCH, KeyBatch
from tcpkit.metrics.latency_window import Bins
from tcpkit.metrics.patterns import folded
from tcpkit.metrics.space_saving import SpaceSaving
from tcpkit.metrics.top_row import BYTES, REQUESTS, TIME

NUMBERS = st.lists(st.tuples(st.integers(0, 40), st.integers(-1, 10**6)), max_size=3 * BATCH)
Row = tuple[bytes, int, int, int, int, int]


def rows(table: SpaceSaving) -> list[Row]:
    found = table.rows
    return [
        (
            found.names[row],
            found.counted(row, REQUESTS),
            found.counted(row, BYTES),
            found.counted(row, TIME),
            found.error(row, REQUESTS),
            found.lookups(row),
        )
        for row in range(found.count)
    ]


def count(table: SpaceSaving, name: bytes, size: int, latency_ns: int) -> None:
    table.rows.add_request(table.row(name), 1, size, latency_ns, 0, 1)


@given(NUMBERS, st.integers(6, 50))
def test_batches_make_no_difference(stream: list[tuple[int, int]], capacity: int) -> None:
    batched, patterns = SpaceSaving(capacity, Bins()), SpaceSaving(6, Bins())
    plain, plain_patterns = SpaceSaving(capacity, Bins()), SpaceSaving(6, Bins())
    batch = KeyBatch(batched, patterns)
    for number, latency_ns in stream:
        name = b"user:%d" % number
        batch.add(b"GET " + name, 4, len(name), 1, 100 + number, latency_ns, 0, 1)
        count(plain, name, 100 + number, latency_ns)
        count(plain_patterns, folded(name), 100 + number, latency_ns)
    batch.flush()
    assert rows(batched) == rows(plain)
    assert rows(patterns) == rows(plain_patterns)
    assert batched.evicted == plain.evicted


def test_what_waits_is_counted_with_a_flush() -> None:
    table = SpaceSaving(6, Bins())
    batch = KeyBatch(table, None)
    batch.add(b"a", 0, 1, 1, 10, 5, 0, 0)
    assert rows(table) == []
    batch.flush()
    batch.flush()
    assert rows(table) == [(b"a", 1, 10, 5, 0, 0)]
