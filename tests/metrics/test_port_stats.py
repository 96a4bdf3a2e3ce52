import pytest

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.port_stats import PortStats, stats_snapshot
from tcpkit.protocols.message import ABORTED, ERROR, OK, SILENT, TIMEOUT, Exchange

MS = 1_000_000


class Collector(ExchangeSink):
    def __init__(self, journal: list[tuple[str, Exchange]], name: str) -> None:
        self.journal = journal
        self.name = name

    def exchange(self, exchange: Exchange) -> None:
        self.journal.append((self.name, exchange))


def log() -> list[ExchangeSink]:
    return [Collector([], "log")]


def test_every_reply_is_wanted_without_threshold() -> None:
    stats = PortStats(6379, None, log())
    assert [stats.answered(ns) for ns in (-5, 0, 1, 10**12)] == [True] * 4
    assert stats.total().slow_reqs == 0


def test_reply_is_slow_and_wanted_from_the_threshold_on() -> None:
    stats = PortStats(6379, 10 * MS, log())
    wanted = [stats.answered(ns) for ns in (0, 10 * MS - 1, 10 * MS, 10 * MS + 1)]
    assert wanted == [False, False, True, True]
    assert (stats.total().total_reqs, stats.total().slow_reqs) == (4, 2)


def test_threshold_of_zero_makes_every_request_slow() -> None:
    stats = PortStats(6379, 0, log())
    assert stats.answered(0)
    assert stats.total().slow_reqs == 1


@pytest.mark.parametrize("threshold_ns", [None, 10 * MS])
def test_nothing_is_wanted_without_a_log_and_all_is_counted(threshold_ns: int | None) -> None:
    stats = PortStats(6379, threshold_ns, [])
    assert not stats.answered(20 * MS)
    assert not any(stats.wants(status, False) for status in (SILENT, TIMEOUT, ABORTED))
    assert not stats.wants(OK, True)
    assert stats.total().total_reqs == 1
    assert (
        stats.total().silent,
        stats.total().timeouts,
        stats.total().aborted,
        stats.total().blocking,
    ) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("status", "blocking", "with_threshold"),
    [
        (SILENT, False, False),
        (TIMEOUT, False, True),
        (ABORTED, False, True),
        (ABORTED, True, True),
        (OK, True, False),
        (ERROR, True, False),
    ],
)
def test_threshold_leaves_out_silent_and_blocking_but_nothing_given_up(
    status: str, blocking: bool, with_threshold: bool
) -> None:
    assert PortStats(6379, None, log()).wants(status, blocking)
    assert PortStats(6379, 10 * MS, log()).wants(status, blocking) == with_threshold


def test_exchanges_without_latency_are_counted_by_status_and_in_no_total() -> None:
    stats = PortStats(6379, None, log())
    for status, blocking, times in (
        (SILENT, False, 1),
        (TIMEOUT, False, 2),
        (ABORTED, False, 2),
        (ABORTED, True, 1),
        (OK, True, 3),
        (ERROR, True, 1),
    ):
        for _ in range(times):
            stats.wants(status, blocking)
    assert (
        stats.total().silent,
        stats.total().timeouts,
        stats.total().aborted,
        stats.total().blocking,
    ) == (1, 2, 3, 4)
    assert stats.total().total_reqs == 0


def test_exchange_goes_to_every_sink_in_order() -> None:
    journal: list[tuple[str, Exchange]] = []
    stats = PortStats(6379, None, [Collector(journal, "first"), Collector(journal, "second")])
    exchange = Exchange()
    stats.report(exchange)
    assert journal == [("first", exchange), ("second", exchange)]
    assert stats.total().total_reqs == 0


def test_costs_are_summed_before_they_are_rounded() -> None:
    stats = PortStats(6379, None, log())
    for _ in range(3):
        stats.answered(1_500)
    assert stats.snapshot()["total_costs"] == 4


def test_snapshot_has_the_words_and_the_order_of_the_stats_server() -> None:
    stats = PortStats(6379, 10 * MS, log())
    for ns in (100_000, 100_001, 7 * MS, 11_204_000, 2_500_000_000, 30_000_000_000):
        stats.answered(ns)
    assert list(stats.snapshot().items()) == [
        ("total_reqs", 6),
        ("total_costs", 32_518_404),
        ("slow_reqs", 3),
        ("latencies", [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
    ]


def test_ports_are_shown_in_the_order_given() -> None:
    ports = [PortStats(port, None, log()) for port in (6380, 6379)]
    ports[1].answered(1_000)
    shown = stats_snapshot(ports)
    assert [list(entry) for entry in shown] == [["6380"], ["6379"]]
    assert shown[0] == {"6380": ports[0].snapshot()}
    assert shown[1]["6379"]["total_reqs"] == 1
