"""A mode that a script brings, as a user runs it: docs/protocols.md's example first of all."""

import json
import re
from pathlib import Path

import pytest

from tests.build import Conversation, write_pcap
from tests.program import tcpkit_run

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "protocols.md"
LINES = 20


def example() -> str:
    [script] = re.findall(
        r"^```lua\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert isinstance(script, str)
    return script


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With echo.lua, and a capture in which every second line is slow, on port 7 and on 77."""
    (tmp_path / "echo.lua").write_text(example())
    for port in (7, 77):
        made = Conversation(server=f"10.0.0.2:{port}").handshake()
        for at in range(LINES):
            made.client(b"line %d\r\n" % at, at_us=100_000 * at)
            took_us = 20_000 if at % 2 else 300
            made.server(b"line %d\r\n" % at, at_us=100_000 * at + took_us)
        write_pcap(tmp_path / f"{port}.pcap", made.close().packets)
    return tmp_path


def test_the_log_has_what_is_slow(folder: Path) -> None:
    done = tcpkit_run("-m", "echo", "-S", "echo.lua", "-r", "7.pcap", "-t", "10", "-q", cwd=folder)
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert len(lines) == LINES // 2
    assert lines[0].endswith(" 10.0.0.1:40000 => 10.0.0.2:7 | 20.000 ms | line 1")


def test_json_lines_and_the_summary(folder: Path) -> None:
    done = tcpkit_run("-m", "echo", "-S", "echo.lua", "-r", "7.pcap", "-j", cwd=folder)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["key"] for row in rows] == [f"line {at}" for at in range(LINES)]
    assert {row["quality"] for row in rows} == {"exact"}
    assert {(row["protocol"], row["command"], row["status"]) for row in rows} == {
        ("echo", "ECHO", "ok")
    }
    assert "100.00 % exact (20 of 20)" in done.err


def test_other_ports_and_servers(folder: Path) -> None:
    call = ("-m", "echo", "-S", "echo.lua", "-r", "77.pcap", "-q")
    assert tcpkit_run(*call, cwd=folder).out == ""
    assert tcpkit_run(*call, "-p", "77", cwd=folder).out.count("\n") == LINES
    assert tcpkit_run(*call, "-p", "7,77", "-s", "10.0.0.2", cwd=folder).out.count("\n") == LINES
    assert tcpkit_run(*call, "-p", "77", "-s", "10.0.0.9", cwd=folder).out == ""


def test_the_packets_are_saved_and_read_again(folder: Path) -> None:
    call = ("-m", "echo", "-S", "echo.lua", "-q")
    first = tcpkit_run(*call, "-r", "7.pcap", "-w", "saved.pcap", cwd=folder)
    again = tcpkit_run(*call, "-r", "saved.pcap", cwd=folder)
    assert first.out == again.out
    assert first.out.count("\n") == LINES


def test_a_closed_output_ends_the_run_quietly(folder: Path) -> None:
    from tests.program import shell_run

    text = example().replace("local line", 'print(("x"):rep(10000)) local line')
    (folder / "loud.lua").write_text(text)
    done = shell_run(
        '"$@" | head -c 10', "-m", "echo", "-S", "loud.lua", "-r", "7.pcap", "-q", cwd=folder
    )
    assert (done.out, done.err) == ("x" * 10, "")
