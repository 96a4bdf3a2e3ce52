"""Three tracers and a real Prometheus: what it says of all is what their logs say of all.

Three redis-servers of different slowness, a tracer beside each, and Prometheus with the rules of
`deploy`. Every number is computed anew from the tracers' logs.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from itertools import accumulate
from typing import Final, NamedTuple

import pytest

from tests.deploy.metrics import METRICS
from tests.deploy.prometheus import Prometheus, prometheus_running
from tests.live.resp_server import Client
from tests.live.tracer import Row, Tracer, tracing
from tests.program import DEADLINE_S, wait_until
from tests.servers import free_port, redis_server_running

# Upper bounds of the histogram's buckets, seconds: 1, 2, 5 in each decade, as docs/fleet.md says.
BOUNDS: Final = [step * 10.0**power for power in range(-5, 2) for step in (1, 2, 5)][:20]
EDGES: Final = [*map(repr, BOUNDS), "+Inf"]
# Each server gets this many quick requests, and slow ones that hold it up so long, in seconds.
QUICK: Final = 300
SLOW: Final[tuple[dict[float, int], ...]] = ({}, {0.003: 20}, {0.03: 27, 0.3: 3})
BUCKETS: Final = "tcpkit_request_duration_seconds_bucket"
COUNT: Final = "sum(tcpkit_request_duration_seconds_count)"
RECORDED: Final = "protocol:tcpkit_request_duration_seconds:p99_5m"

Key = tuple[str, str, str, str]  # server, command, status, upper bound


class Fleet(NamedTuple):
    """Three tracers which have seen all that was asked, and so has Prometheus."""

    prometheus: Prometheus
    metrics_ports: list[int]
    rows: list[Row]  # of all logs
    before: int  # rows until every series was there: a rate knows nothing of a series' first value


def bound_of(latency_ns: int) -> str:
    """The upper bound of the bucket that a latency belongs into."""
    return EDGES[bisect_left(BOUNDS, latency_ns / 1e9)]


def key_of(labels: dict[str, str]) -> Key:
    return labels["server"], labels["command"], labels["status"], same(labels["le"])


def same(bound: str) -> str:
    """A bound as it is compared here, however it was written."""
    [edge] = [edge for edge in EDGES if math.isclose(float(edge), float(bound))]
    return edge


def quantile_s(rows: list[Row], share: float) -> float:
    """The latency that `share` of all requests do not exceed, seconds."""
    latencies = sorted(row["latency_ns"] or 0 for row in rows)
    return latencies[math.ceil(share * len(latencies)) - 1] / 1e9


def bucket_of(seconds: float) -> tuple[float, float]:
    """The bounds of the bucket in which a value lies; the lower one is outside."""
    index = bisect_left(BOUNDS, seconds)
    return ([0.0, *BOUNDS][index], [*BOUNDS, math.inf][index])


def work(client: Client, quick: int, slow: dict[float, int]) -> None:
    for _ in range(quick):
        client.ask("GET", "key")
    for _ in range(quick // 10):
        client.ask("INCR", "word")  # an error: it is no number
    for seconds, times in slow.items():
        for _ in range(times):
            client.ask("DEBUG", "SLEEP", str(seconds))


def scraped(prometheus: Prometheus, tracers: list[Tracer]) -> list[Row]:
    """All rows, as soon as Prometheus has them too."""

    def both() -> bool:
        counted = prometheus.query(COUNT)
        return bool(counted) and counted[0].value == sum(len(each.rows()) for each in tracers)

    wait_until(both, "Prometheus has counted what is in the logs")
    return [row for tracer in tracers for row in tracer.rows()]


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with ExitStack() as stack:
        servers = [stack.enter_context(redis_server_running()) for _ in SLOW]
        ports = [free_port() for _ in SLOW]
        tracers = [
            stack.enter_context(tracing("-p", str(server.port), "--http", str(port), stats=False))
            for server, port in zip(servers, ports, strict=True)
        ]
        targets = [f"127.0.0.1:{port}" for port in ports]
        prometheus = stack.enter_context(prometheus_running(targets))
        clients = [stack.enter_context(Client("127.0.0.1", server.port)) for server in servers]
        for client in clients:
            client.ask("SET", "word", "word")
            work(client, 10, {0.0: 1})
        for tracer in tracers:
            tracer.rows_when(13)
        before = len(scraped(prometheus, tracers))
        for client, slow in zip(clients, SLOW, strict=True):
            work(client, QUICK, slow)
        for tracer, slow in zip(tracers, SLOW, strict=True):
            tracer.rows_when(13 + QUICK + QUICK // 10 + sum(slow.values()))
        rows = scraped(prometheus, tracers)
        yield Fleet(prometheus, ports, rows, before)


def test_prometheus_reaches_every_tracer(fleet: Fleet) -> None:
    assert [sample.value for sample in fleet.prometheus.query('up{job="tcpkit"}')] == [1, 1, 1]


def test_every_bucket_of_every_server_and_command_is_that_of_the_log(fleet: Fleet) -> None:
    single: Counter[Key] = Counter()
    for row in fleet.rows:
        assert row["latency_ns"] is not None
        single[row["server"], row["command"], row["status"], bound_of(row["latency_ns"])] += 1
    expected: dict[Key, float] = {}
    for server, command, status in {key[:3] for key in single}:
        counts = accumulate(single[server, command, status, edge] for edge in EDGES)
        for edge, count in zip(EDGES, counts, strict=True):
            expected[server, command, status, edge] = count
    buckets = fleet.prometheus.query(f"sum by (server, command, status, le) ({BUCKETS})")
    found = {key_of(sample.labels): sample.value for sample in buckets}
    assert found == expected
    assert {key[2] for key in found} == {"ok", "error"}


def test_the_p99_over_all_tracers_is_that_of_all_their_requests(fleet: Fleet) -> None:
    for share in (0.5, 0.9, 0.99, 0.999):
        below, above = bucket_of(quantile_s(fleet.rows, share))
        told = fleet.prometheus.value(f"histogram_quantile({share}, sum by (le) ({BUCKETS}))")
        assert below < told <= above, share


def test_the_recorded_p99_is_that_of_all_requests_of_its_time(fleet: Fleet) -> None:
    """Nearly: a rate stretches each series to the ends of its window."""
    prometheus = fleet.prometheus
    complete_s = prometheus.value("max(timestamp(tcpkit_request_duration_seconds_count))")
    prometheus.wait_for(f"timestamp({RECORDED}) > {complete_s}")
    [sample] = prometheus.query(RECORDED)
    assert sample.labels["protocol"] == "redis"
    rows = sorted(fleet.rows, key=lambda row: row["time_ns"])[fleet.before :]
    least, most = (bucket_of(quantile_s(rows, share)) for share in (0.98, 0.996))
    assert least[0] < sample.value <= most[1]


def test_the_time_of_all_requests_is_the_sum_of_their_latencies(fleet: Fleet) -> None:
    told = fleet.prometheus.value("sum(tcpkit_request_duration_seconds_sum)")
    assert math.isclose(told, sum(row["latency_ns"] or 0 for row in fleet.rows) / 1e9)


def test_requests_are_counted_by_what_became_of_them(fleet: Fleet) -> None:
    told = fleet.prometheus.query("sum by (command, status) (tcpkit_requests_total)")
    assert {
        (sample.labels["command"], sample.labels["status"]): sample.value for sample in told
    } == Counter((row["command"], row["status"]) for row in fleet.rows)


def test_what_the_rules_and_the_dashboard_ask_for_is_exposed(fleet: Fleet) -> None:
    connection = HTTPConnection("127.0.0.1", fleet.metrics_ports[0], timeout=DEADLINE_S)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    for name, labels in METRICS.items():
        family = name.removesuffix("_bucket").removesuffix("_count")
        assert f"# TYPE {family} " in text, name
        for sample in fleet.prometheus.query(name):
            assert set(sample.labels) == {*labels, "__name__", "job", "instance"}, name
