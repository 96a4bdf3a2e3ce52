"""Real traffic: a redis-server of our own, and redis-benchmark against it."""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.captures import QUICK_PACKETS, Note, Recipe
from benchmarks.tcpdump import recording
from tests.servers import redis_server_running

PACKETS = 1_500_000

COMMANDS = "set,get,incr,lpush,rpush,lpop,sadd,hset,zadd,lrange_100,mset,ping_mbulk"
RUNS = 13  # of -n requests each: LRANGE needs a list, which an LPUSH run makes
CONNECTIONS = 50
KEYS = 100_000


@dataclass(frozen=True)
class Server:
    """`control` is a Unix socket: what is asked there is in no capture."""

    port: int
    control: Path

    def requests_done(self) -> int:
        """Commands executed since its start; asking again adds QUESTION to them."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.control))
            connection.sendall(b"INFO stats\r\nQUIT\r\n")
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        found = re.search(rb"total_commands_processed:(\d+)", answer)
        if found is None:
            raise RuntimeError(f"no total_commands_processed in {answer[:200]!r}")
        return int(found[1])


QUESTION = 2  # commands by which each `requests_done` raises the number: INFO and QUIT


@contextmanager
def server_running() -> Iterator[Server]:
    with TemporaryDirectory() as folder:
        control = Path(folder, "control")
        options = ("--unixsocket", str(control), "--dir", folder)
        with redis_server_running(*options) as server:
            yield Server(server.port, control)


def drive(port: int, requests: int, pipeline: int) -> None:
    """All COMMANDS, `requests` of each, over CONNECTIONS connections."""
    command = (
        f"redis-benchmark -h 127.0.0.1 -p {port} -c {CONNECTIONS} -n {requests} -P {pipeline} "
        f"-r {KEYS} -t {COMMANDS} -q"
    )
    subprocess.run(command.split(), stdout=subprocess.DEVNULL, check=True)


def _made(path: Path, quick: bool, pipeline: int) -> Note:
    packets = QUICK_PACKETS if quick else PACKETS
    # Each write of `pipeline` requests is a packet at least, and so are its replies.
    requests = -(-packets * pipeline // (2 * RUNS))
    with server_running() as server:
        with recording(path, f"tcp port {server.port}", packets) as recorded:
            drive(server.port, requests, pipeline)
            done = server.requests_done()
        return Note(server.port, recorded.packets, done)


def _mixed(path: Path, quick: bool) -> Note:
    return _made(path, quick, 1)


def _pipelined(path: Path, quick: bool) -> Note:
    return _made(path, quick, 16)


_ABOUT = f"redis-benchmark, {CONNECTIONS} connections, {COMMANDS}"
MIXED = Recipe("mixed", f"{_ABOUT}, one request at a time", _mixed)
PIPELINED = Recipe("p16", f"{_ABOUT}, 16 requests at a time", _pipelined)
