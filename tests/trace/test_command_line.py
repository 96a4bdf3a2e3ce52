"""What `tcpkit trace` takes and refuses, and how it ends."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tcpkit.config import Config, TraceOptions
from tcpkit.options import parse
from tests.program import (
    DEADLINE_S,
    assert_refused,
    command,
    environment,
    shell_run,
    tcpkit_run,
)
from tests.trace.traced import PCAPS, trace_lines

SLOW = PCAPS / "redis/slow.pcap"


def given(*options: str) -> TraceOptions:
    config = parse(["trace", "-r", "x.pcap", "-m", "redis", *options])
    assert config.trace is not None
    return config.trace


def test_options_of_a_trace_go_with_those_of_every_run() -> None:
    config = parse(["trace", "-i", "lo", "-m", "redis", "-p", "7000", "-t", "1.5", "-j", "--tcp"])

    assert config == Config(
        mode="redis",
        interface="lo",
        ports=(7000,),
        threshold_ns=1_500_000,
        json=True,
        stats_port=0,
        trace=TraceOptions(tcp=True),
    )


@pytest.mark.parametrize(
    ("text", "clients"),
    [
        ("10.0.0.1", (("10.0.0.1", 0),)),
        ("10.0.0.1:53499", (("10.0.0.1", 53499),)),
        ("10.0.0.1, ::1", (("10.0.0.1", 0), ("::1", 0))),
        ("[fd00:0::1]:80,::1", (("fd00::1", 80), ("::1", 0))),
        ("[::1]", (("::1", 0),)),
    ],
)
def test_clients_are_addresses_with_or_without_a_port(
    text: str, clients: tuple[tuple[str, int], ...]
) -> None:
    assert given("--client", text).clients == clients


def test_names_of_commands_are_taken_in_any_case() -> None:
    assert given("--command", "get, config  get ,Config").commands == (
        "GET", "CONFIG GET", "CONFIG",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], ["trace needs a protocol", "-m"]),
        (["-m", "raw"], ["trace needs a protocol", "-m"]),
        (["-m", "redis", "-P", "33333"], ["trace", "-P"]),
        (["-m", "redis", "--bind", "::1"], ["trace", "--bind"]),
        (["-m", "redis", "--pidfile", "x"], ["--pidfile"]),
        (["-m", "redis", "-d"], ["-d"]),
        (["-m", "redis", "--client", "host"], ["--client", "'host'"]),
        (["-m", "redis", "--client", "10.0.0.1:"], ["--client", "''"]),
        (["-m", "redis", "--client", "10.0.0.1:99999"], ["--client", "99999"]),
        (["-m", "redis", "--client", "[::1"], ["--client", "[::1"]),
        (["-m", "redis", "--client", "[::1]:"], ["--client", "[::1]:"]),
        (["-m", "redis", "--command", "get,"], ["--command"]),
        (["-m", "nonsense"], ["nonsense"]),
    ],
)
def test_what_a_trace_does_not_take_is_refused(options: list[str], words: list[str]) -> None:
    assert_refused(tcpkit_run("trace", "-r", SLOW, *options), 2, *words)


def test_a_live_trace_is_no_daemon() -> None:
    assert_refused(tcpkit_run("trace", "-i", "lo", "-m", "redis", "-d"), 2, "trace", "-d")


def test_options_of_a_trace_are_no_options_of_the_log() -> None:
    assert_refused(tcpkit_run("-r", SLOW, "-m", "redis", "--tcp"), 2, "--tcp")


def test_a_trace_has_a_manual_of_its_own_that_names_all_it_takes() -> None:
    outcome = tcpkit_run("trace", "-h")

    assert outcome.status == 0
    for word in ("tcpkit trace", "--client", "--key", "--command", "--tcp", "-t", "-j"):
        assert word in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert "tcpkit trace -h" in tcpkit_run("-h").out


def test_the_summary_comes_after_it_unless_it_is_quiet() -> None:
    assert " port    requests" in tcpkit_run("trace", "-r", SLOW, "-m", "redis").err
    assert tcpkit_run("trace", "-r", SLOW, "-m", "redis", "-q").err == ""


def test_a_trace_goes_to_the_file_of_o_and_the_packets_to_that_of_w(tmp_path: Path) -> None:
    outcome = tcpkit_run(
        "trace", "-r", SLOW, "-m", "redis", "-q", "-o", "log", "-w", "copy.pcap", cwd=tmp_path
    )

    assert outcome.out == ""
    assert (tmp_path / "log").read_text().splitlines() == trace_lines("redis/slow.pcap", "redis")
    assert (tmp_path / "copy.pcap").stat().st_size > 24


def test_a_script_hears_of_every_exchange_of_a_trace(tmp_path: Path) -> None:
    (tmp_path / "all.lua").write_text("function exchange(e) print(e.command) end")
    outcome = tcpkit_run(
        "trace", "-r", SLOW, "-m", "redis", "-q", "-t", "1000", "-S", "all.lua", cwd=tmp_path
    )

    assert len(outcome.out.splitlines()) == 225


def test_a_reader_that_goes_away_ends_a_trace_quietly() -> None:
    capture = PCAPS / "redis/deep-pipeline.pcap"
    outcome = shell_run('"$@" | head -1', "trace", "-r", capture, "-m", "redis", "-q")

    assert outcome.err == ""
    assert len(outcome.out.splitlines()) == 1


def on_terminal(env: dict[str, str], *options: str) -> str:
    """What a trace prints where its standard output is a terminal."""
    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        command("trace", "-r", SLOW, "-m", "redis", "-q", *options),
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        env=environment({"TERM": "xterm-256color", "NO_COLOR": "", **env}),
    )
    os.close(terminal)
    shown = b""
    with open(screen, "rb", buffering=0) as file:
        while True:
            try:
                data = file.read(65536)
            except OSError:  # nobody has the terminal any more
                break
            if not data:
                break
            shown += data
    assert process.wait(DEADLINE_S) == 0
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colours_and_the_same_words() -> None:
    shown = on_terminal({})

    assert "\x1b[" in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert plain.splitlines() == trace_lines("redis/slow.pcap", "redis")


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}])
def test_colours_can_be_turned_off(env: dict[str, str]) -> None:
    assert "\x1b" not in on_terminal(env)


def test_json_has_no_colours_on_a_terminal() -> None:
    assert "\x1b" not in on_terminal({}, "-j")


def test_slow_and_failed_requests_stand_out_on_a_terminal() -> None:
    red = [line for line in on_terminal({}).splitlines() if "\x1b[1;31m" in line]
    slow = trace_lines("redis/slow.pcap", "redis", "-t", "100")

    assert len(red) == len([line for line in slow if " ms  " in line and "#" in line])
