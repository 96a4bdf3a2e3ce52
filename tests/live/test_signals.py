"""How a live run ends, and what SIGHUP does."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.namespaces import ip
from tests.live.resp_server import Client, RespServer, resp_server
from tests.live.tracer import READY, counter, tracing
from tests.program import DEADLINE_S, command, environment, wait_until
from tests.servers import free_port


@pytest.fixture
def server() -> Iterator[RespServer]:
    with resp_server() as running:
        yield running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_run_with_its_summary(
    server: RespServer, tmp_path: Path, number: signal.Signals
) -> None:
    """What was on the wire when it came is in the log: nothing waits for that here."""
    with (
        tracing("-p", str(server.port), "-w", tmp_path / "copy.pcap") as tracer,
        Client(server.address, server.port) as client,
    ):
        for index in range(100):
            client.ask("GET", f"key:{index}")
        outcome = tracer.stop(number)
    assert outcome.status == 0
    assert [row["key"] for row in tracer.rows()] == [f"key:{index}" for index in range(100)]
    summary = outcome.err.splitlines()
    assert summary[0].split()[:2] == ["port", "requests"]
    assert summary[1].split()[:2] == [str(server.port), "100"]
    assert counter(outcome.err, "received by the filter") >= 200
    assert "dropped by the kernel 0" in outcome.err
    assert "Traceback" not in outcome.err


def test_quiet_run_ends_without_a_summary(server: RespServer) -> None:
    with tracing("-q", "-p", str(server.port)) as tracer:
        outcome = tracer.stop()
    assert (outcome.status, outcome.err) == (0, "")


def test_sighup_goes_on_in_a_new_file(server: RespServer, tmp_path: Path) -> None:
    with (
        tracing("-p", str(server.port)) as tracer,
        Client(server.address, server.port) as client,
    ):
        client.ask("GET", "before")
        tracer.rows_when(1)
        rotated = tmp_path / "log.1"
        tracer.output.replace(rotated)
        client.ask("GET", "between")
        wait_until(lambda: rotated.read_text().count("\n") == 2, "the old name is written on")
        tracer.process.send_signal(signal.SIGHUP)
        wait_until(tracer.output.exists, "a new file")
        client.ask("GET", "after")
        rows = tracer.rows_when(1)
        outcome = tracer.stop()
    assert [row["key"] for row in rows] == ["after"]
    assert [line.count("between") for line in rotated.read_text().splitlines()] == [0, 2]
    assert outcome.status == 0


def test_sighup_without_a_way_to_the_file_keeps_the_old_one(
    server: RespServer, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    log = folder / "log"
    with (
        tracing("-p", str(server.port), "-o", log) as tracer,
        Client(server.address, server.port) as client,
    ):
        moved = tmp_path / "moved"
        folder.rename(moved)
        tracer.process.send_signal(signal.SIGHUP)
        client.ask("GET", "after")
        wait_until(lambda: "after" in (moved / "log").read_text(), "the line in the old file")
        assert tracer.process.poll() is None
        tracer.process.send_signal(signal.SIGTERM)
        assert tracer.process.wait(DEADLINE_S) == 0
        assert f"cannot reopen {log}" in tracer.errors()


def test_closed_stdout_ends_the_run_quietly(server: RespServer) -> None:
    ends, stdout = os.pipe()
    with subprocess.Popen(
        command("-i", "lo", "-m", "redis", "-q", "-p", str(server.port), "-P", "0"),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as process:
        os.close(stdout)
        assert process.stderr is not None
        assert process.stderr.readline().startswith(READY)
        os.close(ends)
        with Client(server.address, server.port) as client:
            client.ask("PING")
            assert process.wait(DEADLINE_S) == 0
        assert process.stderr.read() == ""


def test_disk_that_is_full_ends_the_run_with_one_line(server: RespServer) -> None:
    with subprocess.Popen(
        command(
            *("-i", "lo", "-m", "redis", "-q", "-p", str(server.port)),
            *("-P", "0", "-o", "/dev/full"),
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(READY)
        with Client(server.address, server.port) as client:
            client.ask("PING")
            assert process.wait(DEADLINE_S) == 1
        assert process.stderr.read() == (
            "tcpkit: error: cannot write /dev/full: No space left on device\n"
        )


def test_interface_that_goes_away_ends_the_run_with_one_line() -> None:
    name = f"tk{os.getpid()}"
    ip("link", "add", name, "type", "veth", "peer", "name", f"{name}p")
    try:
        ip("link", "set", name, "up")
        with tracing("-q", "-p", str(free_port()), interface=name) as tracer:
            ip("link", "delete", name)
            assert tracer.process.wait(DEADLINE_S) == 1
            said = tracer.errors()
    finally:
        subprocess.run(["ip", "link", "delete", name], check=False, stderr=subprocess.DEVNULL)
    assert said.startswith(f"tcpkit: error: cannot capture on {name}: ")
    assert said.count("\n") == 1
