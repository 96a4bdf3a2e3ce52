"""Whole runs over capture files: what comes out of the streams, and the exit status."""

import errno
import fcntl
import gzip
import json
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import termios
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from subprocess import Popen
from typing import IO

import pytest

from tcpkit.script.packets import BATCH
from tests.build import (
    Conversation,
    Packet,
    datagram,
    merge,
    write_pcap,
)
from tests.program import (
    DEADLINE_S,
    assert_refused,
    command,
    environment,
    shell_run,
    tcpkit_run,
    wait_until,
)

NS_PER_S = 1_000_000_000
CLIENT = "172.20.64.106:53499"
SERVER = "192.168.1.2:6379"
REPLY_NS = int(datetime(2018, 11, 16, 18, 38, 36, tzinfo=timezone.utc).timestamp()) * NS_PER_S
REPLY_NS += 873_067_000
SET_LINE = f"2018-11-16 18:38:36.873067 {CLIENT} => {SERVER} | 11.204 ms | set foo bar\n"
SET = b"*3\r\n$3\r\nset\r\n$3\r\nfoo\r\n$3\r\nbar\r\n"
PING = b"*1\r\n$4\r\nPING\r\n"
RECORD_HEADER = 16
FILE_HEADER = 24


def one_set(client: str = CLIENT, server: str = SERVER) -> Conversation:
    """A SET whose reply begins at REPLY_NS, 11.204 ms after the request's end."""
    conversation = Conversation(client, server, REPLY_NS - 20_000_000).handshake()
    return conversation.client(SET, at_us=8_796).server(b"+OK\r\n", at_us=20_000).close()


def pings(count: int, client: str = CLIENT, server: str = SERVER) -> Conversation:
    """PINGs one after the other, 1 ms apart, with 0.1 ms of latency."""
    conversation = Conversation(client, server, REPLY_NS).handshake()
    for at_us in range(1_000, 1_000 * count + 1, 1_000):
        conversation.client(PING, at_us=at_us).server(b"+PONG\r\n", at_us=at_us + 100)
    return conversation


def saved(path: Path, packets: Sequence[Packet]) -> Path:
    write_pcap(path, packets)
    return path


def read_pcap(path: Path) -> list[tuple[int, bytes]]:
    """Times in ns and frames of a little-endian pcap file with nanoseconds."""
    data = path.read_bytes()
    assert data[:4] == bytes.fromhex("4d3cb2a1")
    found: list[tuple[int, bytes]] = []
    at = FILE_HEADER
    while at < len(data):
        second, ns, captured, _ = struct.unpack_from("<IIII", data, at)
        at += RECORD_HEADER
        found.append((second * NS_PER_S + ns, data[at : at + captured]))
        at += captured
    return found


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A file with one SET."""
    return saved(tmp_path / "set.pcap", one_set().packets)


def test_text_line_is_that_of_the_contract(capture: Path) -> None:
    outcome = tcpkit_run("-m", "redis", "-q", "-r", capture)
    assert (outcome.out, outcome.err, outcome.status) == (SET_LINE, "", 0)


@pytest.mark.parametrize(
    ("zone", "time"),
    [
        ("Asia/Shanghai", "2018-11-17 02:38:36.873067"),
        ("XYZ3:30", "2018-11-16 15:08:36.873067"),
        ("America/New_York", "2018-11-16 13:38:36.873067"),
    ],
)
def test_time_of_the_text_line_is_local(capture: Path, zone: str, time: str) -> None:
    outcome = tcpkit_run("-m", "redis", "-q", "-r", capture, env={"TZ": zone})
    assert outcome.out == time + SET_LINE[len(time) :]


def test_json_line_has_the_fields_of_the_contract_in_their_order(capture: Path) -> None:
    outcome = tcpkit_run("-m", "redis", "-q", "-j", "-r", capture)
    assert outcome.out.count("\n") == 1
    assert list(json.loads(outcome.out).items()) == [
        ("time_ns", REPLY_NS),
        ("protocol", "redis"),
        ("transport", "tcp"),
        ("client", CLIENT),
        ("server", SERVER),
        ("command", "SET"),
        ("key", "foo"),
        ("request", "set foo bar"),
        ("latency_ns", 11_204_000),
        ("request_first_ns", REPLY_NS - 11_204_000),
        ("request_last_ns", REPLY_NS - 11_204_000),
        ("reply_first_ns", REPLY_NS),
        ("reply_last_ns", REPLY_NS),
        ("request_bytes", len(SET)),
        ("reply_bytes", 5),
        ("status", "ok"),
        ("code", None),
        ("hits", None),
        ("quality", "exact"),
        ("depth", 0),
        ("flags", []),
        ("upload_ns", 0),
        ("wait_ns", 11_204_000),
        ("queue_ns", 0),
        ("service_ns", 11_204_000),
        ("download_ns", 0),
    ]


def test_ipv6_ends_stand_in_brackets(tmp_path: Path) -> None:
    conversation = one_set("[2001:db8::2]:53499", "[2001:db8::1]:6379")
    path = saved(tmp_path / "six.pcap", conversation.packets)
    line = tcpkit_run("-m", "redis", "-q", "-r", path).out
    assert " [2001:db8::2]:53499 => [2001:db8::1]:6379 | 11.204 ms | set foo bar\n" in line


def test_timeout_stands_in_the_place_of_the_latency(tmp_path: Path) -> None:
    silent = Conversation(CLIENT, SERVER, REPLY_NS).handshake().client(SET, at_us=0)
    silent.client_ack(at_us=6_000_000)
    path = saved(tmp_path / "silent.pcap", silent.packets)
    outcome = tcpkit_run("-m", "redis", "-q", "--timeout", "5", "-r", path)
    expected = f"2018-11-16 18:38:41.873067 {CLIENT} => {SERVER} | timeout | set foo bar\n"
    assert outcome.out == expected


def test_aborted_stands_in_the_place_of_the_latency(tmp_path: Path) -> None:
    cut_off = Conversation(CLIENT, SERVER, REPLY_NS).handshake().client(SET).server_reset(500_000)
    path = saved(tmp_path / "reset.pcap", cut_off.packets)
    outcome = tcpkit_run("-m", "redis", "-q", "-r", path)
    expected = f"2018-11-16 18:38:37.373067 {CLIENT} => {SERVER} | aborted | set foo bar\n"
    assert outcome.out == expected


def test_secret_is_neither_in_the_log_nor_in_the_summary(tmp_path: Path) -> None:
    auth = b"*3\r\n$4\r\nAUTH\r\n$5\r\nalice\r\n$7\r\nsesame!\r\n"
    conversation = Conversation(CLIENT, SERVER, REPLY_NS).handshake()
    path = saved(tmp_path / "auth.pcap", conversation.client(auth).server(b"+OK\r\n").packets)
    outcome = tcpkit_run("-m", "redis", "-j", "-r", path)
    row = json.loads(outcome.out)
    assert (row["command"], row["key"], row["request"]) == ("AUTH", None, "AUTH *** ***")
    assert "sesame" not in outcome.out + outcome.err


@pytest.mark.parametrize(("threshold", "lines"), [("11.204", 1), ("11.205", 0), ("0", 1)])
def test_threshold_leaves_out_what_was_faster(capture: Path, threshold: str, lines: int) -> None:
    outcome = tcpkit_run("-m", "redis", "-t", threshold, "-r", capture)
    assert outcome.out.count("\n") == lines
    assert f">={threshold} ms" in outcome.err


def test_quiet_run_has_no_summary_and_another_has(capture: Path) -> None:
    assert tcpkit_run("-m", "redis", "-q", "-r", capture).err == ""
    assert "6379" in tcpkit_run("-m", "redis", "-r", capture).err


def test_summary_has_ports_histogram_and_counters(tmp_path: Path) -> None:
    path = saved(tmp_path / "mix.pcap", [*pings(9).packets, *one_set("10.0.0.9:999").packets])
    rows = [line.split() for line in tcpkit_run("-m", "redis", "-r", path).err.splitlines()]
    assert rows[0] == ["port", "requests", "average", "p50", "p90", "p99", "p99.9", "max"]
    assert rows[1][:2] == ["6379", "10"]
    assert rows[1][-2:] == ["11.2", "ms"]
    assert ["<=", "100", "us", "9", "90.00", "%", "#" * 40] in rows
    assert any(row[:4] == ["<=", "20", "ms", "1"] for row in rows)
    assert any(row[:3] == ["capture", "packets", "29"] for row in rows)
    assert any(row[0:6] == ["pairs", "100.00", "%", "exact", "(10", "of"] for row in rows if row)


def test_damage_of_the_capture_is_in_the_summary(tmp_path: Path) -> None:
    packets = pings(3).packets
    path = saved(tmp_path / "lossy.pcap", [p for i, p in enumerate(packets) if i != 4])
    summary = tcpkit_run("-m", "redis", "-r", path).err
    assert "gaps 1" in summary


def test_ports_are_listed_in_the_order_given(tmp_path: Path) -> None:
    second = pings(2, server="192.168.1.2:6380", client="172.20.64.106:1")
    path = saved(tmp_path / "two.pcap", merge(one_set().packets, second.packets))
    outcome = tcpkit_run("-m", "redis", "-p", "6380,6379,6381", "-r", path)
    table = [line.split()[:2] for line in outcome.err.splitlines()[1:4]]
    assert table == [["6380", "2"], ["6379", "1"], ["6381", "0"]]
    assert outcome.out.count("\n") == 3


def test_server_address_leaves_out_the_others(tmp_path: Path) -> None:
    other = pings(2, server="192.168.1.3:6379", client="172.20.64.106:1")
    path = saved(tmp_path / "two.pcap", merge(one_set().packets, other.packets))
    assert tcpkit_run("-m", "redis", "-s", "192.168.1.2", "-q", "-r", path).out == SET_LINE
    both = tcpkit_run("-m", "redis", "-s", "192.168.1.2,192.168.1.3", "-q", "-r", path)
    assert both.out.count("\n") == 3


def test_output_file_is_appended_to(capture: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    for _ in range(2):
        outcome = tcpkit_run("-m", "redis", "-q", "-o", log, "-r", capture)
        assert (outcome.out, outcome.err, outcome.status) == ("", "", 0)
    assert log.read_text() == "before\n" + SET_LINE * 2


def test_written_file_has_the_packets_that_passed(capture: Path, tmp_path: Path) -> None:
    noise = pings(3, server="192.168.1.2:80", client="172.20.64.106:1").packets
    wanted = one_set().packets
    path = saved(tmp_path / "mix.pcap", merge(wanted, noise))
    copy = tmp_path / "copy.pcap"
    assert tcpkit_run("-m", "redis", "-q", "-w", copy, "-r", path).out == SET_LINE
    assert read_pcap(copy) == [(packet.ts_ns, packet.frame) for packet in wanted]
    assert tcpkit_run("-m", "redis", "-q", "-r", copy).out == SET_LINE


@pytest.mark.parametrize("option", ["-w", "-o"])
def test_file_being_read_is_not_written_over(capture: Path, option: str) -> None:
    before = capture.read_bytes()
    assert_refused(tcpkit_run("-m", "redis", option, capture, "-r", capture), 1, str(capture))
    assert capture.read_bytes() == before


def test_files_are_one_capture_in_the_order_given(tmp_path: Path) -> None:
    packets = one_set().packets
    first = saved(tmp_path / "b.pcap", packets[:4])
    second = saved(tmp_path / "a.pcap", packets[4:])
    forth = tcpkit_run("-m", "redis", "-q", "-j", "-r", first, "-r", second)
    assert json.loads(forth.out)["quality"] == "exact"
    back = tcpkit_run("-m", "redis", "-q", "-j", "-r", second, "-r", first)
    assert '"exact"' not in back.out


def test_standard_input_and_a_file_are_one_capture(tmp_path: Path) -> None:
    packets = one_set().packets
    first = saved(tmp_path / "1", packets[:4]).read_bytes()
    second = saved(tmp_path / "2", packets[4:])
    outcome = tcpkit_run("-m", "redis", "-q", "-r", "-", "-r", second, stdin=first)
    assert (outcome.out, outcome.status) == (SET_LINE, 0)


def test_standard_input_may_be_gzip(capture: Path) -> None:
    packed = gzip.compress(capture.read_bytes())
    assert tcpkit_run("-m", "redis", "-q", "-r", "-", stdin=packed).out == SET_LINE


def test_gzip_is_known_by_its_content(capture: Path, tmp_path: Path) -> None:
    packed = tmp_path / "set.txt"
    packed.write_bytes(gzip.compress(capture.read_bytes()))
    plain = tmp_path / "set.gz"
    plain.write_bytes(capture.read_bytes())
    for path in (packed, plain):
        assert tcpkit_run("-m", "redis", "-q", "-r", path).out == SET_LINE


@pytest.mark.parametrize("option", [["-q"], []])
def test_truncated_file_gives_what_came_before_and_the_offset(
    tmp_path: Path, option: Sequence[str]
) -> None:
    packets = [*one_set().packets, *pings(1, client="10.0.0.9:999").packets]
    path = saved(tmp_path / "cut.pcap", packets)
    last = RECORD_HEADER + len(packets[-1].frame)
    offset = path.stat().st_size - last
    os.truncate(path, offset + last - 1)
    outcome = tcpkit_run("-m", "redis", *option, "-r", path)
    assert outcome.out == SET_LINE
    *summary, error = outcome.err.splitlines()
    assert error.startswith("tcpkit: error: ")
    assert f"offset {offset}: {path}" in error
    assert bool(summary) == (not option)
    assert outcome.status == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"GIF89a" + bytes(64), "not a capture file"), (b"\x4d\x3c", "capture")],
)
def test_what_is_no_capture_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "what"
    path.write_bytes(content)
    assert_refused(tcpkit_run("-q", "-r", path), 1, words, str(path))


def test_missing_file_is_one_line(capture: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none.pcap"
    assert_refused(tcpkit_run("-q", "-r", missing), 1, "No such file", str(missing))


def test_missing_file_after_a_good_one_shows_before_anything_is_read(
    capture: Path, tmp_path: Path
) -> None:
    outcome = tcpkit_run("-m", "redis", "-q", "-r", capture, "-r", tmp_path / "none.pcap")
    assert_refused(outcome, 1, "No such file", "none.pcap")


def test_folder_is_one_line(tmp_path: Path) -> None:
    assert_refused(tcpkit_run("-q", "-r", tmp_path), 1, "directory", str(tmp_path))


def test_standard_input_that_is_closed_is_one_line() -> None:
    assert_refused(shell_run('"$@" <&-', "-q", "-r", "-"), 1, "standard input")


@pytest.fixture(scope="module")
def long_capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More lines than a pipe and a buffer hold."""
    return saved(tmp_path_factory.mktemp("long") / "long.pcap", pings(5_000).packets)


@pytest.mark.parametrize("option", [["-q"], []])
def test_reader_that_has_enough_ends_the_run_quietly(
    long_capture: Path, option: Sequence[str]
) -> None:
    arguments = ["-m", "redis", *option, "-r", str(long_capture)]
    outcome = shell_run('{ "$@"; echo "status $?" >&2; } | head -n 1', *arguments)
    assert outcome.out.count("\n") == 1
    assert outcome.err == "status 0\n"


@pytest.mark.parametrize("size", ["one line", "many lines"])
def test_full_disk_is_one_line(capture: Path, long_capture: Path, size: str) -> None:
    path = capture if size == "one line" else long_capture
    outcome = tcpkit_run("-m", "redis", "-q", "-o", "/dev/full", "-r", path)
    assert_refused(outcome, 1, "/dev/full", "No space left")
    to_stdout = shell_run('"$@" >/dev/full', "-m", "redis", "-q", "-r", path)
    assert_refused(to_stdout, 1, "standard output", "No space left")


def test_full_disk_under_the_written_file_is_one_line(capture: Path) -> None:
    outcome = tcpkit_run("-m", "redis", "-q", "-w", "/dev/full", "-o", "/dev/null", "-r", capture)
    assert_refused(outcome, 1, "/dev/full", "No space left")


def test_closed_stdout_is_one_line(capture: Path, tmp_path: Path) -> None:
    written = tmp_path / "copy.pcap"
    outcome = shell_run('"$@" >&-', "-m", "redis", "-q", "-w", written, "-r", capture)
    assert_refused(outcome, 1, "standard output")


def test_closed_stderr_harms_nothing(capture: Path) -> None:
    outcome = shell_run('"$@" 2>&-', "-m", "redis", "-r", capture)
    assert (outcome.out, outcome.err, outcome.status) == (SET_LINE, "", 0)


@pytest.mark.parametrize("option", ["-o", "-w"])
def test_file_that_cannot_be_made_is_one_line(capture: Path, tmp_path: Path, option: str) -> None:
    nowhere = tmp_path / "no" / "folder"
    outcome = tcpkit_run("-m", "redis", option, nowhere, "-r", capture)
    assert_refused(outcome, 1, str(nowhere), "No such file")


def feed(pipe: IO[bytes], data: bytes) -> None:
    """Write to a pipe and wait until its reader has taken everything."""
    pipe.write(data)
    pipe.flush()
    wait_until(lambda: unread(pipe) == 0, "the input is read")


def unread(pipe: IO[bytes]) -> int:
    """Bytes that lie in a pipe."""
    answer: tuple[int] = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
    return answer[0]


def reading_stdin(*arguments: str | Path, stderr: int = subprocess.PIPE) -> "Popen[bytes]":
    """A run that goes on for as long as its standard input is open."""
    return Popen(
        command("-m", "redis", *arguments, "-r", "-"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=environment(),
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_in_a_long_read_reports_what_was_read(
    capture: Path, tmp_path: Path, number: signal.Signals
) -> None:
    log, copy = tmp_path / "log", tmp_path / "copy.pcap"
    more = saved(tmp_path / "more", pings(1).packets).read_bytes()[FILE_HEADER:]
    with reading_stdin("-o", log, "-w", copy) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        feed(process.stdin, capture.read_bytes())
        # That it reads on tells that it is done with what came before.
        feed(process.stdin, more[:RECORD_HEADER])
        process.send_signal(number)
        assert process.wait(DEADLINE_S) == 0
        summary = process.stderr.read().decode()
    assert [line.split()[:2] for line in summary.splitlines()[1:2]] == [["6379", "1"]]
    assert "error" not in summary
    assert log.read_text() == SET_LINE
    assert len(read_pcap(copy)) == len(one_set().packets)


def test_signal_in_a_long_read_hands_the_script_what_was_read(tmp_path: Path) -> None:
    packets = one_set().packets[: BATCH - 2]  # all of them wait
    script = tmp_path / "script.lua"
    script.write_text("function process(p) print(p.size) end function finish() print('end') end")
    more = saved(tmp_path / "more", pings(1).packets).read_bytes()[FILE_HEADER:]
    with reading_stdin("-m", "raw", "-S", script) as process:
        assert process.stdin is not None
        feed(process.stdin, saved(tmp_path / "some.pcap", packets).read_bytes())
        feed(process.stdin, more[:RECORD_HEADER])
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    *lines, last = out.decode().split()
    assert len(lines) == len(packets)
    assert last == "end"
    assert f"script    processed {len(lines)}\n" in errors.decode()


def test_progress_of_a_long_read_shows_on_a_terminal_only(capture: Path) -> None:
    terminal, end = pty.openpty()
    with open(terminal, "rb", buffering=0) as screen:
        # The first one runs longer than the other, and so long enough to show progress.
        with reading_stdin() as without, reading_stdin(stderr=end) as process:
            os.close(end)
            for each in (without, process):
                assert each.stdin is not None
                feed(each.stdin, capture.read_bytes())
            shown = b""
            while b" MB read " not in shown:
                assert select.select([screen], [], [], DEADLINE_S)[0], shown
                shown += screen.read(4096)
            out, err = without.communicate(timeout=DEADLINE_S)
            process.communicate(timeout=DEADLINE_S)
            shown += rest_of(screen)
        assert (process.returncode, without.returncode) == (0, 0)
    assert out.decode() == SET_LINE
    assert b"\r" not in err
    assert shown.startswith(b"\rtcpkit: 0 MB read ")
    assert b"MB read" not in shown.rpartition(b"\r\x1b[K")[2]
    assert b"requests" in shown.rpartition(b"\r\x1b[K")[2]


def rest_of(screen: IO[bytes]) -> bytes:
    """What is written to a terminal until nobody has it open."""
    found = b""
    try:
        while data := screen.read(4096):
            found += data
    except OSError as error:
        # So does the terminal of Linux end.
        assert error.errno == errno.EIO
    return found


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            [],
            [
                f"{CLIENT} => {SERVER} | [S] seq 1000 ack 0 len 0",
                f"{SERVER} => {CLIENT} | [S.] seq 500000 ack 1001 len 0",
                f"{CLIENT} => {SERVER} | [.] seq 1001 ack 500001 len 0",
                f"{CLIENT} => {SERVER} | [P.] seq 1001 ack 500001 len 4 | a\\x00b\\x0a",
                "10.0.0.1:5000 => 10.0.0.2:9000 | [S] seq 1000 ack 0 len 0",
            ],
        ),
        (["-p", "9000"], ["10.0.0.1:5000 => 10.0.0.2:9000 | [S] seq 1000 ack 0 len 0"]),
        (["-s", "10.0.0.2"], ["10.0.0.1:5000 => 10.0.0.2:9000 | [S] seq 1000 ack 0 len 0"]),
        (["-p", "9000", "-s", "192.168.1.2"], []),
        (["-u"], ["10.0.0.1:5000 => 10.0.0.2:53 | udp len 3 | abc"]),
    ],
)
def test_raw_mode_has_a_line_for_each_packet(
    tmp_path: Path, options: Sequence[str], expected: Sequence[str]
) -> None:
    conversation = Conversation(CLIENT, SERVER, REPLY_NS).handshake().client(b"a\0b\n")
    other = Conversation("10.0.0.1:5000", "10.0.0.2:9000", REPLY_NS + 10_000).handshake()
    query = datagram("10.0.0.1:5000", "10.0.0.2:53", b"abc", REPLY_NS + 20_000)
    path = saved(tmp_path / "raw", [*conversation.packets, other.packets[0], query])
    outcome = tcpkit_run("-q", *options, "-r", path)
    assert (outcome.err, outcome.status) == ("", 0)
    lines = outcome.out.splitlines()
    assert [line[27:] for line in lines] == list(expected)
    assert [line[:20] for line in lines] == ["2018-11-16 18:38:36."] * len(lines)


def test_raw_mode_speaks_json_too(capture: Path) -> None:
    rows = [json.loads(line) for line in tcpkit_run("-q", "-j", "-r", capture).out.splitlines()]
    assert [(row["src"], row["dst"], row["flags"], row["len"]) for row in rows[2:5]] == [
        (CLIENT, SERVER, ".", 0),
        (CLIENT, SERVER, "P.", len(SET)),
        (SERVER, CLIENT, "P.", 5),
    ]
    assert rows[4]["time_ns"] == REPLY_NS


def test_reading_a_file_serves_no_stats(tmp_path: Path, capture: Path) -> None:
    """The port is not even looked at: it may be in use."""
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        outcome = tcpkit_run(
            *("-m", "redis", "-q", "-P", port, "--bind", "127.0.0.1", "-r", capture)
        )
    assert (outcome.out, outcome.err, outcome.status) == (SET_LINE, "", 0)


def test_empty_capture_is_no_error(tmp_path: Path) -> None:
    path = saved(tmp_path / "empty.pcap", [])
    outcome = tcpkit_run("-m", "redis", "-r", path)
    assert (outcome.out, outcome.status) == ("", 0)
    assert "packets 0" in outcome.err


def test_truncated_gzip_gives_what_came_before(tmp_path: Path) -> None:
    capture = saved(tmp_path / "set.pcap", [*one_set().packets, *pings(500).packets])
    packed = tmp_path / "set.pcap.gz"
    whole = gzip.compress(capture.read_bytes())
    packed.write_bytes(whole[: len(whole) - 400])
    outcome = tcpkit_run("-m", "redis", "-q", "-r", packed)
    assert outcome.out.startswith(SET_LINE)
    assert outcome.err.startswith("tcpkit: error: ")
    assert outcome.err.count("\n") == 1
    assert outcome.status == 1
