"""The overview of every capture, held to the log of the same capture.

The log is the oracle: each number of the overview that can be counted from its lines is
counted anew.
"""

import json
from collections import Counter
from pathlib import Path
from typing import TypedDict, cast

import pytest

from tcpkit.capture.savefile import Progress, Savefile
from tcpkit.config import ReportOptions
from tcpkit.metrics.series import BOUNDS_NS
from tcpkit.options import parse
from tcpkit.pipeline import Pipeline
from tests.command_names import counted_names
from tests.goldens import PCAPS, captures, options_of
from tests.program import tcpkit_run

THRESHOLD_NS = 1_000_000
OPTIONS = ("-t", "1", "--explain")
MODES = ("redis", "memcached", "dns")
CAPTURES = [capture for capture in captures() if options_of(capture)[1] in MODES]


class Line(TypedDict):
    time_ns: int
    protocol: str
    client: str
    server: str
    command: str
    request: str
    latency_ns: int | None
    request_last_ns: int
    status: str
    flags: list[str]
    quality: str


class Numbers(TypedDict):
    name: str
    requests: int
    rate: float
    errors: int
    slow: int
    timeouts: int
    aborted: int
    silent: int
    blocking: int
    total_ns: int
    p50_ns: int
    p99_ns: int
    max_ns: int


class ColumnNumbers(TypedDict):
    column: int
    requests: int
    errors: int
    timeouts: int
    slow: int
    p50_ns: int
    p99_ns: int
    max_ns: int
    cells: list[tuple[int, int]]


class Timeline(TypedDict):
    begin_ns: int | None
    width_ns: int
    edges_ns: list[int]
    columns: list[ColumnNumbers]


class Name(TypedDict):
    name: str
    requests: int


class Names(TypedDict):
    rows: list[Name]


class Model(TypedDict):
    begin_ns: int | None
    end_ns: int | None
    total: Numbers
    ports: list[Numbers]
    commands: list[Numbers]
    servers: list[Numbers]
    clients: Names
    timeline: Timeline
    slowest: list[Line]
    slow_by: dict[str, list[tuple[str, int]]]
    accuracy: dict[str, int]


class Quiet(Progress):
    def advance(self, done: int, total: int | None) -> None:
        pass


def overview_of(capture: Path) -> tuple[Model, Pipeline]:
    arguments = [*options_of(capture), *OPTIONS, "-r", str(PCAPS / capture)]
    config = parse(arguments)._replace(report=ReportOptions(), otlp="counted only")
    pipeline = Pipeline(config, [], None)
    savefile = Savefile(pipeline.entrance, Quiet())
    savefile.read_files(config.files)
    pipeline.finish()
    overview, table = pipeline.overview, pipeline.table
    assert overview is not None and table is not None
    model = overview.model(int(table.now_ns))
    pipeline.close()
    return cast(Model, json.loads(json.dumps(model))), pipeline


def log_of(capture: Path, *options: str) -> list[Line]:
    done = tcpkit_run(*options_of(capture), "-r", PCAPS / capture, "-j", "-q", *options)
    return [cast(Line, json.loads(line)) for line in done.out.splitlines()]


def is_timed(line: Line) -> bool:
    return line["latency_ns"] is not None and "blocking" not in line["flags"]


def latency(line: Line) -> int:
    assert line["latency_ns"] is not None
    return line["latency_ns"]


def check(numbers: Numbers, lines: list[Line]) -> None:
    timed = sorted(latency(line) for line in lines if is_timed(line))
    assert numbers["requests"] == len(timed)
    assert numbers["total_ns"] == sum(timed)
    assert numbers["slow"] == sum(ns >= THRESHOLD_NS for ns in timed)
    assert numbers["errors"] == sum(line["status"] == "error" and is_timed(line) for line in lines)
    statuses = Counter(line["status"] for line in lines)
    assert numbers["timeouts"] == statuses["timeout"]
    assert numbers["aborted"] == statuses["aborted"]
    assert numbers["silent"] == statuses["silent"]
    if timed:
        assert numbers["max_ns"] == timed[-1]
        for shown, percent in ((numbers["p50_ns"], 50), (numbers["p99_ns"], 99)):
            true = timed[-(-len(timed) * percent // 100) - 1]
            assert true <= shown <= max(true * 1.01, true + 1)


@pytest.mark.parametrize("capture", CAPTURES, ids=str)
def test_overview_says_what_the_log_says(capture: Path) -> None:
    lines = log_of(capture, "--explain")
    model, pipeline = overview_of(capture)
    check(model["total"], lines)
    pairs = [(line["command"], line["status"]) for line in lines]
    named = counted_names(options_of(capture)[1], pairs)
    check_rows(model["servers"], [(line["server"], line) for line in lines])
    check_rows(model["commands"], [(named[place], line) for place, line in enumerate(lines)])
    decided = [line for line in lines if "late" not in line["flags"]]
    clients = Counter(line["client"].rpartition(":")[0].strip("[]") for line in decided)
    assert {row["name"]: row["requests"] for row in model["clients"]["rows"]} == clients
    check_timeline(model, lines)
    check_slowest(model, lines)
    check_series(pipeline, lines, named)
    answered = [line for line in lines if line["status"] in ("ok", "error")]
    for quality in ("exact", "inferred"):
        count = sum(line["quality"] == quality for line in answered)
        assert model["accuracy"][quality] == count


def check_rows(rows: list[Numbers], named: list[tuple[str, Line]]) -> None:
    by_name: dict[str, list[Line]] = {}
    for name, line in named:
        by_name.setdefault(name, []).append(line)
    for row in rows:
        check(row, by_name.pop(row["name"]))
    assert by_name == {}


def check_timeline(model: Model, lines: list[Line]) -> None:
    timeline = model["timeline"]
    columns = timeline["columns"]
    timed = [line for line in lines if is_timed(line)]
    assert sum(column["requests"] for column in columns) == len(timed)
    assert sum(column["errors"] for column in columns) == model["total"]["errors"]
    assert sum(column["slow"] for column in columns) == model["total"]["slow"]
    assert sum(column["timeouts"] for column in columns) == model["total"]["timeouts"]
    edges = timeline["edges_ns"]
    rows: Counter[int] = Counter()
    for line in timed:
        rows[sum(edge < latency(line) for edge in edges)] += 1
    shown: Counter[int] = Counter()
    for column in columns:
        assert sum(count for _, count in column["cells"]) == column["requests"]
        shown.update(dict(column["cells"]))
    assert shown == rows
    places = [column["column"] for column in columns]
    assert places == sorted(set(places))
    if places:
        assert places[-1] - places[0] < 400


def took_ns(line: Line) -> int:
    """What it took, or how long it waited in vain."""
    if line["status"] in ("timeout", "aborted"):
        return line["time_ns"] - line["request_last_ns"]
    return latency(line)


def check_slowest(model: Model, lines: list[Line]) -> None:
    chosen = [
        line
        for line in lines
        if is_timed(line)
        or (line["status"] in ("timeout", "aborted") and "blocking" not in line["flags"])
    ]
    chosen.sort(key=took_ns, reverse=True)  # of equals the first stays first
    assert model["slowest"] == chosen[:100]
    commands = Counter(line["command"] for line in chosen[:100])
    assert dict(model["slow_by"]["command"]) == commands


def check_series(pipeline: Pipeline, lines: list[Line], named: list[str]) -> None:
    """Of each server, command and status, the counts between the bounds."""
    expected: dict[tuple[str, str, str], list[int]] = {}
    totals: Counter[tuple[str, str, str]] = Counter()
    others: Counter[tuple[str, str, str]] = Counter()
    for command, line in zip(named, lines, strict=True):
        blocking = "blocking" in line["flags"] and line["status"] in ("ok", "error")
        status = "blocking" if blocking else line["status"]
        key = line["server"], command, status
        if not is_timed(line):
            others[key] += 1
            continue
        counts = expected.setdefault(key, [0] * (len(BOUNDS_NS) + 1))
        counts[sum(bound < latency(line) for bound in BOUNDS_NS)] += 1
        totals[key] += max(latency(line), 0)
    series = pipeline.series
    assert series is not None
    rows = {(row.server, row.command, row.status): row for row in series.rows()}
    assert {key: row.buckets() for key, row in rows.items()} == expected
    assert {key: row.total_ns for key, row in rows.items()} == totals
    assert {(s, c, status): count for s, c, status, count in series.unanswered()} == others
