"""`tcpkit compare`, as a user runs it; what it says is recomputed from both captures' logs."""

import fcntl
import json
import math
import random
import signal
import struct
import subprocess
import termios
from html.parser import HTMLParser
from pathlib import Path
from typing import IO

import dpkt
import pytest

from tests.build import Conversation, merge, write_pcap
from tests.program import (
    DEADLINE_S,
    Outcome,
    assert_refused,
    command,
    environment,
    tcpkit_run,
    wait_until,
)

ROOT = Path(__file__).resolve().parent.parent
PCAPS = ROOT / "pcaps"
SLOW = PCAPS / "redis" / "slow.pcap"
MANY = PCAPS / "redis" / "many-connections.pcap"
REQUESTS = 600  # of each command
APART_US = 20_000
MORE_NS = 5_000_000
PORTS = {"GET": 40001, "SET": 40002}  # a connection each


def request(*words: str) -> bytes:
    parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
    return f"*{len(words)}\r\n{parts}".encode()


def steady(path: Path, seed: int, prefix: str = "key", error: bytes = b"") -> Path:
    """GETs and SETs with log-normal latencies about 200 us; the last SET may get an error."""
    generator = random.Random(seed)
    conversations = []
    for name, port in PORTS.items():
        made = Conversation(client=f"10.0.0.1:{port}").handshake()
        for number in range(REQUESTS):
            at_us = (number + 1) * APART_US + port
            words = (name, f"{prefix}:{number % 7}", *(("value",) if name == "SET" else ()))
            made.client(request(*words), at_us)
            reply = b"+OK\r\n" if name == "SET" else b"$1\r\nx\r\n"
            if error and name == "SET" and number == REQUESTS - 1:
                reply = error
            made.server(reply, at_us + 200 * math.exp(0.4 * generator.gauss(0, 1)))
        conversations.append(made.close().packets)
    write_pcap(path, merge(*conversations))
    return path


def with_slower_sets(path: Path, source: Path) -> Path:
    """A copy in which each packet that the server sends to the SETs' client is 5 ms later."""
    packets: list[tuple[int, bytes]] = []
    with source.open("rb") as file:
        for time_s, frame in dpkt.pcap.Reader(file):
            tcp = dpkt.ethernet.Ethernet(frame).data.data
            late = MORE_NS if tcp.dport == PORTS["SET"] and tcp.data else 0
            packets.append((round(time_s * 10**9) + late, frame))
    packets.sort(key=lambda packet: packet[0])
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for time_ns, frame in packets:
            seconds, rest = divmod(time_ns, 10**9)
            file.write(struct.pack("<IIII", seconds, rest, len(frame), len(frame)) + frame)
    return path


Json = dict[str, object]


def compared(*arguments: str | Path) -> Json:
    outcome = tcpkit_run("compare", *arguments, "-j")
    assert (outcome.status, outcome.err) == (0, ""), outcome
    found = json.loads(outcome.out)
    assert isinstance(found, dict)
    return found


def part(of: object, *names: str) -> Json:
    for name in names:
        assert isinstance(of, dict)
        of = of[name]
    assert isinstance(of, dict)
    return of


def numbers(of: object) -> list[float]:
    assert isinstance(of, list)
    return of


def commands(found: Json) -> dict[str, Json]:
    rows = found["commands"]
    assert isinstance(rows, list)
    return {row["command"]: row for row in rows}


def log_of(capture: Path) -> list[dict[str, object]]:
    outcome = tcpkit_run("-r", capture, "-m", "redis", "-j", "-q")
    return [json.loads(line) for line in outcome.out.splitlines()]


def latencies(log: list[dict[str, object]], name: str) -> list[int]:
    return sorted(
        int(str(line["latency_ns"]))
        for line in log
        if line["command"] == name and line["status"] in ("ok", "error")
    )


def nearest_rank(values: list[int], percent: int) -> int:
    return values[-(-len(values) * percent // 100) - 1]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return steady(tmp_path_factory.mktemp("compare") / "before.pcap", 1)


@pytest.fixture(scope="module")
def after(before: Path) -> Path:
    return with_slower_sets(before.parent / "after.pcap", steady(before.parent / "other.pcap", 2))


def test_one_command_that_became_5_ms_slower_is_found_and_no_other(
    before: Path, after: Path
) -> None:
    found = compared(before, after, "-m", "redis")

    rows = commands(found)
    assert list(rows) == ["SET", "GET"]  # the most changed first
    assert (rows["SET"]["verdict"], rows["GET"]["verdict"]) == ("slower", "no clear change")
    for percentile in ("p50_ns", "p99_ns"):
        low, high = numbers(part(rows["SET"], percentile)["interval"])
        assert low <= MORE_NS <= high
        low, high = numbers(part(rows["GET"], percentile)["interval"])
        assert low <= 0 <= high
    for row in rows.values():  # the requests were sent at the same times
        low, high = numbers(part(row, "rate")["interval"])
        assert low <= 0 <= high
    assert found["doubts"] == []


def test_the_numbers_are_those_of_the_logs(before: Path, after: Path) -> None:
    rows = commands(compared(before, after, "-m", "redis"))

    for side, capture in (("a", before), ("b", after)):
        log = log_of(capture)
        begin_ns = min(int(str(line["request_first_ns"])) for line in log)
        end_ns = max(int(str(line["reply_last_ns"])) for line in log)
        for name, row in rows.items():
            values = latencies(log, name)
            assert part(row, "requests")[side] == len(values) == REQUESTS
            rate = len(values) * 1e9 / (end_ns - begin_ns)
            assert part(row, "rate")[side] == pytest.approx(rate)
            for percent in (50, 99):
                true_ns = nearest_rank(values, percent)
                shown = part(row, f"p{percent}_ns")[side]
                assert isinstance(shown, int)
                assert true_ns <= shown <= true_ns * 1.01


def test_two_captures_of_one_steady_traffic_have_no_clear_change(before: Path) -> None:
    found = compared(before, before.parent / "other.pcap", "-m", "redis")

    verdicts = {name: row["verdict"] for name, row in commands(found).items()}
    assert verdicts == {"GET": "no clear change", "SET": "no clear change"}
    assert part(found, "total")["verdict"] == "no clear change"


def halves(folder: Path, source: Path) -> tuple[Path, Path]:
    """The packets before the middle of a capture's time, and those after it."""
    data = source.read_bytes()
    with source.open("rb") as file:
        times = [time_s for time_s, _ in dpkt.pcap.Reader(file)]
    middle = (times[0] + times[-1]) / 2
    count = sum(time_s < middle for time_s in times)
    at = 24
    for _ in range(count):
        at += 16 + int(struct.unpack_from("<I", data, at + 8)[0])
    first, second = folder / "first.pcap", folder / "second.pcap"
    first.write_bytes(data[:at])
    second.write_bytes(data[:24] + data[at:])
    return first, second


def test_two_halves_of_a_steady_capture_have_no_clear_change(tmp_path: Path, before: Path) -> None:
    found = compared(*halves(tmp_path, before), "-m", "redis")

    for row in [part(found, "total"), *commands(found).values()]:
        assert row["verdict"] == "no clear change"
        requests = part(row, "requests")
        assert requests["a"] == pytest.approx(requests["b"], rel=0.02)


def test_a_capture_has_not_changed_against_itself() -> None:
    found = compared(SLOW, SLOW, "-m", "redis")

    for row in [part(found, "total"), *commands(found).values()]:
        assert row["verdict"] in ("no clear change", "too few requests", "too short a time")
        for number in ("rate", "p50_ns", "p99_ns"):
            assert part(row, number)["change"] in (0, None)
    assert part(found, "keys", "new")["count"] == part(found, "keys", "gone")["count"] == 0


def test_the_same_command_line_prints_the_same() -> None:
    first, second = (tcpkit_run("compare", SLOW, MANY, "-m", "redis") for _ in range(2))

    assert first == second
    assert "seed 1" in first.out


def test_the_files_may_stand_between_the_options() -> None:
    expected = tcpkit_run("compare", SLOW, MANY, "-m", "redis", "-j")

    assert tcpkit_run("compare", SLOW, "-m", "redis", MANY, "-j") == expected
    assert tcpkit_run("compare", "-j", "-m", "redis", SLOW, MANY) == expected


def test_keys_and_commands_of_one_capture_only_are_those_of_the_logs() -> None:
    found = compared(SLOW, MANY, "-m", "redis")

    logs = log_of(SLOW), log_of(MANY)
    keys = [{str(line["key"]) for line in log if line["key"] is not None} for log in logs]
    names = [{str(line["command"]) for line in log} for log in logs]
    verdicts = {name: row["verdict"] for name, row in commands(found).items()}
    assert {name for name, verdict in verdicts.items() if verdict == "new"} == names[1] - names[0]
    assert {name for name, verdict in verdicts.items() if verdict == "gone"} == names[0] - names[1]
    assert part(found, "keys", "new")["count"] == len(keys[1] - keys[0])
    assert part(found, "keys", "gone")["count"] == len(keys[0] - keys[1])


def test_errors_are_told_by_command_and_code() -> None:
    errors = PCAPS / "redis" / "errors.pcap"
    found = compared(SLOW, errors, "-m", "redis")

    expected: dict[tuple[str, str], int] = {}
    for line in log_of(errors):
        if line["status"] != "ok":
            code = line["code"] if line["status"] == "error" else line["status"]
            key = str(line["command"]), str(code)
            expected[key] = expected.get(key, 0) + 1
    rows = found["errors"]
    assert isinstance(rows, list)
    assert {(row["command"], row["code"]): row["count"]["b"] for row in rows} == expected
    assert {row["change"] for row in rows} == {"new"}


def test_names_that_do_not_exist_are_told_as_errors_of_dns() -> None:
    captures = [PCAPS / "dns" / name for name in ("ordinary.pcap", "errors.pcap")]
    found = compared(*captures, "-m", "dns")

    counts: list[dict[tuple[str, str], int]] = []
    for capture in captures:
        log = [
            json.loads(line)
            for line in tcpkit_run("-r", capture, "-m", "dns", "-j", "-q").out.splitlines()
        ]
        told = [line for line in log if line["code"] not in ("NOERROR", None)]
        kinds = [(line["command"], line["code"]) for line in told]
        counts.append({kind: kinds.count(kind) for kind in kinds})
    rows = found["errors"]
    assert isinstance(rows, list)
    shown = {(row["command"], row["code"]): row["count"] for row in rows if row["code"].isupper()}
    assert any(code == "NXDOMAIN" for _, code in shown)
    assert shown == {
        kind: {"a": counts[0].get(kind, 0), "b": counts[1].get(kind, 0)}
        for kind in {**counts[0], **counts[1]}
    }


def test_too_few_requests_have_no_p99() -> None:
    found = compared(SLOW, MANY, "-m", "redis")

    assert part(found, "total", "p99_ns") == {"a": None, "b": part(found, "total", "p99_ns")["b"],
                                              "change": None, "interval": None}  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "a", "b"),
    [
        ("dns", "dns/ordinary.pcap", "dns/errors.pcap"),
        ("memcached", "memcached/ordinary-text.pcap", "memcached/errors.pcap"),
    ],
)
def test_other_protocols_are_compared_too(mode: str, a: str, b: str) -> None:
    found = compared(PCAPS / a, PCAPS / b, "-m", mode)

    assert commands(found)
    assert found["mode"] == mode


def test_the_text_fits_into_80_columns(before: Path, after: Path) -> None:
    for pair in ((before, after), (SLOW, PCAPS / "redis" / "errors.pcap")):
        outcome = tcpkit_run("compare", *(path.relative_to(path.anchor) for path in pair),
                             "-m", "redis", cwd=Path("/"))  # fmt: skip
        assert outcome.status == 0
        long = [line for line in outcome.out.splitlines() if len(line) > 79]
        assert [line for line in long if ".pcap" not in line] == []  # but for a path


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_says_the_same_and_needs_nothing_else(
    tmp_path: Path, before: Path, after: Path
) -> None:
    page = tmp_path / "change.html"
    page.write_text("something old")

    outcome = tcpkit_run("compare", before, after, "-m", "redis", "-o", page, "-q")

    assert outcome == Outcome(0, "", "")
    read = _Page()
    read.feed(page.read_text())
    assert "slower: SET." in read.text
    assert "something old" not in read.text
    assert ("script" in read.tags, "img" in read.tags, read.links) == (False, False, [])
    assert read.tags.count("svg") == 9  # rate, p50 and p99 of all, SET and GET


def test_names_from_the_packets_are_escaped_in_the_page(tmp_path: Path, before: Path) -> None:
    evil = "<script>alert(1)</script>&\"'"
    other = steady(tmp_path / "evil.pcap", 3, evil, b"-<b>BAD</b> no\r\n")
    page = tmp_path / "change.htm"

    tcpkit_run("compare", before, other, "-m", "redis", "-o", page)

    read = _Page()
    read.feed(page.read_text())
    assert "script" not in read.tags
    assert f"{evil}:0" in read.text


def test_output_to_a_file_is_what_would_be_printed(tmp_path: Path) -> None:
    printed = tcpkit_run("compare", SLOW, MANY, "-m", "redis").out

    outcome = tcpkit_run("compare", SLOW, MANY, "-m", "redis", "-o", tmp_path / "change.txt")

    assert outcome == Outcome(0, "", "")
    assert (tmp_path / "change.txt").read_text() == printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([SLOW, "-m", "redis"], ["two capture files", "not 1"]),
        ([SLOW, MANY, SLOW, "-m", "redis"], ["two capture files", "not 3"]),
        ([SLOW, MANY], ["needs a protocol", "-m"]),
        (["-", "-", "-m", "redis"], ["standard input"]),
        ([SLOW, MANY, "-m", "redis", "-r", SLOW], ["-r"]),
        ([SLOW, MANY, "-m", "redis", "-i", "lo"], ["-i"]),
        ([SLOW, MANY, "-m", "redis", "-t", "1"], ["-t"]),
        ([SLOW, MANY, "-m", "redis", "--resamples", "1"], ["--resamples", "100"]),
        ([SLOW, MANY, "-m", "redis", "--seed", "x"], ["--seed"]),
    ],
)
def test_a_wrong_command_line_is_refused(arguments: list[str | Path], words: list[str]) -> None:
    assert_refused(tcpkit_run("compare", *arguments), 2, *words)


def test_a_capture_that_is_not_there_is_told_before_the_other_one_is_read(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pcap"

    assert_refused(tcpkit_run("compare", SLOW, missing, "-m", "redis"), 1, str(missing))


def test_a_file_without_packets_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(b"")

    assert_refused(tcpkit_run("compare", SLOW, empty, "-m", "redis"), 1, "empty")


def test_a_page_that_would_replace_a_capture_is_refused(tmp_path: Path) -> None:
    capture = tmp_path / "a.html"
    capture.write_bytes(SLOW.read_bytes())

    assert_refused(tcpkit_run("compare", capture, SLOW, "-m", "redis", "-o", capture), 1, "a.html")
    assert capture.read_bytes() == SLOW.read_bytes()


def test_a_capture_that_is_cut_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(SLOW.read_bytes()[:30_000])

    outcome = tcpkit_run("compare", SLOW, cut, "-m", "redis")

    assert outcome.status == 1
    assert "B was not read to its end" in " ".join(outcome.out.split())
    assert outcome.err.startswith("tcpkit: error: truncated in the middle of a packet")


@pytest.mark.parametrize(
    ("other", "warning"),
    [
        ("redis/http.pcap", "B: connections that do not speak the protocol: "),
        ("dns/ordinary.pcap", "B has no request that could be read"),
    ],
)
def test_a_capture_without_the_protocol_is_told(other: str, warning: str) -> None:
    outcome = tcpkit_run("compare", SLOW, PCAPS / other, "-m", "redis")

    assert (outcome.status, outcome.err) == (0, "")
    assert f"warning: {warning}" in outcome.out


def unread(pipe: IO[bytes]) -> int:
    """Bytes that lie in a pipe."""
    size: int = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]
    return size


def interrupted(a: str | Path, b: str | Path) -> Outcome:
    """Ctrl-C once a part of the standard input, one of the two captures, was read."""
    with subprocess.Popen(
        command("compare", a, b, "-m", "redis"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as run:
        assert run.stdin is not None and run.stdout is not None and run.stderr is not None
        pipe = run.stdin
        pipe.write(SLOW.read_bytes()[:40_000])
        pipe.flush()
        wait_until(lambda: unread(pipe) == 0, "the pipe is read")
        run.send_signal(signal.SIGINT)
        out, err = run.stdout.read().decode(), run.stderr.read().decode()
        return Outcome(run.wait(DEADLINE_S), out, err)


def test_ctrl_c_compares_what_was_read() -> None:
    outcome = interrupted(SLOW, "-")

    assert (outcome.status, outcome.err) == (0, "")
    assert "warning: B was not read to its end: it was interrupted" in outcome.out
    assert "GET: " in outcome.out


def test_ctrl_c_before_the_second_capture_says_that_there_is_nothing_to_compare() -> None:
    outcome = interrupted("-", SLOW)

    assert (outcome.status, outcome.out) == (0, "")
    assert "nothing to compare" in outcome.err
