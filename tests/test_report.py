"""`tcpkit report`: a page whose numbers are those of the log, written whole or not at all."""

import json
import os
import re
import stat
from collections import Counter
from pathlib import Path
from typing import TypedDict, cast

import pytest

from tests.goldens import PCAPS
from tests.program import assert_refused, shell_run, tcpkit_run
from tests.test_overview import Line, Model, is_timed

SLOW = PCAPS / "redis" / "slow.pcap"
QUEUED = PCAPS / "redis" / "queued.pcap"
REDIS = ("-m", "redis")


class Answer(TypedDict):
    question: str
    short: str
    more: str


class Verdict(TypedDict):
    level: str
    answers: list[Answer]
    doubts: list[str]


class Data(TypedDict):
    title: str
    verdict: Verdict
    model: Model


def data_of(page: str) -> Data:
    """The numbers that are in the page."""
    found = re.findall(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert len(found) == 1
    return cast(Data, json.loads(found[0]))


def report_of(folder: Path, *arguments: str | Path) -> Data:
    page = folder / "report.html"
    done = tcpkit_run("report", "-o", page, "-q", *arguments)
    assert (done.status, done.out, done.err) == (0, "", "")
    return data_of(page.read_text())


def lines_of(*arguments: str | Path) -> list[Line]:
    done = tcpkit_run("-j", "-q", *arguments)
    return [cast(Line, json.loads(line)) for line in done.out.splitlines()]


@pytest.mark.parametrize("capture", [SLOW, QUEUED, PCAPS / "dns" / "resolver.pcap"])
def test_the_numbers_are_those_of_the_log(tmp_path: Path, capture: Path) -> None:
    arguments = ("-r", capture, "-m", capture.parent.name)
    lines = lines_of(*arguments)

    data = report_of(tmp_path, *arguments, "-t", "0.5")

    timed = [line for line in lines if is_timed(line)]
    assert data["model"]["total"]["requests"] == len(timed)
    assert data["model"]["total"]["slow"] == sum((li["latency_ns"] or 0) >= 500_000 for li in timed)
    counts = {row["name"]: row["requests"] for row in data["model"]["commands"]}
    assert +Counter(counts) == Counter(line["command"] for line in timed)


def test_the_verdict_counts_what_the_log_has(tmp_path: Path) -> None:
    lines = lines_of("-r", SLOW, *REDIS)
    slow = [line for line in lines if (line["latency_ns"] or 0) >= 10_000_000]

    data = report_of(tmp_path, "-r", SLOW, *REDIS, "-t", "10")

    answers = {
        each["question"]: each["short"] + each["more"] for each in data["verdict"]["answers"]
    }
    assert f"{len(slow)} of {len(lines)} requests" in answers["Was it slow?"]
    for command, count in Counter(line["command"] for line in slow).most_common(3):
        assert f"{command} {count}" in answers["For whom?"]
    assert f"Only {len(lines)} requests" in data["verdict"]["doubts"][0]


def test_reasons_are_looked_for_without_being_asked(tmp_path: Path) -> None:
    reasons = Counter(
        cast("dict[str, str | None]", line)["reason"]
        for line in lines_of("-r", QUEUED, *REDIS, "--explain")
        if is_timed(line)
    )

    data = report_of(tmp_path, "-r", QUEUED, *REDIS, "-t", "0")

    told = dict(data["model"]["slow_by"]["reason"])
    assert told == {name: count for name, count in reasons.items() if name is not None}
    assert told


def test_without_an_option_the_page_goes_where_standard_output_does() -> None:
    for options in ((), ("-o", "-")):
        done = tcpkit_run("report", "-r", SLOW, *REDIS, "-q", *options)

        assert (done.status, done.err) == (0, "")
        assert done.out.startswith("<!doctype html>")
        assert data_of(done.out)["title"] == "Redis latency: slow.pcap"


def test_the_summary_says_what_was_written(tmp_path: Path) -> None:
    page = tmp_path / "report.html"

    done = tcpkit_run("report", "-r", SLOW, *REDIS, "-o", page, "--title", "<A & B>")

    assert done.out == ""
    assert done.err.startswith(f"tcpkit: {page}: {page.stat().st_size / 1000:.1f} kB written\n")
    assert "port 6379, requests by latency" in done.err
    assert "<title>&lt;A &amp; B&gt;</title>" in page.read_text()


def test_the_verdict_and_tables_are_there_without_scripts(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    tcpkit_run("report", "-r", SLOW, *REDIS, "-t", "10", "-o", page, "-q")

    text = page.read_text().partition("<script")[0]

    assert "<h2>Was it slow?</h2>" in text
    assert re.search(r"<noscript>.*<td>EVAL</td><td>1</td>.*</noscript>", text, re.DOTALL)


def test_an_old_page_is_replaced_with_its_rights_and_nothing_else_is_left(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("old")
    page.chmod(0o640)

    report_of(tmp_path, "-r", SLOW, *REDIS)

    assert stat.S_IMODE(page.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_failed_read_leaves_the_old_page_alone(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("old")

    done = tcpkit_run("report", "-r", tmp_path / "none.pcap", *REDIS, "-o", page, "-q")

    assert_refused(done, 1, "none.pcap")
    assert page.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.html"]


def test_of_a_damaged_capture_there_is_a_page_that_says_so(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(SLOW.read_bytes()[:-10])
    page = tmp_path / "report.html"

    done = tcpkit_run("report", "-r", cut, *REDIS, "-o", page, "-q")

    assert_refused(done, 1, "cut.pcap")
    data = data_of(page.read_text())
    assert data["verdict"]["doubts"][0].startswith("Only a part was read: ")
    assert data["model"]["total"]["requests"] > 200


def test_an_empty_capture_is_not_called_fast(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(SLOW.read_bytes()[:24])

    data = report_of(tmp_path, "-r", empty, *REDIS)

    assert data["verdict"]["level"] == "unseen"


def test_a_capture_is_never_overwritten(tmp_path: Path) -> None:
    capture = tmp_path / "a.pcap"
    capture.write_bytes(SLOW.read_bytes())
    other = tmp_path / "b.html"
    other.symlink_to(capture)

    for path in (capture, other):
        done = tcpkit_run("report", "-r", capture, *REDIS, "-o", path)
        assert_refused(done, 1, "it is the capture being read")

    assert capture.read_bytes() == SLOW.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-r", SLOW), ("report needs a protocol", "-m")),
        (("-i", "lo", *REDIS), ("report reads capture files", "-r")),
        (("-r", SLOW, *REDIS, "-j"), ("report does not take -j",)),
        (("-r", SLOW, *REDIS, "-P", "1"), ("report does not take -P",)),
        (("-r", SLOW, *REDIS, "--bind", "::1"), ("report does not take --bind",)),
        (REDIS, ("-r",)),
    ],
)
def test_what_it_has_no_use_for_is_refused(
    arguments: tuple[str | Path, ...], words: tuple[str, ...]
) -> None:
    assert_refused(tcpkit_run("report", *arguments, "-o", "page.html"), 2, *words)


def test_a_full_disk_and_a_missing_folder_are_one_line_each(tmp_path: Path) -> None:
    arguments = ("report", "-r", SLOW, *REDIS, "-q", "-o")

    assert_refused(tcpkit_run(*arguments, "/dev/full"), 1, "/dev/full", "No space left")
    assert_refused(tcpkit_run(*arguments, tmp_path / "no" / "page"), 1, "No such file")


def test_a_closed_standard_output_is_one_line() -> None:
    arguments = ("report", "-r", SLOW, *REDIS, "-q")

    assert_refused(shell_run('"$@" >&-', *arguments), 1, "standard output")
    assert_refused(shell_run('"$@" >/dev/full', *arguments), 1, "No space left")


def test_the_manual_is_shown() -> None:
    done = tcpkit_run("report", "-h")

    assert done.status == 0
    assert "tcpkit report -r FILE" in done.out
    assert max(map(len, done.out.splitlines())) <= 90


def test_who_reads_a_part_of_it_ends_it_quietly() -> None:
    """How `| head` ended says its status, which sh has of the last program only."""
    script = 'exec 3>&1; { "$@"; echo "status $?" >&3; } | head -c 9'
    done = shell_run(script, "report", "-r", SLOW, *REDIS)

    assert done.out in ("<!doctypestatus 0\n", "status 0\n<!doctype")
    assert done.err == ""
