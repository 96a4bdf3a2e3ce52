"""Real servers for tests, each on a free port of this machine."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

_ATTEMPTS = 5  # another program may take the free port first


@dataclass(frozen=True)
class RedisServer:
    port: int
    process: "subprocess.Popen[str]"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def redis_server_running(*options: str) -> Iterator[RedisServer]:
    """A redis-server that saves nothing and answers already; killed at the end."""
    server = _started(options)
    # Nobody else reads what it logs, and a full pipe would hold it up.
    drain = threading.Thread(target=_drain, args=(server.process,))
    drain.start()
    try:
        yield server
    finally:
        server.process.kill()
        drain.join()
        with server.process:
            pass


def _started(options: tuple[str, ...]) -> RedisServer:
    said: list[str] = []
    for _ in range(_ATTEMPTS):
        port = free_port()
        process = subprocess.Popen(
            (
                *("redis-server", "--port", str(port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no", "--enable-debug-command", "yes", *options),
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            if "Ready to accept connections" in line:
                return RedisServer(port, process)
            said.append(line)
        with process:
            pass
    raise RuntimeError(f"redis-server did not start: {''.join(said[-3:])}")


def _drain(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    for _ in process.stdout:
        pass


class MemcachedServer:
    """A memcached, and what it says on its standard error: with -vv, all that it is asked."""

    def __init__(self, port: int, process: "subprocess.Popen[str]") -> None:
        self.port = port
        self.process = process
        self.said: list[str] = []

    def listen(self) -> None:
        """Until it ends."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))


@contextmanager
def memcached_running(
    *options: str, udp: bool = False, env: Mapping[str, str] | None = None
) -> Iterator[MemcachedServer]:
    """A memcached that answers already, on 127.0.0.1, with `udp` over both; killed at the end."""
    server = _memcached_started(options, udp, {**os.environ, **(env or {})})
    listener = threading.Thread(target=server.listen)
    listener.start()
    try:
        yield server
    finally:
        server.process.kill()
        listener.join()
        with server.process:
            pass


def _memcached_started(
    options: tuple[str, ...], udp: bool, env: Mapping[str, str]
) -> MemcachedServer:
    ready = "server listening (udp)" if udp else "server listening"
    said: list[str] = []
    for _ in range(_ATTEMPTS):
        port = free_port()
        process = subprocess.Popen(
            # "-u root" is asked of root; anybody else may say it too
            (
                *("memcached", "-u", "root", "-l", "127.0.0.1", "-p", str(port), "-vv"),
                *("-U", str(port if udp else 0), *options),
            ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=env,
            text=True,
            errors="replace",  # it prints keys as they came
        )
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            if ready in line:
                return MemcachedServer(port, process)
            said.append(line)
        with process:
            pass
    raise RuntimeError(f"memcached did not start: {''.join(said[-3:])}")
