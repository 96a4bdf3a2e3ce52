"""-d: what the terminal sees of the start, what runs then, and how it ends."""

import json
import os
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.resp_server import Client, RespServer, resp_server
from tests.live.tracer import numbers_of, received
from tests.program import (
    DEADLINE_S,
    Outcome,
    assert_refused,
    shell_run,
    tcpkit_run,
    wait_until,
)
from tests.servers import free_port

ATTEMPTS = 5


class Daemon:
    """A tcpkit in the background: `started` is what the terminal saw."""

    def __init__(self, started: Outcome, stats_port: int) -> None:
        self.started = started
        self.stats_port = stats_port
        self.pid = int(started.err.rpartition("process ")[2])
        self._handle = os.pidfd_open(self.pid)

    def asked(self) -> bytes:
        with socket.create_connection(("127.0.0.1", self.stats_port), DEADLINE_S) as client:
            return received(client)

    def signal(self, number: signal.Signals) -> None:
        signal.pidfd_send_signal(self._handle, number)

    def ended(self, within_s: float = DEADLINE_S) -> bool:
        return bool(select.select([self._handle], [], [], within_s)[0])

    def release(self) -> None:
        if not self.ended(0):
            self.signal(signal.SIGKILL)
        os.close(self._handle)


@contextmanager
def daemon(
    *arguments: str | Path, cwd: Path | None = None, word: str | None = None
) -> Iterator[Daemon]:
    """Started on lo with -d; killed at the end if it still runs. `word` is a command of tcpkit."""
    for attempt in range(ATTEMPTS):
        port = free_port()
        call = ("-i", "lo", "-d", "-m", "redis", "-P", str(port), *arguments)
        started = tcpkit_run(*([word] if word else []), *call, cwd=cwd)
        if "Address already in use" not in started.err or attempt == ATTEMPTS - 1:
            break
    assert started.status == 0, started
    running = Daemon(started, port)
    try:
        yield running
    finally:
        running.release()


@pytest.fixture
def server() -> Iterator[RespServer]:
    with resp_server() as running:
        yield running


def test_daemon_traces_and_serves_until_it_is_ended(server: RespServer, tmp_path: Path) -> None:
    """Paths are those of the folder it was started in."""
    port = str(server.port)
    files = ("-o", "log", "-w", "copy.pcap", "--pidfile", "pid", "-j")
    with daemon("-p", port, *files, cwd=tmp_path) as running:
        assert running.started.out == ""
        assert running.started.err.startswith("tcpkit: capturing on lo, mode redis, ")
        assert running.started.err.count("\n") == 1
        pidfile = tmp_path / "pid"
        assert pidfile.read_text() == f"{running.pid}\n"
        with Client(server.address, server.port) as client:
            for index in range(20):
                client.ask("GET", f"key:{index}")
        log = tmp_path / "log"
        wait_until(lambda: log.read_text().count("\n") == 20, "20 lines in the log")
        assert numbers_of(running.asked(), server.port)["total_reqs"] == 20
        running.signal(signal.SIGTERM)
        assert running.ended()
        assert not pidfile.exists()
    keys = [json.loads(line)["key"] for line in log.read_text().splitlines()]
    assert keys == [f"key:{index}" for index in range(20)]
    again = tcpkit_run("-q", "-m", "redis", "-p", port, "-r", tmp_path / "copy.pcap")
    assert again.out.count("\n") == 20


def test_daemon_has_left_the_terminal(server: RespServer, tmp_path: Path) -> None:
    with daemon("-p", str(server.port), "-o", tmp_path / "log") as running:
        process = Path(f"/proc/{running.pid}")
        streams = {os.readlink(process / "fd" / str(number)) for number in range(3)}
        assert streams == {os.devnull}
        assert os.readlink(process / "cwd") == "/"
        assert os.getsid(running.pid) != os.getsid(0)
        assert os.getsid(running.pid) != running.pid


def test_daemon_without_output_keeps_the_stats_and_says_so(server: RespServer) -> None:
    with daemon("-p", str(server.port)) as running:
        warning, ready = running.started.err.splitlines()
        assert "-o" in warning
        assert ready.startswith("tcpkit: capturing on lo")
        with Client(server.address, server.port) as client:
            client.ask("PING")
        wait_until(
            lambda: numbers_of(running.asked(), server.port)["total_reqs"] == 1, "the request"
        )


def test_sighup_goes_on_in_a_new_file(server: RespServer, tmp_path: Path) -> None:
    log, rotated = tmp_path / "log", tmp_path / "log.1"
    with (
        daemon("-p", str(server.port), "-o", "log", cwd=tmp_path) as running,
        Client(server.address, server.port) as client,
    ):
        log.replace(rotated)
        running.signal(signal.SIGHUP)
        wait_until(log.exists, "a new file")
        client.ask("GET", "after")
        wait_until(lambda: "after" in log.read_text(), "the line in the new file")
        assert rotated.read_text() == ""


def test_second_daemon_on_a_pidfile_is_refused(tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    with daemon("-o", tmp_path / "log", "--pidfile", pidfile) as running:
        second = tcpkit_run(*("-i", "lo", "-d", "-P", "0", "-o", "/dev/null", "--pidfile", pidfile))
        assert_refused(second, 1, "already running", str(running.pid), str(pidfile))
        assert pidfile.read_text() == f"{running.pid}\n"
        assert not running.ended(0)


def test_pidfile_of_a_daemon_that_was_killed_is_taken_over(tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    with daemon("-o", tmp_path / "log", "--pidfile", pidfile) as killed:
        killed.signal(signal.SIGKILL)
        assert killed.ended()
    assert pidfile.exists()
    with daemon("-o", tmp_path / "log", "--pidfile", pidfile) as running:
        assert pidfile.read_text() == f"{running.pid}\n"


def test_start_on_a_busy_stats_port_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as busy:
        port = str(busy.getsockname()[1])
        pidfile = tmp_path / "pid"
        for call in (
            ("-d", "-o", "/dev/null", "--pidfile", pidfile),
            ("-q", "-o", "/dev/null"),
            ("-o", "/dev/null"),  # nor a summary of nothing
        ):
            outcome = tcpkit_run("-i", "lo", "-P", port, *call)
            assert_refused(outcome, 1, "cannot listen", port, "Address already in use")
    assert not pidfile.exists()


@pytest.mark.parametrize("option", ["-o", "-w", "--pidfile"])
def test_start_with_a_file_that_cannot_be_made_is_refused(tmp_path: Path, option: str) -> None:
    nowhere = tmp_path / "no" / "folder"
    # The last -o counts.
    outcome = tcpkit_run("-i", "lo", "-d", "-P", "0", "-o", "/dev/null", option, nowhere)
    assert_refused(outcome, 1, str(nowhere), "No such file")


@pytest.mark.parametrize("option", ["-d", "-q"])
def test_start_on_no_interface_is_refused(option: str) -> None:
    outcome = tcpkit_run("-i", "nosuch0", option, "-P", "0", "-o", "/dev/null")
    assert_refused(outcome, 1, "nosuch0", "no such interface")


def test_start_on_an_address_of_another_machine_is_refused() -> None:
    call = ("-i", "lo", "-d", "-o", "/dev/null", "--bind", "192.0.2.1", "-P", str(free_port()))
    assert_refused(tcpkit_run(*call), 1, "cannot listen", "192.0.2.1")


def test_daemon_starts_where_the_standard_streams_are_closed(tmp_path: Path) -> None:
    """As some supervisors start programs."""
    pidfile = tmp_path / "pid"
    call = ("-i", "lo", "-d", "-P", "0", "-o", tmp_path / "log", "--pidfile", pidfile)
    outcome = shell_run('"$@" <&- >&- 2>&-', *call)
    try:
        assert outcome == Outcome(0, "", "")
        assert pidfile.exists()
    finally:
        if pidfile.exists():
            os.kill(int(pidfile.read_text()), signal.SIGTERM)
    wait_until(lambda: not pidfile.exists(), "the daemon ends")
