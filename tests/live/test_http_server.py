"""--http on a live capture: what a monitoring system gets is what the log says."""

import json
import os
import select
import signal
import socket
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.live.resp_server import Client, RespServer, resp_server
from tests.live.tracer import Row, Tracer, counter, tracing
from tests.program import DEADLINE_S, assert_refused, tcpkit_run, wait_until
from tests.servers import RedisServer, free_port, redis_server_running

HOST = "127.0.0.1"
UNLISTED = 256  # names of commands that the protocol does not have, at most
CROWD = 200


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[Tracer, int]]:
    """A tracer without a stats port, and the port of its HTTP server."""
    with tracing(*arguments, "--http", str(free_port()), stats=False) as tracer:
        assert ", stats off, http 127.0.0.1:" in tracer.ready
        yield tracer, int(tracer.ready.rpartition(":")[2])


def fetched(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=DEADLINE_S) as reply:
        body: bytes = reply.read()
    return body


def samples(port: int, name: str) -> list[Sample]:
    text = fetched(port, "/metrics").decode()
    families = text_string_to_metric_families(text)
    return [sample for family in families for sample in family.samples if sample.name == name]


def total(port: int, name: str, **labels: str) -> float:
    return sum(each.value for each in samples(port, name) if labels.items() <= each.labels.items())


def when_counted(port: int, requests: int) -> None:
    """Return when /metrics has so many requests."""
    wait_until(lambda: total(port, "tcpkit_requests_total") >= requests, f"{requests} requests")


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server_running() as server:
        yield server


@pytest.fixture
def server() -> Iterator[RespServer]:
    with resp_server() as running:
        yield running


def make_traffic(port: int) -> int:
    """Requests of several commands, with errors; how many."""
    asked: Sequence[Sequence[str]] = [
        *[("SET", f"k{number}", "v" * number) for number in range(300)],
        *[("GET", f"k{number}") for number in range(300)],
        *[("LPUSH", "k0", "x") for _ in range(20)],  # of the wrong type
        *[("DEBUG", "SLEEP", delay) for delay in ("0.002", "0.02", "0.12")],
        *[("PING",) for _ in range(7)],
    ]
    with Client(HOST, port) as client:
        for words in asked:
            client.ask(*words)
    return len(asked)


def test_metrics_are_what_the_log_says(redis: RedisServer) -> None:
    with serving("-p", str(redis.port)) as (tracer, port):
        count = make_traffic(redis.port)
        rows = tracer.rows_when(count)
        when_counted(port, count)
        name = "tcpkit_request_duration_seconds"
        by_series = Counter((row["server"], row["command"], row["status"]) for row in rows)
        for metric in (f"{name}_count", "tcpkit_requests_total"):
            told = {
                (each.labels["server"], each.labels["command"], each.labels["status"]): each.value
                for each in samples(port, metric)
            }
            assert told == by_series
        assert {status for _, _, status in by_series} == {"ok", "error"}
        check_buckets(samples(port, f"{name}_bucket"), rows)
        latencies = [row["latency_ns"] or 0 for row in rows]
        assert total(port, f"{name}_sum") == pytest.approx(sum(latencies) / 1e9)
        exact = sum(row["quality"] == "exact" for row in rows)
        assert total(port, "tcpkit_pairs_total", quality="exact") == exact == count
        assert total(port, "tcpkit_connections_total") == 1


def check_buckets(buckets: Sequence[Sample], rows: Sequence[Row]) -> None:
    """Each has the requests that took as long or less, to the nanosecond."""
    assert len(buckets) > 100
    for each in buckets:
        bound_ns = float(each.labels["le"]) * 1e9
        expected = sum(
            row["command"] == each.labels["command"]
            and row["status"] == each.labels["status"]
            and row["latency_ns"] is not None
            and row["latency_ns"] <= bound_ns + 0.5
            for row in rows
        )
        assert each.value == expected, each


def test_promtool_finds_nothing_to_improve(redis: RedisServer) -> None:
    with serving("-p", str(redis.port)) as (_, port):
        when_counted(port, make_traffic(redis.port))
        text = fetched(port, "/metrics")
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=text,
        capture_output=True,
        check=False,
        timeout=DEADLINE_S,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_late_reply_counts_beside_its_timeout_as_in_the_log(server: RespServer) -> None:
    with serving("-p", str(server.port), "--timeout", "0.1") as (tracer, port):
        with Client(HOST, server.port) as client:
            client.ask("DELAY", "500")
        rows = tracer.rows_when(2)
        when_counted(port, 2)
        told = {
            each.labels["status"]: each.value for each in samples(port, "tcpkit_requests_total")
        }
        assert told == Counter(row["status"] for row in rows) == {"timeout": 1, "ok": 1}
        (timeouts,) = samples(port, "tcpkit_timeouts_total")
        assert timeouts.value == 1
        assert timeouts.labels["server"] == rows[0]["server"]
        assert total(port, "tcpkit_request_duration_seconds_count") == 1


def test_made_up_commands_do_not_make_it_grow(server: RespServer) -> None:
    """This server answers whatever it is asked, as if each command were one."""
    with serving("-p", str(server.port)) as (_, port):
        with Client(HOST, server.port) as client:
            for number in range(2000):
                client.ask(f"NAME{number}")
        when_counted(port, 2000)
        requests = samples(port, "tcpkit_requests_total")
        assert sum(each.value for each in requests) == 2000
        assert len(requests) <= UNLISTED + 1
        (rest,) = [each for each in requests if each.labels["command"] == "other"]
        assert rest.value >= 2000 - UNLISTED


def test_json_has_the_percentiles_by_port_server_and_command(redis: RedisServer) -> None:
    with serving("-p", str(redis.port)) as (tracer, port):
        count = make_traffic(redis.port)
        rows = tracer.rows_when(count)
        when_counted(port, count)
        wait_until(
            lambda: json.loads(fetched(port, "/stats.json"))["total"]["requests"] == count,
            "all requests in /stats.json",
        )
        stats = json.loads(fetched(port, "/stats.json"))
        latencies = sorted(row["latency_ns"] or 0 for row in rows)
        for numbers in (stats["total"], *stats["ports"], *stats["servers"]):
            assert numbers["max_ns"] == latencies[-1]
            assert latencies[count // 2 - 1] <= numbers["p50_ns"] <= latencies[count // 2] * 1.01
        by_command = Counter(row["command"] for row in rows)
        assert {each["name"]: each["requests"] for each in stats["commands"]} == by_command
        assert stats["accuracy"]["exact"] == count
        assert stats["accuracy"]["dropped"] == {"kernel": 0, "interface": 0}
        assert not {"keys", "clients", "slowest"} & stats.keys()
        assert fetched(port, "/healthz") == b"ok\n"


def test_names_are_counted_while_somebody_looks(redis: RedisServer) -> None:
    def keys() -> list[str]:
        model = json.loads(fetched(port, "/overview.json"))
        return [row["name"] for row in model["keys"]["rows"]]

    with serving("-p", str(redis.port)) as (_, port):
        assert keys() == []
        with Client(HOST, redis.port) as client:
            client.ask("SET", "seen", "1")
        wait_until(lambda: keys() == ["seen"], "the key in the overview")


def test_clients_that_stall_lose_no_packet(server: RespServer) -> None:
    with ExitStack() as stalled, serving("-p", str(server.port)) as (tracer, port):
        whole = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for sent in (b"", whole[:10], b"\x00" * 100, whole * 50):
            for _ in range(CROWD // 4):
                idle = stalled.enter_context(socket.create_connection((HOST, port), DEADLINE_S))
                idle.sendall(sent)
        with Client(server.address, server.port) as client:
            for _ in range(3000):
                client.ask("PING")
        assert len(tracer.rows_when(3000)) == 3000
        when_counted(port, 3000)
        assert total(port, "tcpkit_capture_dropped_total") == 0
        ended = tracer.stop()
    assert ended.status == 0
    assert counter(ended.err, "http clients displaced") > 0
    assert counter(ended.err, "http malformed") > 0


def test_summary_is_divided_only_where_that_was_asked_for(redis: RedisServer) -> None:
    for by, shown in (((), False), (("--by", "command"), True)):
        with serving("-p", str(redis.port), *by) as (tracer, port):
            when_counted(port, make_traffic(redis.port))
            said = tracer.stop().err
        assert ("requests by command" in said) == shown
        assert "requests by server" not in said
        assert counter(said, "http requests") >= 1


def test_daemon_serves_and_ends(redis: RedisServer, tmp_path: Path) -> None:
    port, pidfile = free_port(), tmp_path / "pid"
    started = tcpkit_run(
        *("-i", "lo", "-m", "redis", "-p", str(redis.port), "-P", "0", "--http", str(port)),
        *("-d", "--pidfile", pidfile),
    )
    assert started.status == 0, started
    assert f", http {HOST}:{port}, process " in started.err
    daemon = os.pidfd_open(int(pidfile.read_text()))
    try:
        when_counted(port, make_traffic(redis.port))
    finally:
        signal.pidfd_send_signal(daemon, signal.SIGTERM)
        ended = select.select([daemon], [], [], DEADLINE_S)[0]
        os.close(daemon)
    assert ended


def test_busy_port_is_told_before_the_terminal_is_left() -> None:
    with socket.create_server((HOST, 0)) as busy:
        port = busy.getsockname()[1]
        arguments = ("-i", "lo", "-m", "redis", "-P", "0", "--http", str(port))
        said = f"cannot listen on {HOST}:{port}: Address already in use"
        assert_refused(tcpkit_run(*arguments), 1, said)
        outcome = tcpkit_run(*arguments, "-d")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.splitlines()[-1] == f"tcpkit: error: {said}"
