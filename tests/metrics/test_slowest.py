"""The slowest requests against a sort of all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.metrics.port_stats import PortStats
from tcpkit.metrics.slowest import Slowest
from tcpkit.protocols.message import ABORTED, BLOCKING, OK, SILENT, TIMEOUT, Exchange

S = 1_000_000_000


class Kept(Slowest):
    def kept(self, exchange: Exchange) -> dict[str, object]:
        return {"key": exchange.key}


def exchange(key: str, latency_ns: int, time_ns: int = 0, status: str = OK) -> Exchange:
    made = Exchange()
    made.key, made.status, made.time_ns = key, status, time_ns
    made.request_last_ns = time_ns - latency_ns
    if status == OK:
        made.latency_ns = latency_ns
    return made


def keys(slowest: Slowest) -> list[object]:
    return [kept["key"] for kept in slowest.slowest()]


@given(st.lists(st.integers(-3, 20), max_size=60), st.integers(1, 8))
def test_only_what_the_floor_asks_for_is_needed(latencies: list[int], limit: int) -> None:
    slowest = Kept(limit)
    for number, latency_ns in enumerate(latencies):
        if latency_ns >= slowest.floor_ns:
            slowest.take(exchange(str(number), latency_ns))
    order = sorted(range(len(latencies)), key=lambda number: -latencies[number])
    assert keys(slowest) == [str(number) for number in order[:limit]]


def test_what_was_given_up_took_as_long_as_it_waited() -> None:
    slowest = Kept(9)
    slowest.take(exchange("reply", 2 * S))
    slowest.take(exchange("timeout", 10 * S, status=TIMEOUT))
    slowest.take(exchange("aborted", 1 * S, status=ABORTED))
    slowest.take(exchange("silent", 20 * S, status=SILENT))
    blocking = exchange("blocking", 30 * S)
    blocking.flags = BLOCKING
    slowest.take(blocking)
    assert keys(slowest) == ["timeout", "reply", "aborted"]


def test_windows_are_forgotten_with_time() -> None:
    slowest = Kept(2, 60 * S, 3)
    for second in range(0, 240, 10):
        slowest.take(exchange(str(second), 1000 - second, second * S))
        slowest.take(exchange(f"fast {second}", 1, second * S))
    assert keys(slowest) == ["60", "70"]
    slowest.advance(299 * S)
    assert keys(slowest) == ["120", "130"]
    slowest.advance(900 * S)
    assert keys(slowest) == []


@pytest.mark.parametrize("threshold_ns", [None, 500])
def test_port_asks_for_the_slowest_beside_the_log(threshold_ns: int | None) -> None:
    slowest = Kept(1)
    stats = PortStats(6379, threshold_ns, [], slowest=slowest)
    assert stats.answered(7)
    stats.report(exchange("first", 7))
    assert not stats.answered(6)
    assert stats.answered(8)
    stats.report(exchange("second", 8))
    assert stats.wants(TIMEOUT, False)
    assert not stats.wants(SILENT, False)
    assert keys(slowest) == ["second"]
