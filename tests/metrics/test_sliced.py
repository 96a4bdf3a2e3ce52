"""Requests by command and slice of time, compared with what a list of them gives."""

import random

from tcpkit.metrics.histogram import bucket_index
from tcpkit.metrics.sliced import MAX_COMMANDS, MAX_SLICES, SlicedLatencies
from tcpkit.protocols.command_numbers import OTHER_NAME

BEGIN_NS = 1_500_000_000_000_000_000


def test_every_request_is_in_the_slice_and_bucket_where_it_belongs() -> None:
    generator = random.Random(1)
    times = [BEGIN_NS, *sorted(BEGIN_NS + generator.randrange(10**10) for _ in range(2_000))]
    latencies = [generator.randrange(1, 10**8) for _ in times]
    sliced = SlicedLatencies()

    for time_ns, latency_ns in zip(times, latencies, strict=True):
        sliced.add("GET", time_ns, 1, latency_ns)

    width_ns = int(sliced.width_ns)
    expected: dict[int, dict[int, int]] = {}
    for time_ns, latency_ns in zip(times, latencies, strict=True):
        counts = expected.setdefault((time_ns - BEGIN_NS) // width_ns, {})
        bucket = int(bucket_index(latency_ns))
        counts[bucket] = counts.get(bucket, 0) + 1
    row = sliced.rows["GET"]
    assert {place: dict(cells) for place, cells in row.by_slice().items()} == expected
    assert row.requests == {place: sum(cells.values()) for place, cells in expected.items()}
    assert MAX_SLICES / 2 <= sliced.slices <= MAX_SLICES
    assert (row.total, row.timed, row.max_ns) == (len(times), len(times), max(latencies))


def test_what_was_counted_before_and_what_has_no_latency_is_told_apart() -> None:
    sliced = SlicedLatencies()

    sliced.add("GET", BEGIN_NS, 1, -1)  # timed out
    sliced.add("GET", BEGIN_NS, 0, 5_000)  # its late reply

    row = sliced.rows["GET"]
    assert (row.total, row.timed) == (1, 1)


def test_commands_beyond_the_bound_are_counted_together() -> None:
    sliced = SlicedLatencies()

    for number in range(MAX_COMMANDS + 100):
        sliced.add(f"COMMAND{number}", BEGIN_NS + number, 1, 1_000)

    assert len(sliced.rows) == MAX_COMMANDS + 1
    assert sliced.rows[OTHER_NAME].total == sliced.others == 100
    assert sum(row.total for row in sliced.rows.values()) == MAX_COMMANDS + 100


def test_a_clock_that_is_set_back_is_counted() -> None:
    sliced = SlicedLatencies()

    sliced.add("GET", BEGIN_NS, 1, 1_000)
    sliced.add("GET", BEGIN_NS - 10**12, 1, 1_000)

    assert (sliced.early, sliced.slices, sliced.rows["GET"].total) == (1, 1, 2)
