"""Columns of time against a count of what was told in each."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from tcpkit.metrics.port_stats import PortStats
from tcpkit.metrics.timeline import EDGES_NS, Timeline
from tcpkit.protocols.message import TIMEOUT

# Steps of time, and a latency.
STEPS = st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 20_000_000_000)), max_size=80)


def fed(steps: list[tuple[int, int]], timeline: Timeline, port: PortStats) -> dict[int, list[int]]:
    """The latencies by time; the first packet is at 100."""
    now, told = 100, defaultdict(list)
    for step, latency_ns in steps:
        now += step
        if now >= timeline.next_ns or now < timeline.back_ns:
            timeline.advance(now)
        port.answered(latency_ns)
        told[now].append(latency_ns)
    return told


def columns(timeline: Timeline) -> list[dict[str, object]]:
    shown = timeline.numbers()["columns"]
    assert isinstance(shown, list)
    return shown


@given(STEPS)
def test_folded_columns_hold_what_was_decided_in_them(steps: list[tuple[int, int]]) -> None:
    port = PortStats(6379, None, [])
    timeline = Timeline([port], 10, 16, True)
    told = fed(steps, timeline, port)
    expected: dict[int, list[int]] = defaultdict(list)
    shown = columns(timeline)
    begin_ns, width_ns = int(timeline.begin_ns), int(timeline.width_ns)
    for now, latencies in told.items():
        expected[(now - begin_ns) // width_ns] += latencies
    assert {each["column"]: each["requests"] for each in shown} == {
        column: len(latencies) for column, latencies in expected.items()
    }
    for each in shown:
        assert isinstance(each["column"], int)
        rows = [sum(edge < ns for edge in EDGES_NS) for ns in expected[each["column"]]]
        assert each["cells"] == sorted((row, rows.count(row)) for row in set(rows))
    assert not shown or max(expected) - min(expected) < 16


@given(STEPS)
def test_old_columns_are_forgotten(steps: list[tuple[int, int]]) -> None:
    port = PortStats(6379, None, [])
    timeline = Timeline([port], 1_000, 4, False)
    told = fed(steps, timeline, port)
    last = max(((now - 100) // 1_000 for now in told), default=0)
    begin_ns = min(told, default=100)
    kept = {(now - begin_ns) // 1_000 for now in told}
    last = max(kept, default=0)
    assert {each["column"] for each in columns(timeline)} == {k for k in kept if k > last - 4}
    assert timeline.width_ns == 1_000


def test_a_clock_that_steps_back_counts_where_it_says() -> None:
    port = PortStats(6379, None, [])
    timeline = Timeline([port], 10, 16, True)
    for now in (1000, 1040, 990, 1045):
        if now >= timeline.next_ns or now < timeline.back_ns:
            timeline.advance(now)
        port.answered(5)
    port.wants(TIMEOUT, False)
    assert [(each["column"], each["requests"], each["timeouts"]) for each in columns(timeline)] == [
        (-1, 1, 0), (0, 1, 0), (4, 2, 1),
    ]  # fmt: skip
