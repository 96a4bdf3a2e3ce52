"""`tcpkit top` on lo, while real servers are asked."""

import json
import signal
from collections import Counter
from itertools import pairwise
from pathlib import Path

from pymemcache.client.base import Client as Memcached

from tests.live.resp_server import Client
from tests.live.test_daemon import daemon
from tests.live.tracer import Tracer, tracing
from tests.program import wait_until
from tests.servers import memcached_running, redis_server_running

Report = dict[str, object]


def reports_of(tracer: Tracer) -> list[Report]:
    return [json.loads(line) for line in tracer.text().splitlines()]


def rows_of(report: Report) -> list[Report]:
    rows = report["rows"]
    assert isinstance(rows, list)
    return rows


def requests_of(reports: list[Report]) -> Counter[str]:
    """By name, over all reports."""
    found: Counter[str] = Counter()
    for report in reports:
        for row in rows_of(report):
            found[str(row["name"])] += int(str(row["requests"]))
    return found


def test_reports_come_while_redis_is_asked_and_miss_nothing() -> None:
    with redis_server_running() as server:
        options = ("-p", str(server.port), "--interval", "0.2")
        with tracing(*options, word="top", stats=False) as tracer:
            with Client("127.0.0.1", server.port) as client:
                for turn in range(30):
                    client.ask("SET", "a", "1")
                    client.ask("GET", "a" if turn % 2 else "none")
            wait_until(
                lambda: requests_of(reports_of(tracer))["a"] == 45, "a report with all requests"
            )
            with Client("127.0.0.1", server.port) as client:
                client.ask("GET", "last")
            done = tracer.stop(signal.SIGINT)
        assert done.status == 0
        assert "100.00 % exact (61 of 61)" in done.err
        reports = reports_of(tracer)
        assert requests_of(reports) == {"a": 45, "none": 15, "last": 1}
        assert all(report["dropped"] == 0 for report in reports)
        hits = [(row["name"], row["hits"]) for report in reports for row in rows_of(report)]
        assert {name: hit for name, hit in hits if name != "a"} == {"none": 0, "last": 0}
        spans = [(int(str(each["begin_ns"])), int(str(each["end_ns"]))) for each in reports]
        assert all(end - begin <= 200_000_000 for begin, end in spans)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_ctrl_c_ends_once_with_the_report_of_all() -> None:
    with memcached_running() as server:
        options = ("-p", str(server.port), "--once", "-q")
        with tracing(*options, mode="memcached", word="top", stats=False) as tracer:
            client = Memcached(("127.0.0.1", server.port), default_noreply=False)
            client.set("there", b"x" * 1000)
            for _ in range(10):
                client.get("there")
                client.get("missing")
                client.get_many(["there", "other"])
            client.close()
            done = tracer.stop(signal.SIGINT)
        assert (done.status, done.err) == (0, "")
        (report,) = reports_of(tracer)
        assert requests_of([report]) == {"there": 21, "missing": 10, "other": 10}
        rows = {row["name"]: row for row in rows_of(report)}
        assert (rows["there"]["hits"], rows["there"]["lookups"]) == (10, 10)
        assert (rows["missing"]["hits"], rows["missing"]["lookups"]) == (0, 10)
        assert (report["hits"], report["lookups"]) == (20, 40)
        assert int(str(rows["there"]["bytes"])) > 11_000


def test_a_daemon_logs_only_when_a_key_is_busy(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with redis_server_running() as server:
        options = ("-p", str(server.port), "-o", log, "-j", "--interval", "1", "--min-rate", "20")
        with daemon(*options, word="top") as running:
            with Client("127.0.0.1", server.port) as client:
                client.ask("GET", "calm")
                for _ in range(60):
                    client.ask("GET", "busy")
            wait_until(lambda: bool(log.read_text()), "a report of a busy key")
            running.signal(signal.SIGTERM)
            assert running.ended()
    reports = [json.loads(line) for line in log.read_text().splitlines()]
    assert set(requests_of(reports)) == {"busy"}
