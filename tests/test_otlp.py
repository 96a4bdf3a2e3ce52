"""`--otlp` on files: what a collector gets is what the log says."""

import json
import socket
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict, cast

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE, Metric

from tests.command_names import OTHER, counted_names
from tests.export.collector import attributes_of, collecting
from tests.goldens import PCAPS, captures, options_of
from tests.program import tcpkit_run

MODES = ("redis", "memcached", "dns")
CAPTURES = [capture for capture in captures() if options_of(capture)[1] in MODES][::6]
NS_PER_S = 1_000_000_000


class Line(TypedDict):
    protocol: str
    server: str
    command: str
    key: str | None
    latency_ns: int | None
    status: str
    code: str | None
    flags: list[str]
    answers: int


def log_of(capture: Path) -> list[Line]:
    done = tcpkit_run(*options_of(capture), "-r", PCAPS / capture, "-j", "-q")
    return [cast(Line, json.loads(line)) for line in done.out.splitlines()]


def place(server: str) -> dict[str, str | int]:
    address, _, port = server.rpartition(":")
    return {"server.address": address.strip("[]"), "server.port": int(port)}


def expected_of(lines: list[Line]) -> dict[str, list[int]]:
    """Latencies by the attributes that the conventions ask for."""
    found: dict[str, list[int]] = {}
    served: set[str] = set()
    pairs = [(line["command"], line["status"]) for line in lines]
    names = counted_names(lines[0]["protocol"], pairs) if lines else []
    for line, command in zip(lines, names, strict=True):
        if line["latency_ns"] is None or "blocking" in line["flags"]:
            continue
        attributes: dict[str, str | int] = place(line["server"])
        if line["protocol"] == "dns":
            name = (line["key"] or "").lower()
            if line["status"] == "ok" and line["answers"] > 0:
                served.add(name)
            attributes["dns.question.name"] = name if name in served else "other"
            if line["code"] != "NOERROR":
                attributes["error.type"] = str(line["code"])
        else:
            attributes["db.system.name"] = line["protocol"]
            attributes["db.operation.name"] = "_OTHER" if command == OTHER else command
            if line["status"] == "error":
                attributes["error.type"] = "_OTHER"
        found.setdefault(json.dumps(attributes, sort_keys=True), []).append(line["latency_ns"])
    return found


@pytest.mark.parametrize("capture", CAPTURES, ids=str)
def test_a_collector_gets_what_the_log_says(capture: Path) -> None:
    lines = log_of(capture)
    with collecting() as collector:
        options = ("-r", PCAPS / capture, "-q", "--otlp", collector.url, "-t", "86400000")
        done = tcpkit_run(*options_of(capture), *options)
        assert (done.status, done.err) == (0, "")
        metrics, resource = collector.metrics(), collector.resource()
        assert collector.paths == ["/v1/metrics"]
    assert resource["service.name"] == "tcpkit"
    assert resource["host.name"] == socket.gethostname()
    is_dns = options_of(capture)[1] == "dns"
    metric = metrics["dns.lookup.duration" if is_dns else "db.client.operation.duration"]
    assert metric.unit == "s"
    assert metric.histogram.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
    expected = expected_of(lines)
    named = {}
    for point in metric.histogram.data_points:
        key = json.dumps(attributes_of(list(point.attributes)), sort_keys=True)
        latencies = expected[key]
        bounds = [round(bound * NS_PER_S) for bound in point.explicit_bounds]
        counts = [0] * (len(bounds) + 1)
        for ns in latencies:
            counts[sum(bound < ns for bound in bounds)] += 1
        assert list(point.bucket_counts) == counts
        assert point.count == len(latencies)
        assert point.sum == pytest.approx(sum(max(ns, 0) for ns in latencies) / NS_PER_S)
        assert not point.HasField("min") and not point.HasField("max")
        assert 0 < point.start_time_unix_nano <= point.time_unix_nano
        named[key] = latencies
    assert named == expected
    check_unanswered(lines, metrics)


def check_unanswered(lines: list[Line], metrics: Mapping[str, Metric]) -> None:
    """All that has no latency, by its status."""
    expected: Counter[str] = Counter()
    for line in lines:
        if line["status"] in ("timeout", "aborted", "silent"):
            expected[line["status"]] += 1
        elif "blocking" in line["flags"]:
            expected["blocking"] += 1
    told: Counter[str] = Counter()
    if "tcpkit.requests" in metrics:
        for point in metrics["tcpkit.requests"].sum.data_points:
            told[str(attributes_of(list(point.attributes))["tcpkit.status"])] += point.as_int
    assert told == expected


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        slow = ("-m", "redis", "-r", PCAPS / "redis" / "slow.pcap", "-t", "600")
        done = tcpkit_run(*slow, "--otlp", url)
    assert done.status == 1
    assert done.out == tcpkit_run(*slow).out, "the log is whole"
    assert "requests" in done.err, "so is the summary"
    last = done.err.splitlines()[-1]
    assert last.startswith(f"tcpkit: error: cannot send to {url}/v1/metrics: ")
    assert last.endswith("Connection refused")
    assert "Traceback" not in done.err


def test_a_collector_that_refuses() -> None:
    with collecting() as collector:
        collector.status = 403
        slow = ("-m", "redis", "-r", PCAPS / "redis" / "slow.pcap", "-t", "600", "-q")
        done = tcpkit_run(*slow, "--otlp", collector.url)
        assert collector.paths == ["/v1/metrics"]
    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert "403" in done.err


@pytest.mark.parametrize(
    "url", ["", "localhost:4318", "ftp://x", "http://", "http://[::1", "http://x:0"]
)
def test_no_url(url: str) -> None:
    done = tcpkit_run("-m", "redis", "-r", "x.pcap", "--otlp", url)
    assert done.status == 2
    assert done.err == (
        f"tcpkit: error: --otlp takes a URL as http://localhost:4318, not {url!r}\n"
    )


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("-m", "raw"), "--otlp needs a protocol: choose one with -m"),
        (("trace", "-m", "redis"), "trace does not take --otlp"),
    ],
)
def test_what_it_does_not_go_with(options: tuple[str, ...], reason: str) -> None:
    done = tcpkit_run(*options, "-r", "x.pcap", "--otlp", "http://localhost:4318")
    assert (done.status, done.err) == (2, f"tcpkit: error: {reason}\n")
