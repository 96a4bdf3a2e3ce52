"""libmemcached's own tests of a server: every request in them is named, timed and paired.

The server says what it was sent, on its standard error; each test of the tool is a
connection of its own.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from tests.live.memcached_truth import MemcachedTruth
from tests.live.tracer import Row, Tracer, tracing
from tests.program import DEADLINE_S
from tests.protocols.memcached.oracle_binary import NAMES
from tests.servers import memcached_running

SHOWN = 128  # characters of a request
# What a test of the tool is called, where that is not the command.
COMMANDS = {"mget": "get", "flush": "flush_all", "stat": "stats", "quit": "quit"}


@pytest.fixture
def truth() -> Iterator[MemcachedTruth]:
    with memcached_running("-t", "1") as server:
        yield MemcachedTruth(server)


@pytest.fixture
def tracer(truth: MemcachedTruth) -> Iterator[Tracer]:
    with tracing("-p", str(truth.port), mode="memcached") as running:
        yield running


def memccapable(truth: MemcachedTruth, *options: str) -> dict[str, str]:
    """Run it. Returns each test with its result."""
    done = subprocess.run(
        ["memccapable", "-h", "127.0.0.1", "-p", str(truth.port), *options],
        capture_output=True,
        text=True,
        timeout=2 * DEADLINE_S,
        check=False,
    )
    results = re.findall(r"^((?:ascii|binary) .*?) +\[(\w+)\]$", done.stdout, re.MULTILINE)
    return dict(results)


def passed_tests(truth: MemcachedTruth, option: str) -> list[str]:
    results = memccapable(truth, option)
    assert set(results.values()) == {"pass"}
    return list(results)


def command_of(test: str) -> str:
    """The command that a test is about: `get` of `binary getkq`, `set` of `ascii set noreply`."""
    kind, word = test.split()[:2]
    names = set(NAMES.values())
    if kind == "binary":
        word = next(each for each in (word, word[:-1], word[:-2]) if each in names | set(COMMANDS))
    return COMMANDS.get(word, word)


def is_silent(test: str) -> bool:
    """Is the command one that may get no reply?"""
    return test.endswith(("noreply", "q"))


def shown(line: str) -> str:
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}..."


def assert_complete(rows: Sequence[Row]) -> None:
    assert {row["quality"] for row in rows} == {"exact"}
    for row in rows:
        if row["status"] == "silent":
            assert row["reply_first_ns"] is None
        else:
            assert row["latency_ns"] == row["reply_first_ns"] - row["request_last_ns"]


@pytest.mark.parametrize("option", ["-a", "-b"])
def test_whole_run_leaves_nothing_unpaired(
    truth: MemcachedTruth, tracer: Tracer, option: str
) -> None:
    before = truth.counters()
    tests = passed_tests(truth, option)
    gained = truth.counters()
    gained.subtract(before)
    rows = truth.theirs(tracer)
    outcome = tracer.stop()
    assert_complete(rows)
    assert {command_of(test) for test in tests} <= {row["command"] for row in rows}
    silent = {row["command"] for row in rows if row["status"] == "silent"}
    assert {command_of(test) for test in tests if is_silent(test)} <= silent
    assert "unpaired" not in outcome.err
    assert "unanswered" not in outcome.err
    assert_counted(rows, gained, option)


def assert_counted(rows: Sequence[Row], gained: Counter[str], option: str) -> None:
    """The server's counters know as many requests as the log."""
    commands = Counter(row["command"] for row in rows if row["status"] != "error")
    gets = [row for row in rows if row["command"] in ("get", "gets") and row["code"] != "ERROR"]
    hits = sum(row["hits"] or 0 for row in gets)
    assert gained["get_hits"] == hits
    assert gained["cmd_get"] == sum(len(row["request"].split()) - 1 for row in gets)
    stores = ("set", "add", "replace", "append", "prepend", "cas")
    assert gained["cmd_set"] == sum(commands[command] for command in stores)
    assert gained["cmd_flush"] == commands["flush_all"]
    # An item that incr or decr makes in binary is neither a hit nor a miss.
    for command in ("delete", "incr", "decr") if option == "-a" else ("delete",):
        assert gained[f"{command}_hits"] + gained[f"{command}_misses"] == commands[command]


@pytest.mark.parametrize("option", ["-a", "-b"])
def test_each_test_is_logged_as_the_server_heard_it(
    truth: MemcachedTruth, tracer: Tracer, option: str
) -> None:
    for test in passed_tests(truth, option):
        truth.listen_anew(tracer)
        # (`ascii quit` fails when it is alone. What it sends is to be seen all the same.)
        memccapable(truth, "-T", test)
        # This one tells the server to be silent.
        heard = truth.heard(0 if test == "ascii verbosity" else 1)
        rows = sorted(truth.theirs(tracer), key=request_time)
        assert_complete(rows)
        assert command_of(test) in {row["command"] for row in rows}, test
        lines = [shown(line) for connection in heard for line in connection.lines]
        opcodes = [opcode for connection in heard for opcode in connection.opcodes]
        if opcodes:
            assert [row["command"] for row in rows] == [NAMES[code] for code in opcodes]
        elif test == "ascii verbosity":
            assert [row["request"] for row in rows][: len(lines)] == lines != []
        else:
            assert [row["request"] for row in rows] == lines


def request_time(row: Row) -> int:
    return row["request_first_ns"]
