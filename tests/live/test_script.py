"""A Lua script on an interface."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.resp_server import Client, RespServer, resp_server
from tests.live.test_daemon import daemon
from tests.live.tracer import tracing
from tests.program import assert_refused, tcpkit_run, wait_until

TEXT = """
local part = require("part")
function init(config) print("init", config.interface, config.ports[1]) end
function tick(now) print("tick", now) end
function exchange(e) print("exchange", e.request) end
function finish() print("finish", require("late").word) end
"""


@pytest.fixture
def server() -> Iterator[RespServer]:
    with resp_server() as running:
        yield running


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "part.lua").write_text("return {}")
    (tmp_path / "late.lua").write_text("return { word = 'found' }")
    path = tmp_path / "script.lua"
    path.write_text(TEXT)
    return path


def ticks(lines: list[str]) -> list[int]:
    return [int(line.split("\t")[1]) for line in lines if line.startswith("tick")]


def test_script_ticks_while_nothing_is_sent(server: RespServer, script: Path) -> None:
    started_s = int(time.time())
    with tracing("-p", str(server.port), "-S", script, json=False) as tracer:
        wait_until(lambda: tracer.text().count("tick\t") >= 3, "three ticks")
        with Client(server.address, server.port) as client:
            client.ask("GET", "key")
        wait_until(lambda: "exchange\tGET key" in tracer.text(), "the exchange")
        done = tracer.stop()
    lines = done.out.splitlines()
    assert lines[0] == f"init\tlo\t{server.port}"
    assert lines[-1] == "finish\tfound"
    told = ticks(lines)
    assert told == list(range(told[0], told[0] + len(told)))
    assert started_s - 2 <= told[0] <= started_s + 20
    assert done.status == 0
    assert "script    exchanges 1   ticks" in done.err


def test_packets_reach_the_script_when_nothing_follows_them(
    server: RespServer, script: Path
) -> None:
    script.write_text("function process(p) if p.size > 0 then print(p.request, p.size) end end")
    arguments = ("-p", str(server.port), "-S", script)
    with tracing(*arguments, mode="raw", json=False) as tracer:
        with Client(server.address, server.port) as client:
            client.ask("GET", "key")
            wait_until(lambda: tracer.text().count("\n") == 2, "both packets of the first one")
            client.ask("GET", "key")
            wait_until(lambda: tracer.text().count("\n") == 4, "both packets of the second one")
        done = tracer.stop()
    assert done.status == 0
    assert [line.split("\t")[0] for line in done.out.splitlines()] == ["true", "false"] * 2


def test_script_of_a_daemon_is_found_by_its_relative_path(server: RespServer, script: Path) -> None:
    log = script.parent / "log"
    arguments = ("-p", str(server.port), "-S", "script.lua", "-o", "log")
    with daemon(*arguments, cwd=script.parent) as running:
        wait_until(lambda: "tick\t" in log.read_text(), "a tick")
        running.signal(signal.SIGTERM)
        assert running.ended()
    lines = log.read_text().splitlines()
    assert lines[0] == f"init\tlo\t{server.port}"
    assert lines[-1] == "finish\tfound"


def test_script_of_a_daemon_prints_to_the_new_log_after_sighup(
    server: RespServer, script: Path
) -> None:
    log, rotated = script.parent / "log", script.parent / "log.1"
    with daemon("-p", str(server.port), "-S", script, "-o", log) as running:
        wait_until(lambda: "tick\t" in log.read_text(), "a tick")
        log.replace(rotated)
        running.signal(signal.SIGHUP)
        wait_until(lambda: log.exists() and "tick\t" in log.read_text(), "a tick in the new log")
    told = ticks(rotated.read_text().splitlines() + log.read_text().splitlines())
    assert told == list(range(told[0], told[0] + len(told)))


def test_daemon_whose_script_does_not_load_does_not_start(script: Path) -> None:
    script.write_text("x = = 1")
    done = tcpkit_run("-i", "lo", "-d", "-m", "redis", "-P", "0", "-S", script)
    assert_refused(done, 2, "script.lua:1: unexpected symbol")


def test_error_in_the_script_of_a_daemon_stands_in_its_log(
    server: RespServer, script: Path
) -> None:
    script.write_text("function tick(now) error('broken') end")
    log = script.parent / "log"
    with daemon("-p", str(server.port), "-S", script, "-o", log):
        wait_until(lambda: "broken" in log.read_text(), "the error")
    told = [line for line in log.read_text().splitlines() if line.startswith("tcpkit: error")]
    assert len(told) == 1
    assert "script.lua:1: broken" in told[0]
