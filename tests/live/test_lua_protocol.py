"""A protocol that a script defines, on an interface and in the background."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.live.test_daemon import daemon
from tests.live.tracer import numbers_of, tracing
from tests.program import DEADLINE_S, wait_until
from tests.protocols.lua.traced import ECHO


def serve(server: socket.socket) -> None:
    """Send back what one client after the other sends, until the server is closed."""
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client:
            while data := client.recv(65536):
                client.sendall(data)


@pytest.fixture
def port() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        thread.join(DEADLINE_S)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "echo.lua"
    path.write_text(ECHO)
    return path


def ask(port: int, count: int) -> None:
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as client:
        for at in range(count):
            line = b"line %d\n" % at
            client.sendall(line)
            assert client.recv(65536) == line


def test_lines_are_logged_and_counted_at_the_stats_port(port: int, script: Path) -> None:
    with tracing("-p", str(port), "-S", script, mode="echo") as tracer:
        ask(port, 5)
        rows = tracer.rows_when(5)
        assert [row["request"] for row in rows] == [f"line {at}" for at in range(5)]
        assert {row["quality"] for row in rows} == {"exact"}
        wait_until(lambda: tracer.numbers(port)["total_reqs"] == 5, "five at the stats port")


def test_a_daemon_reads_by_a_script(port: int, script: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    call = ("-p", str(port), "-S", "echo.lua", "-m", "echo", "-o", log)
    with daemon(*call, cwd=tmp_path) as running:
        ask(port, 3)
        wait_until(lambda: numbers_of(running.asked(), port)["total_reqs"] == 3, "three")
        wait_until(lambda: log.exists() and log.read_text().count("\n") == 3, "three lines")
    assert log.read_text().splitlines()[-1].endswith("| line 2")
