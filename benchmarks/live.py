"""Live on loopback, under redis-benchmark at full speed."""

import json
import re
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from statistics import median

from benchmarks.bench import Bench, Row
from benchmarks.redis_traffic import QUESTION, RUNS, Server, drive, server_running
from benchmarks.usage import Usage, reaped
from tests.servers import free_port

PACKETS = 1_000_000
QUICK_PACKETS = 50_000
EMPTY_RUNS = 5  # what they take in the middle is the start-up
FULL_RUNS = 3
GOAL_US = 0.6
_PATIENCE_S = 10.0
_LOOK_AGAIN_S = 0.2


@dataclass(frozen=True)
class Watched:
    """A live run, and the traffic while it lasted."""

    usage: Usage
    requests: int  # the server's own number
    counted: int  # by the histogram, from the stats port
    packets: int
    dropped: int


def measure(bench: Bench) -> list[Row]:
    packets = QUICK_PACKETS if bench.quick else PACKETS
    each = -(-packets // (2 * RUNS))
    with server_running() as server:
        empty = [_watch(bench, server, 0).usage.cpu_s for _ in range(EMPTY_RUNS)]
        runs = [_watch(bench, server, each) for _ in range(FULL_RUNS)]
    start_s = median(empty)
    costs_us = sorted((run.usage.cpu_s - start_s) / run.packets * 1e6 for run in runs)
    cost_us = median(costs_us)
    full = runs[0]
    dropped = sum(run.dropped for run in runs)
    return [
        Row("live: packets", f"{full.packets:,}", f">= {packets:,}", full.packets >= packets),
        Row("live: dropped by the kernel", f"{dropped:,}", "0", dropped == 0),
        Row(
            "live: in the histogram, of requests sent",
            f"{full.counted:,} of {full.requests:,}",
            "all",
            all(run.counted == run.requests for run in runs),
        ),
        Row(
            f"live: CPU a packet, less {start_s:.2f} s of start-up",
            f"{cost_us:.2f} us ({costs_us[0]:.2f} to {costs_us[-1]:.2f})",
            f"< {GOAL_US} us",
            cost_us < GOAL_US,
        ),
    ]


def _watch(bench: Bench, server: Server, each: int) -> Watched:
    stats_port = free_port()
    command = bench.tcpkit.command(
        *("-i", "lo", "-m", "redis", "-p", str(server.port), "-t", "100000"),
        *("-P", str(stats_port), "--bind", "127.0.0.1"),
    )
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=bench.tcpkit.folder
    )
    assert process.stderr is not None
    ready = process.stderr.readline()
    if b"capturing on" not in ready:
        process.wait()
        raise RuntimeError(f"tcpkit did not start: {ready.decode().strip()}")
    before = server.requests_done()
    if each:
        drive(server.port, each, 1)
    requests = server.requests_done() - before - QUESTION
    counted = _counted(stats_port, requests)
    process.send_signal(signal.SIGINT)
    said = process.stderr.read().decode()
    usage = reaped(process, began)
    return Watched(
        usage,
        requests,
        counted,
        _number(r"^wire +packets ([\d,]+)", said),
        _number(r"dropped by the kernel ([\d,]+)", said),
    )


def _counted(stats_port: int, wanted: int) -> int:
    """What the stats port says, once it is `wanted` or has not been so for _PATIENCE_S."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        with socket.create_connection(("127.0.0.1", stats_port)) as connection:
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        ports: list[dict[str, dict[str, list[int]]]] = json.loads(answer)
        counted = sum(sum(port["latencies"]) for entry in ports for port in entry.values())
        if counted == wanted or time.monotonic() > deadline_s:
            return counted
        time.sleep(_LOOK_AGAIN_S)


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"no {pattern!r} in the summary: {text}")
    return int(found[1].replace(",", ""))
