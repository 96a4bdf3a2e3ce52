"""Real servers for tests, each on a free port of this machine."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ATTEMPTS = 5  # another program may take the free port first


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has now, neither for TCP nor for UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@contextmanager
def server_running(
    command: Callable[[int], Sequence[str]],
    ready: str,
    *,
    heed: Callable[[str], object] = lambda line: None,
    end: Callable[["subprocess.Popen[str]"], object] = subprocess.Popen.kill,
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    new_session: bool = False,
) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """The port and the process of a server that answers already; `end` is what ends it.

    `command` tells its command line for a port. It runs in the foreground and says `ready`,
    in a line on either output, when it can be asked; `heed` is told each line that comes
    later, in a thread.
    """

    def spawned(port: int) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command(port),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            text=True,
            errors="replace",  # it may print what it is sent
            start_new_session=new_session,
        )

    port, process = _started(spawned, ready)
    # If nobody read what it logs, a full pipe would hold it up.
    listener = threading.Thread(target=_listen, args=(process, heed))
    listener.start()
    try:
        yield port, process
    finally:
        end(process)
        listener.join()
        with process:
            pass


def _started(
    spawned: Callable[[int], "subprocess.Popen[str]"], ready: str
) -> tuple[int, "subprocess.Popen[str]"]:
    said: list[str] = []
    for _ in range(_ATTEMPTS):
        port = free_port()
        process = spawned(port)
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            if ready in line:
                return port, process
            said.append(line)
        with process:
            pass
    raise RuntimeError(f"the server did not start: {''.join(said[-3:])}")


def _listen(process: "subprocess.Popen[str]", heed: Callable[[str], object]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        heed(line.rstrip("\n"))


@dataclass(frozen=True)
class RedisServer:
    port: int
    process: "subprocess.Popen[str]"


@contextmanager
def redis_server_running(*options: str) -> Iterator[RedisServer]:
    """A redis-server that saves nothing and answers already; killed at the end."""

    def command(port: int) -> tuple[str, ...]:
        return (
            *("redis-server", "--port", str(port), "--bind", "127.0.0.1"),
            *("--save", "", "--appendonly", "no", "--enable-debug-command", "yes", *options),
        )

    with server_running(command, "Ready to accept connections") as (port, process):
        yield RedisServer(port, process)


@dataclass(frozen=True)
class MemcachedServer:
    """A memcached, and what it says: with -vv, all that it is asked."""

    port: int
    process: "subprocess.Popen[str]"
    said: list[str]


@contextmanager
def memcached_running(
    *options: str, udp: bool = False, env: Mapping[str, str] | None = None
) -> Iterator[MemcachedServer]:
    """A memcached that answers already, on 127.0.0.1, with `udp` over both; killed at the end."""
    ready = "server listening (udp)" if udp else "server listening"
    said: list[str] = []

    def command(port: int) -> tuple[str, ...]:
        return (
            # "-u root" is asked of root; anybody else may say it too
            *("memcached", "-u", "root", "-l", "127.0.0.1", "-p", str(port), "-vv"),
            *("-U", str(port if udp else 0), *options),
        )

    whole = {**os.environ, **(env or {})}
    with server_running(command, ready, heed=said.append, env=whole) as (port, process):
        yield MemcachedServer(port, process, said)
