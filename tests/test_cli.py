"""What a user types: taken as it is documented, or refused in one line."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

import tcpkit
from tcpkit.config import Config
from tcpkit.errors import ConfigError
from tcpkit.installation import build_kind
from tcpkit.options import parse
from tests.build import write_pcap
from tests.program import assert_refused, shell_run, tcpkit_run

OPTIONS = (
    "-i, --interface", "-r, --read", "-m, --mode", "-p, --port", "-s, --server",
    "-t, --threshold", "--by", "-P, --stats-port", "--bind", "-w, --write", "-B, --buffer-size",
    "--snaplen", "-o, --output", "-u, --udp", "-d, --daemon", "--pidfile", "-j, --json",
    "--explain", "--timeout", "-q, --quiet", "-v, --version", "-h, --help",
)  # fmt: skip


def given(*arguments: str) -> Config:
    """What is asked for beside a file to read."""
    return parse(["-r", "x.pcap", *arguments])


def divided(*by: str) -> Config:
    return Config(files=("a",), mode="dns", ports=(53,), by=by)


def test_defaults_are_those_of_the_manual() -> None:
    assert parse(["-i", "lo"]) == Config(
        mode="raw",
        interface="lo",
        stats_port=33333,
        bind="0.0.0.0",
        buffer_kib=16384,
        snaplen=262144,
        timeout_ns=10_000_000_000,
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-i", "lo", "-m", "redis"], Config(interface="lo", mode="redis", ports=(6379,))),
        (["--interface", "any"], Config(interface="any")),
        (["--read", "a", "-r", "-"], Config(files=("a", "-"))),
        (["-r", "a", "--mode=raw"], Config(files=("a",))),
        (["-r", "a", "-w", "b", "-o", "c"], Config(files=("a",), write="b", output="c")),
        (["-r", "a", "--write", "b"], Config(files=("a",), write="b")),
        (["-r", "a", "--output", "c"], Config(files=("a",), output="c")),
        (["-r", "a", "-u", "-j", "-q"], Config(files=("a",), udp=True, json=True, quiet=True)),
        (["-r", "a", "--udp", "--json"], Config(files=("a",), udp=True, json=True)),
        (["-r", "a", "--quiet"], Config(files=("a",), quiet=True)),
        (["-r", "a", "-m", "dns", "--by", "server"], divided("server")),
        (["-r", "a", "-m", "dns", "--by", "command"], divided("command")),
        (["-r", "a", "-m", "dns", "--by=server, command,server"], divided("command", "server")),
        (
            ["-r", "a", "-m", "dns", "--explain"],
            Config(mode="dns", files=("a",), ports=(53,), explain=True),
        ),
        (["-i", "lo", "-P", "0"], Config(interface="lo", stats_port=0)),
        (["-i", "lo", "--stats-port", "65535"], Config(interface="lo", stats_port=65535)),
        (["-i", "lo", "--bind", "::1"], Config(interface="lo", bind="::1")),
        (["-i", "lo", "-B", "64"], Config(interface="lo", buffer_kib=64)),
        (["-i", "lo", "--buffer-size", "1"], Config(interface="lo", buffer_kib=1)),
        (["-i", "lo", "--snaplen", "96"], Config(interface="lo", snaplen=96)),
        (
            ["-i", "lo", "-d", "--pidfile", "p"],
            Config(interface="lo", daemon=True, pidfile="p"),
        ),
        (["-i", "lo", "--daemon"], Config(interface="lo", daemon=True)),
        (["-r", "a", "--lua", "lua54"], Config(files=("a",), lua="lua54")),
        (["-r", "a", "--lua-jit"], Config(files=("a",), lua_jit=True)),
        (["-r", "a", "--lua-budget", "100000"], Config(files=("a",), lua_budget=100_000)),
        (["-r", "a", "--lua-memory", "8"], Config(files=("a",), lua_memory_mib=8)),
    ],
)
def test_option_is_taken(arguments: Sequence[str], expected: Config) -> None:
    assert parse(arguments) == expected


@pytest.mark.parametrize("option", ["-p", "--port"])
def test_ports_keep_their_order_and_are_taken_once(option: str) -> None:
    assert given(option, "6380, 6379,6380").ports == (6380, 6379)


@pytest.mark.parametrize("option", ["-s", "--server"])
def test_servers_are_in_the_form_of_the_log(option: str) -> None:
    servers = given(option, "10.0.0.1,2001:DB8:0:0::1").servers
    assert servers == ("10.0.0.1", "2001:db8::1")


@pytest.mark.parametrize(
    ("text", "threshold_ns"),
    [("10", 10_000_000), ("0", 0), ("0.5", 500_000), ("1.001", 1_001_000), ("1e3", 10**9)],
)
def test_threshold_is_milliseconds_and_may_be_a_decimal(text: str, threshold_ns: int) -> None:
    assert given("-m", "redis", "-t", text).threshold_ns == threshold_ns
    assert given("-m", "redis", f"--threshold={text}").threshold_ns == threshold_ns


@pytest.mark.parametrize(("text", "timeout_s"), [("1", "1"), ("0.25", "0.25"), ("86400", "86400")])
def test_timeout_is_seconds_and_may_be_a_decimal(text: str, timeout_s: str) -> None:
    assert given("--timeout", text).timeout_ns == Decimal(timeout_s) * 10**9


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["-i", "-r"]),
        (["-i", "lo", "-r", "x.pcap"], ["-i", "-r"]),
        (["-r", "x.pcap", "-m", "ftp"], ["ftp", "raw", "redis", "dns"]),
        (["-r", "x.pcap", "-m", "http"], ["http", "-S protocols/http.lua", "raw", "redis", "dns"]),
        (["-r", "x.pcap", "-m", "Redis"], ["Redis"]),
        (["-r", "x.pcap", "--lua", "lua56"], ["--lua", "luajit", "lua55", "'lua56'"]),
        (["-r", "x.pcap", "-m", "redis", "--lua", "lua54"], ["--lua", "-S"]),
        (["-r", "x.pcap", "-j", "--lua-jit"], ["--lua-jit", "-S"]),
        (["-r", "x.pcap", "--lua-budget", "9999"], ["--lua-budget", "'9999'"]),
        (["-r", "x.pcap", "--lua-budget", "1e9"], ["--lua-budget", "'1e9'"]),
        (["-r", "x.pcap", "--lua-budget", "1" * 13], ["--lua-budget"]),
        (["-r", "x.pcap", "--lua-memory", "7"], ["--lua-memory", "'7'"]),
        (["-r", "x.pcap", "--lua-memory", "1048577"], ["--lua-memory", "'1048577'"]),
        (["-r", "x.pcap", "-m", "redis", "-u"], ["-u", "redis"]),
        (["-r", "x.pcap", "-d"], ["-d", "-i"]),
        (["-r", "x.pcap", "--pidfile", "p"], ["--pidfile", "-d"]),
        (["-r", "x.pcap", "-t", "10"], ["-t", "-m"]),
        (["-r", "x.pcap", "--by", "command"], ["--by", "-m"]),
        (["-r", "x.pcap", "-m", "redis", "--by", "client"], ["--by", "command", "'client'"]),
        (["-r", "x.pcap", "-m", "redis", "--by", ""], ["--by", "''"]),
        (["-r", "x.pcap", "--explain"], ["--explain", "-m"]),
        (["-i", "lo", "-m", "redis", "-d", "--explain"], ["--explain", "-o", "-d"]),
        (["-r", "x.pcap", "-p", "0"], ["-p", "'0'"]),
        (["-r", "x.pcap", "-p", "65536"], ["-p", "'65536'"]),
        (["-r", "x.pcap", "-p", "6379,"], ["-p", "''"]),
        (["-r", "x.pcap", "-p", "redis"], ["-p", "'redis'"]),
        (["-r", "x.pcap", "-p", "-1"], ["-p"]),
        (["-r", "x.pcap", "-p", "²"], ["-p"]),
        (["-r", "x.pcap", "-p", "9" * 5000], ["-p"]),
        (["-r", "x.pcap", "-s", "localhost"], ["-s", "'localhost'"]),
        (["-r", "x.pcap", "-s", "10.0.0.1,"], ["-s", "''"]),
        (["-r", "x.pcap", "-s", "10.0.0.256"], ["-s", "'10.0.0.256'"]),
        (["-r", "x.pcap", "-m", "redis", "-s", "fe80::1%lo"], ["-s", "'fe80::1%lo'"]),
        (["-r", "x.pcap", "-m", "redis", "-t", "soon"], ["-t", "'soon'"]),
        (["-r", "x.pcap", "-m", "redis", "-t", "-1"], ["-t"]),
        (["-r", "x.pcap", "-m", "redis", "-t", "nan"], ["-t", "'nan'"]),
        (["-r", "x.pcap", "-m", "redis", "-t", "inf"], ["-t", "'inf'"]),
        (["-r", "x.pcap", "-m", "redis", "-t", "1e999999"], ["-t"]),
        (["-r", "x.pcap", "-m", "redis", "-t", ""], ["-t", "''"]),
        (["-r", "x.pcap", "--timeout", "0"], ["--timeout", "'0'"]),
        (["-r", "x.pcap", "--timeout", "1e-9"], ["--timeout"]),
        (["-r", "x.pcap", "--timeout", "long"], ["--timeout", "'long'"]),
        (["-i", "lo", "-P", "65536"], ["-P", "'65536'"]),
        (["-i", "lo", "-P", "http"], ["-P", "'http'"]),
        (["-i", "lo", "--bind", "everywhere"], ["--bind", "'everywhere'"]),
        (["-i", "lo", "--bind", ""], ["--bind", "''"]),
        (["-i", "lo", "-B", "0"], ["-B", "'0'"]),
        (["-i", "lo", "-B", "2097152"], ["-B", "'2097152'"]),
        (["-i", "lo", "--snaplen", "95"], ["--snaplen", "'95'"]),
        (["-i", "lo", "--snaplen", "262145"], ["--snaplen", "'262145'"]),
        (["-r"], ["-r"]),
        (["-r", "x.pcap", "--jsn"], ["--jsn"]),
        (["-r", "x.pcap", "--js"], ["--js"]),
        (["-r", "x.pcap", "more"], ["more"]),
        (["-r", "x.pcap", "-m", "raw\nor not"], ["or not"]),
    ],
)
def test_wrong_command_line_is_one_line_and_status_2(
    arguments: Sequence[str], words: Sequence[str]
) -> None:
    with pytest.raises(ConfigError):
        parse(arguments)
    assert_refused(tcpkit_run(*arguments), 2, *words)


@pytest.mark.parametrize("mode", ["raw", "redis", "memcached", "dns"])
def test_every_mode_is_offered(mode: str) -> None:
    outcome = tcpkit_run("-r", "x.pcap", "-m", "http")
    assert mode in outcome.err.partition("choose from")[2]
    assert mode in tcpkit_run("-h").out


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_a_manual_of_every_option(option: str) -> None:
    outcome = tcpkit_run(option)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("NAME\n")
    assert [name for name in OPTIONS if f" {name} " not in outcome.out] == []
    assert max(map(len, outcome.out.splitlines())) <= 96


@pytest.mark.parametrize("option", ["-v", "--version"])
def test_version_tells_the_build(option: str) -> None:
    outcome = tcpkit_run(option)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"tcpkit {tcpkit.__version__} ({build_kind()}, CPython 3.")
    assert outcome.out.count("\n") == 1


def test_help_and_version_ask_for_nothing_else() -> None:
    assert tcpkit_run("-h", "-i", "lo", "-r", "x.pcap").out.startswith("NAME\n")
    assert tcpkit_run("-v", "-m", "dns").out.startswith("tcpkit ")


def test_help_into_a_closed_pipe_ends_quietly() -> None:
    outcome = shell_run('{ "$@"; echo $? >&2; } | true', "-h")
    assert (outcome.out, outcome.err) == ("", "0\n")


def test_help_on_a_full_disk_is_one_line() -> None:
    assert_refused(shell_run('"$@" >/dev/full', "-h"), 1, "standard output", "No space left")


def test_interface_without_pypcap_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "pcap.py").write_text('raise ImportError("No module named pcap")\n')
    outcome = tcpkit_run("-i", "lo", cwd=tmp_path)
    assert_refused(outcome, 2, "-i", "pypcap", "pip install")


def test_file_is_read_without_pypcap(tmp_path: Path) -> None:
    (tmp_path / "pcap.py").write_text('raise ImportError("No module named pcap")\n')
    write_pcap(tmp_path / "empty.pcap", [])
    assert tcpkit_run("-q", "-r", "empty.pcap", cwd=tmp_path).status == 0
