"""What a memcached itself says about the requests that it was sent."""

import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pcaps.memcached_client import Connection, stop
from tests.live.tracer import Row, Tracer
from tests.program import wait_until
from tests.servers import MemcachedServer

_HEADER_LINES = 6  # of a binary request, 4 bytes each


@dataclass(frozen=True)
class Heard:
    """The requests of one connection: lines of text, or binary opcodes."""

    lines: list[str]
    opcodes: list[int]


def connected(server: MemcachedServer) -> Connection:
    return Connection("127.0.0.1", port=server.port)


@contextmanager
def held_up(server: MemcachedServer) -> Iterator[None]:
    """All its threads are stopped; then they go on."""
    stop(server.process)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


class MemcachedTruth:
    """Asks the server over connections of its own, whose requests `theirs` leaves out."""

    def __init__(self, server: MemcachedServer) -> None:
        self.server = server
        self.port = server.port
        self._own: list[str] = []
        self._before = 0

    def heard(self, closed: int) -> list[Heard]:
        """By connection, as soon as the server says that `closed` of them have ended."""
        wait_until(
            lambda: sum("connection closed" in line for line in self.server.said) >= closed,
            f"{closed} connections are closed",
        )
        return _heard(list(self.server.said))

    def listen_anew(self, tracer: Tracer) -> None:
        """Forget what both said; and have the server speak, if a client has silenced it."""
        self._asked(b"verbosity 2\r\n")
        mark = f"version {len(self._own)}"
        self._asked(f"{mark}\r\n".encode())
        said = self.server.said
        wait_until(
            lambda: "connection closed" in said[-1] and any(line.endswith(mark) for line in said),
            "the server has said all",
        )
        self.server.said.clear()
        self._wait(tracer)
        self._before = len(tracer.rows())

    def counters(self) -> Counter[str]:
        """The server's own counters of commands."""
        text = self._asked(b"stats\r\n").decode()
        found = re.findall(r"STAT (\w+) (\d+)\r\n", text)
        return Counter({name: int(value) for name, value in found})

    def theirs(self, tracer: Tracer) -> list[Row]:
        """What others have asked since `listen_anew`: all, when this returns."""
        self._asked(b"version\r\n")
        self._wait(tracer)
        rows = tracer.rows()[self._before :]
        return [row for row in rows if row["client"] not in self._own]

    def _wait(self, tracer: Tracer) -> None:
        wait_until(
            lambda: self._own[-1] in {row["client"] for row in tracer.rows()},
            "the log has the last question",
        )

    def _asked(self, request: bytes) -> bytes:
        client = connected(self.server)
        host, port = client.socket.getsockname()
        self._own.append(f"{host}:{port}")
        reply = client.ask(request)
        client.close()
        return reply


def _heard(said: list[str]) -> list[Heard]:
    current: dict[str, Heard] = {}
    every: list[Heard] = []
    for at, line in enumerate(said):
        found = re.match(r"<(\d+) (.*)", line)
        if not found:
            continue
        number, words = found.groups()
        if words.startswith("new auto-negotiating"):
            current[number] = Heard([], [])
            every.append(current[number])
        elif words == "Read binary protocol data:":
            header = " ".join(said[at + 1 : at + 1 + _HEADER_LINES])
            current[number].opcodes.append(int(re.findall("0x(..)", header)[1], 16))
        elif not words.startswith(("  ", "connection closed", "server listening")):
            current[number].lines.append(words)
    return every
