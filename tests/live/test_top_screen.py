"""The screen of `top` in front of a live capture."""

import os
import pty
import re
import select
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.live.namespaces import ip
from tests.live.resp_server import Client, resp_server
from tests.live.tracer import counter, numbers_of, received
from tests.live.truth import TruthfulRedis
from tests.program import DEADLINE_S, command, environment, wait_until
from tests.servers import free_port
from tests.tmux import Terminal, terminal

COUNT = 50
ASKED = 3_000  # while the screen is drawn many more times than a terminal holds back


def top(port: int, *options: str, interface: str = "lo") -> list[str]:
    return command("top", "-i", interface, "-m", "redis", "-p", str(port), *options)


def row_of(window: Terminal, name: str) -> list[str]:
    """The row that begins with the name, in words; none is there yet: empty."""
    return next((line.split() for line in window.lines() if line.startswith(f"{name} ")), [])


def test_requests_show_while_they_come(redis_truth: TruthfulRedis) -> None:
    port = redis_truth.port
    with terminal(top(port), 120, 30) as window:
        window.wait_for("no requests seen yet")
        with Client("127.0.0.1", port) as client:
            for _ in range(COUNT):
                client.ask("SET", "busy:1", "value")
                client.ask("INCR", "busy:2")
            wait_until(lambda: row_of(window, "busy:1")[-1:] == [str(COUNT)], "the key's requests")
            wait_until(lambda: row_of(window, "busy:2")[-1:] == [str(COUNT)], "the other's")
            window.wait_for("exact 100%", "dropped: kernel 0", f"requests {2 * COUNT} ")
            window.press("2")
            wait_until(lambda: row_of(window, "busy:{n}")[-1:] == [str(2 * COUNT)], "the pattern")
            window.press("x")
            window.wait_for("no requests seen yet")
            window.press("p")
            window.wait_for("PAUSED")
            client.ask("SET", "late:1", "value")
            window.wait_for("requests 1 ")
            assert "late:{n}" not in window.text()
            window.press("p")
            window.wait_for("late:{n}")
        window.press("q")
        assert window.status() == 0
        assert window.is_as_before()
        assert counter(window.errors(), "tcp") >= 2 * COUNT
        assert f"exact ({2 * COUNT + 1} of {2 * COUNT + 1})" in window.errors()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_closes_the_screen(number: signal.Signals) -> None:
    with terminal(top(free_port())) as window:
        window.wait_for("no requests seen yet")
        os.kill(window.process(), number)
        assert window.status() == 0
        assert window.is_as_before()
        assert "dropped by the kernel 0" in window.errors()


def test_terminal_that_is_closed_ends_the_run() -> None:
    with terminal(top(free_port())) as window:
        window.wait_for("no requests seen yet")
        folder = Path("/proc") / str(window.process())
        window.tmux("kill-session")
        wait_until(lambda: not folder.exists(), "the process ends")
        window.tmux("new-session", "-d")  # which the end of the test kills


def test_script_neither_writes_on_the_screen_nor_is_silenced(tmp_path: Path) -> None:
    script = tmp_path / "loud.lua"
    script.write_text('function exchange(e) print("over the screen") error("broken") end\n')
    with resp_server() as server, terminal(top(server.port, "-S", str(script)), 120) as window:
        window.wait_for("no requests seen yet")
        with Client(server.address, server.port) as client:
            client.ask("GET", "key:1")
        text = window.wait_for("key:1 ")
        assert "over the screen" not in text
        assert "broken" not in text
        window.press("q")
        assert window.status() == 0
        assert "over the screen" not in window.text()
        assert window.errors().count("loud.lua:1: broken") >= 1


def test_interface_that_goes_away_closes_the_screen_with_one_line() -> None:
    name = f"tk{os.getpid()}"
    ip("link", "add", name, "type", "veth", "peer", "name", f"{name}p")
    try:
        ip("link", "set", name, "up")
        with terminal(top(free_port(), "-q", interface=name)) as window:
            window.wait_for("no requests seen yet")
            ip("link", "delete", name)
            assert window.status() == 1
            assert window.is_as_before()
            said = window.errors().splitlines()
    finally:
        subprocess.run(["ip", "link", "delete", name], check=False, stderr=subprocess.DEVNULL)
    assert [line for line in said if not line.startswith("tcpkit: capturing on ")] == said[-1:]
    assert said[-1].startswith(f"tcpkit: error: cannot capture on {name}: ")


def test_interface_that_is_not_there_never_opens_the_screen() -> None:
    with terminal(top(free_port(), interface="nowhere0")) as window:
        assert window.status() == 1
        assert window.errors() == "tcpkit: error: cannot capture on nowhere0: no such interface\n"
        assert window.text().strip() == ""


def test_terminal_that_takes_nothing_for_a_while_does_not_stop_the_capture(tmp_path: Path) -> None:
    stats = free_port()
    keyboard, line = pty.openpty()
    with resp_server() as server, (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(
            top(server.port, "-P", str(stats), "--bind", "127.0.0.1"),
            stdin=line,
            stdout=line,
            stderr=errors,
            env=environment(),
        )
        try:
            said = tmp_path / "errors"
            wait_until(lambda: "capturing on" in said.read_text(), "it captures")
            for _ in range(ASKED):  # which nobody takes
                os.write(keyboard, b"v")
                assert requests(stats, server.port) == 0
            with Client(server.address, server.port) as client:
                for index in range(COUNT):
                    client.ask("GET", f"key:{index}")
            wait_until(lambda: requests(stats, server.port) == COUNT, "all requests are counted")
            taken = bytearray()
            wait_until(lambda: drawn_anew(keyboard, taken), "all is drawn when it is taken again")
            process.send_signal(signal.SIGTERM)
            assert process.wait(DEADLINE_S) == 0
        finally:
            process.kill()
            process.wait()
            os.close(keyboard)
            os.close(line)
        assert f"exact ({COUNT} of {COUNT})" in said.read_text()


def drawn_anew(keyboard: int, taken: bytearray) -> bool:
    """Take what there is; whether the last line, which never changes, came behind a row."""
    while select.select([keyboard], [], [], 0)[0]:
        taken += os.read(keyboard, 65_536)
    return re.search(rb"key:\d+ .* quit ", taken, re.DOTALL) is not None


def requests(stats: int, port: int) -> int:
    """What the stats port says."""
    with socket.create_connection(("127.0.0.1", stats), DEADLINE_S) as client:
        return numbers_of(received(client), port)["total_reqs"]
