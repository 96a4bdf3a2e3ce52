"""Every capture of DNS traffic: what the log says is what the packets say.

What they say is worked out by tests/truth/dns.py, which knows nothing of the program.
"""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path

import pytest

from tests.goldens import PCAPS
from tests.program import tcpkit_run
from tests.truth.dns import Row, rows_of

Value = str | int | bool | list[str] | None
Line = dict[str, Value]

CAPTURES = sorted((PCAPS / "dns").glob("*.pcap"))
# Of these a part cannot be read: what the log has is right, and it may have less.
INCOMPLETE = ("mid-stream", "snaplen")
# Where nothing is lost, doubled, asked again, or older than the capture.
PLAIN = (
    *("axfr", "axfr-one-answer", "both-ends-53", "dnsperf", "edns", "fragments", "half-close"),
    *("ipv6", "ixfr", "notify", "odd-names", "one-port", "ordinary", "resolver", "tcp-pipelined"),
    *("tcp-split", "truncation", "update"),
)


@cache
def log_of(path: Path) -> list[Line]:
    outcome = tcpkit_run("-r", path, "-m", "dns", "-j", "-q")
    assert (outcome.status, outcome.err) == (0, "")
    return [json.loads(line) for line in outcome.out.splitlines()]


def said(line: Line) -> Line:
    """A line of the log in the words of a Row."""
    names = [name for name in Row.__annotations__ if name != "late"]
    flags = line["flags"]
    assert isinstance(flags, list)
    return {**{name: line[name] for name in names}, "late": "late" in flags}


def expected(path: Path) -> list[Line]:
    return [asdict(row) for row in rows_of(path)]


def sorted_lines(lines: list[Line]) -> list[str]:
    """In the order of the queries."""
    return sorted(
        (json.dumps(line) for line in lines),
        key=lambda text: (json.loads(text)["request_last_ns"], text),
    )


def of(name: str) -> list[Line]:
    return log_of(PCAPS / "dns" / f"{name}.pcap")


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_log_says_what_the_packets_say(path: Path) -> None:
    found = sorted_lines([said(line) for line in log_of(path)])
    wanted = sorted_lines(expected(path))
    assert [line for line in found if line not in wanted] == []
    if path.stem not in INCOMPLETE:
        assert found == wanted


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_lines_stand_in_the_order_in_which_they_were_decided(path: Path) -> None:
    """An answer is decided with its last byte."""
    times = [str(line["reply_last_ns"]) for line in log_of(path) if line["reply_last_ns"]]
    assert times == sorted(times)


@pytest.mark.parametrize("name", PLAIN)
def test_everything_is_exact_where_nothing_happened(name: str) -> None:
    """But for what has no question: its id alone says what an answer is for."""
    lines = [line for line in of(name) if line["key"] is not None]
    assert {line["quality"] for line in lines} == {"exact"}
    assert [line["flags"] for line in of(name) if line["flags"]] == []


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_query_that_was_sent_twice_is_inferred(path: Path) -> None:
    attempts = [(line["attempts"], line["quality"]) for line in log_of(path)]
    assert {quality for count, quality in attempts if count != 1} <= {"inferred"}


@pytest.mark.parametrize("name", ["mid-stream", "snaplen"])
def test_most_of_what_can_be_read_is_logged(name: str) -> None:
    wanted = len(expected(PCAPS / "dns" / f"{name}.pcap"))
    assert len(of(name)) >= wanted * 3 // 4


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_request_is_the_type_and_the_name(path: Path) -> None:
    for line in log_of(path):
        if line["key"] is not None:
            words = str(line["request"]).split()
            assert str(line["command"]) in words
            shown = words[-1].removesuffix("...")
            assert str(line["key"]).startswith(shown)
