"""What the shipped captures hold, read by other means than tcpkit's, is what is logged.

The oracle reads the streams as a whole, when all is over. It leaves a request open when
more than one way of pairing fits; such a one is logged as inferred, or not at all.
"""

import json
from pathlib import Path
from typing import TypedDict

import pytest

from tests.goldens import PCAPS
from tests.program import tcpkit_run
from tests.protocols.memcached import oracle_binary, oracle_text
from tests.protocols.memcached.oracle import OPEN, Expected, Row, expected
from tests.protocols.memcached.oracle_stream import connections, conversations

FOLDER = PCAPS / "memcached"
# Captures of TCP whose connections are whole, and whose requests were all served.
WHOLE = (
    "any-bridge",
    "binary-ordinary",
    "binary-quiet",
    "binary-stat",
    "deep-pipeline",
    "errors",
    "half-close",
    "ipv6",
    "large-values",
    "lru-crawler-dump",
    "memccapable-a",
    "memccapable-b",
    "meta",
    "meta-quiet",
    "multi-get",
    "noreply",
    "ordinary-text",
    "pipelined-text",
    "retransmissions",
    "sasl",
    "server-errors",
    "split-requests",
    "stats",
    "two-outstanding",
    "two-outstanding-gets",
    "two-outstanding-misses",
    "value-with-end",
)
# Captures of UDP in which no id is used twice, and each datagram holds one request.
WHOLE_UDP = ("udp-binary", "udp-ipv6", "udp-multi-datagram")
# Captures in which some of what is asked cannot be told apart, or is not reported.
PARTLY = (
    "stats-without-end",
    "udp-id-reuse",
    "udp-noreply-quiet",
    "udp-text",
)
# Captures in which replies do not tell which of several like requests they answer.
DOUBTFUL = ("any-bridge", "binary-quiet", "meta-quiet", "retransmissions")


class Logged(TypedDict):
    """The fields of the JSON line that the oracle knows."""

    client: str
    request_first_ns: int
    request_last_ns: int
    request_bytes: int
    reply_first_ns: int | None
    reply_last_ns: int | None
    reply_bytes: int
    status: str
    command: str
    key: str | None
    code: str | None
    hits: int | None
    quality: str


Place = tuple[str, int, int, int, int, int, int, str]


def logged(path: Path) -> list[Logged]:
    udp = ["-u"] if path.name.startswith("udp-") else []
    outcome = tcpkit_run("-r", path, "-m", "memcached", "-j", *udp)
    assert outcome.status == 0, outcome.err
    return [json.loads(line) for line in outcome.out.splitlines()]


def foreseen(path: Path) -> Expected:
    whole = Expected([], [], [])
    read = conversations if path.name.startswith("udp-") else connections
    for connection in read(path):
        language = oracle_binary if connection.requests.data[:1] == b"\x80" else oracle_text
        asked = language.requests(connection.requests.data)
        whole.add(expected(connection, asked, language.answer))
    return whole


def place_of_row(row: Row) -> Place:
    return (
        row.client,
        row.request_first_ns,
        row.request_last_ns,
        row.request_bytes,
        row.reply_first_ns or 0,
        row.reply_last_ns or 0,
        row.reply_bytes,
        row.status,
    )


def place_of_line(line: Logged) -> Place:
    return (
        line["client"],
        line["request_first_ns"],
        line["request_last_ns"],
        line["request_bytes"],
        line["reply_first_ns"] or 0,
        line["reply_last_ns"] or 0,
        line["reply_bytes"],
        line["status"],
    )


def agrees(row: Row, line: Logged) -> bool:
    """None in `row` is left open, but for the key where a command has none."""
    return (
        place_of_row(row) == place_of_line(line)
        and row.command in (None, line["command"])
        and (row.key in (OPEN, line["key"]) or row.command is None)
        and row.code in (None, line["code"])
        and row.hits in (None, line["hits"])
    )


@pytest.mark.parametrize("name", WHOLE + WHOLE_UDP)
def test_log_is_what_the_whole_streams_say(name: str) -> None:
    path = FOLDER / f"{name}.pcap"
    found = foreseen(path)
    lines = logged(path)
    missing = [row for row in found.certain if not taken(row, lines)]
    assert missing == []
    for row in found.late:
        taken(row, lines)
    # What is left is of requests in doubt.
    assert [line for line in lines if not possible(line, found)] == []
    assert {line["quality"] for line in lines} <= {"inferred"}


def taken(row: Row, lines: list[Logged]) -> bool:
    """Take the line that says this out of the log."""
    line = next((line for line in lines if agrees(row, line)), None)
    if line is not None:
        lines.remove(line)
    return line is not None


def possible(line: Logged, found: Expected) -> bool:
    return any(agrees(row, line) for rows in found.doubtful for row in rows)


@pytest.mark.parametrize("name", sorted({*WHOLE, *WHOLE_UDP} - set(DOUBTFUL)))
def test_oracle_is_in_no_doubt(name: str) -> None:
    found = foreseen(FOLDER / f"{name}.pcap")
    assert found.doubtful == []
    assert found.certain


@pytest.mark.parametrize("name", PARTLY)
def test_nothing_is_logged_that_the_streams_do_not_say(name: str) -> None:
    path = FOLDER / f"{name}.pcap"
    found = foreseen(path)
    lines = logged(path)
    assert lines
    for row in found.certain + found.late:
        taken(row, lines)
    assert [line for line in lines if not possible(line, found)] == []
    assert {line["quality"] for line in lines} <= {"inferred"}
