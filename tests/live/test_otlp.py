"""--otlp on a live capture: a collector is told what the log says, and may fail meanwhile."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.export.collector import Collector, attributes_of, collecting
from tests.live.resp_server import Client
from tests.live.tracer import counter, tracing
from tests.program import wait_until
from tests.servers import RedisServer, redis_server_running

HOST = "127.0.0.1"
REQUESTS = 50


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server_running() as server:
        yield server


def pings_told(collector: Collector) -> int:
    if not collector.requests:
        return 0
    durations = collector.metrics().get("db.client.operation.duration")
    points = [] if durations is None else list(durations.histogram.data_points)
    named = [(attributes_of(list(point.attributes)), point.count) for point in points]
    return sum(count for attributes, count in named if attributes["db.operation.name"] == "PING")


def ping(port: int) -> None:
    with Client(HOST, port) as client:
        for _ in range(REQUESTS):
            client.ask("PING")


def test_the_end_of_a_run_is_told(redis: RedisServer) -> None:
    with collecting() as collector:
        port = str(redis.port)
        with tracing("-p", port, "--otlp", collector.url, stats=False) as tracer:
            ping(redis.port)
            tracer.rows_when(REQUESTS)
            done = tracer.stop(signal.SIGTERM)
        assert pings_told(collector) == REQUESTS
    assert done.status == 0
    assert counter(done.err, "otlp exports") == 1


def test_a_collector_that_fails_for_a_while(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "OTEL_METRIC_EXPORT_INTERVAL", "200")
    with collecting() as collector:
        collector.status = 403
        port = str(redis.port)
        with tracing("-p", port, "--otlp", collector.url, stats=False) as tracer:
            wait_until(lambda: len(collector.requests) >= 2, "two exports")
            ping(redis.port)
            tracer.rows_when(REQUESTS)
            collector.status = 200
            wait_until(lambda: "takes the numbers again" in tracer.errors(), "good news")
            wait_until(lambda: pings_told(collector) == REQUESTS, "all pings")
            done = tracer.stop(signal.SIGTERM)
    assert done.status == 0
    assert done.err.count("cannot send to") == 1
    assert counter(done.err, "otlp exports failed") >= 2
