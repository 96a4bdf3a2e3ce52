"""`tcpkit top -r` on a real terminal: tmux draws it, keys come from it."""

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from tests.build import Conversation
from tests.program import DEADLINE_S, command, environment, wait_until
from tests.tmux import Terminal, terminal
from tests.top.looking import PCAPS

SLOW = PCAPS / "redis" / "slow.pcap"
TOP = command("top", "-r", SLOW, "-m", "redis")
COLOUR = re.compile(r"\x1b\[[\d;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])[\d;]*m")


def drawn(window: Terminal) -> str:
    """What is on the screen, with its colours."""
    return window.tmux("capture-pane", "-p", "-e")


def test_person_looks_sorts_filters_and_quits() -> None:
    with terminal(TOP) as window:
        text = window.wait_for("req/s", "user:0 ", "quit")
        assert "requests 225" in text
        assert len(window.lines()) == 30
        window.press("t")
        window.wait_for("user:8:stats", "849ms")
        window.press("3")
        window.wait_for("HINCRBY")
        window.press("/")
        window.wait_for("regular expression")
        window.type("(")
        window.press("Enter")
        window.wait_for("wrong: missing ), unterminated subpattern")
        window.press("BSpace")
        window.type("^H")
        window.press("Enter")
        window.wait_for("filter /^H/")
        window.wait_without("GET ", "SET ")
        window.press("Escape")
        window.wait_for("GET ")
        window.press("?")
        window.wait_for("leave the help")
        window.press("q")
        assert window.status() == 0
        assert window.is_as_before()
        assert " 6379         225" in window.errors()


def test_picture_in_the_readme_is_what_a_person_sees() -> None:
    readme = (PCAPS.parent / "README.md").read_text()
    shown = re.search(r"^```sh\ntcpkit (top .*)\n```\n\n```text\n(.*?)^```$", readme, re.M | re.S)
    assert shown is not None
    picture = shown[2].splitlines()
    there = ["sh", "-c", f'cd {shlex.quote(str(PCAPS.parent))} && exec "$@"', "sh"]
    with terminal([*there, *command(*shown[1].split())], 80, len(picture)) as window:
        wait_until(lambda: window.lines() == picture, "the picture on the screen")


@pytest.mark.parametrize("key", ["q", "C-c"])
def test_quiet_run_leaves_nothing_behind(key: str) -> None:
    with terminal([*TOP, "-q"]) as window:
        window.wait_for("user:0 ")
        assert window.is_full_screen()
        window.press(key)
        assert window.status() == 0
        assert window.is_as_before()
        assert window.errors().replace("\r\x1b[K", "") == ""
        assert window.text().strip() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_ends_the_screen_in_good_order(number: signal.Signals) -> None:
    with terminal(TOP) as window:
        window.wait_for("user:0 ")
        os.kill(window.process(), number)
        assert window.status() == 0
        assert window.is_as_before()
        assert "100.00 % exact" in window.errors()


def test_window_that_changes_its_size_is_drawn_anew() -> None:
    with terminal(TOP, 80, 24, env={"COLUMNS": "80", "LINES": "24"}) as window:
        window.wait_for("user:0 ")
        assert "bytes requests" not in window.text()
        window.resize(140, 60)
        window.wait_for("bytes requests", "queue")
        window.resize(80, 24)
        window.wait_without("bytes requests")
        wait_until(lambda: window.lines()[-1].endswith("help"), "the keys in the last line")


def test_terminal_gets_its_colours_and_those_who_want_none_get_none(tmp_path: Path) -> None:
    path = tmp_path / "errors.pcap"
    talk = Conversation(client="10.0.0.1:40000", server="10.0.0.2:6379").handshake()
    talk.client(b"FOO\r\n").server(b"-ERR unknown\r\n").close().write_pcap(path)
    top = command("top", "-r", path, "-m", "redis")
    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        with terminal(top, env=env) as window:
            window.wait_for("errors 1")
            assert (COLOUR.search(drawn(window)) is not None) == coloured


def test_names_never_reach_the_terminal_as_commands(tmp_path: Path) -> None:
    path = tmp_path / "names.pcap"
    names = [b"\x1b]0;owned\x07", b"\x1b[2J\x1b[31mred", b"[bold red]loud[/]"]
    talk = Conversation(client="10.0.0.1:40000", server="10.0.0.2:6379").handshake()
    for name in names:
        talk.client(b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(name), name)).server(b"$-1\r\n")
    talk.close().write_pcap(path)
    with terminal(command("top", "-r", path, "-m", "redis"), 120, 24) as window:
        window.wait_for(r"\x1b]0;owned\x07", r"\x1b[2J\x1b[31mred", "[bold red]loud[/]")
        assert "owned" not in window.tmux("display", "-p", "#{pane_title}")
        assert COLOUR.search(drawn(window)) is None


def test_file_that_ends_too_early_is_shown_and_then_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(SLOW.read_bytes()[:-10])
    with terminal(command("top", "-r", path, "-m", "redis", "-q"), 200, 24) as window:
        window.wait_for("user:0 ", "truncated in the middle of a packet")
        window.press("q")
        assert window.status() == 1
        assert window.is_as_before()
        said = window.errors().replace("\r\x1b[K", "")
        assert said.startswith("tcpkit: error: truncated in the middle of a packet at offset ")
        assert said.endswith(f": {path}\n")
        assert said.count("\n") == 1


def test_file_that_is_none_never_opens_the_screen() -> None:
    with terminal(command("top", "-r", "/nowhere.pcap", "-m", "redis")) as window:
        assert window.status() == 1
        assert window.errors().count("\n") == 1
        assert window.text().strip() == ""


def test_standard_input_is_the_keyboard() -> None:
    with terminal(command("top", "-r", "-", "-m", "redis")) as window:
        assert window.status() == 2
        assert "tcpkit: error: -r - takes the standard input" in window.errors()


def test_screen_without_a_keyboard_is_refused() -> None:
    with terminal(["sh", "-c", '"$@" < /dev/null', "sh", *TOP]) as window:
        assert window.status() == 2
        assert "needs a terminal as standard input" in window.errors()


def test_textual_is_not_loaded_without_the_screen() -> None:
    script = (
        "import sys; from tcpkit.cli import main; "
        f"main(['top', '--once', '-r', {str(SLOW)!r}, '-m', 'redis', '-q']); "
        "sys.exit('textual' in sys.modules or 'rich' in sys.modules)"
    )
    call = [*command()[:1], "-c", script]
    done = subprocess.run(
        call, env=environment(), capture_output=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 0
