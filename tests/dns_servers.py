"""Real name servers for tests, each on a free port of this machine's loopback, UDP and TCP."""

import os
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pcaps.dns_servers import NSD_READY, UNBOUND_READY, nsd_command, unbound_command
from tests.servers import free_port

HOSTS = ("127.0.0.1", "::1")
_ATTEMPTS = 5  # another program may take the free port first

Command = Callable[[Path, int], tuple[str, ...]]


@dataclass(frozen=True)
class DnsServer:
    port: int
    process: "subprocess.Popen[str]"

    def pause(self) -> None:
        """Let what comes wait in its sockets; until `resume`."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def end(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)


@contextmanager
def nsd_running(
    zones: Mapping[str, str],
    hosts: Sequence[str] = HOSTS,
    prefix: Sequence[str] = (),
    options: Sequence[str] = (),
) -> Iterator[DnsServer]:
    """nsd with the zone file's text for each origin; see pcaps.dns_servers.zone.

    `prefix` goes before the command line; it must replace itself by what it starts.
    """

    def command(folder: Path, port: int) -> tuple[str, ...]:
        return *prefix, *nsd_command(folder, zones, hosts, port, options)

    with _running(command, NSD_READY) as server:
        yield server


@contextmanager
def unbound_running(stubs: Mapping[str, str]) -> Iterator[DnsServer]:
    """unbound that asks for each zone the server that stands there: 127.0.0.1@5353."""

    def command(folder: Path, port: int) -> tuple[str, ...]:
        return unbound_command(folder, HOSTS, port, stubs)

    with _running(command, UNBOUND_READY) as server:
        yield server


@contextmanager
def _running(command: Command, ready: str) -> Iterator[DnsServer]:
    with tempfile.TemporaryDirectory(prefix="tcpkit-dns-") as folder:
        server = _started(command, ready, Path(folder))
        # Nobody else reads what it logs, and a full pipe would hold it up.
        drain = threading.Thread(target=_drain, args=(server.process,))
        drain.start()
        try:
            yield server
        finally:
            server.end()
            drain.join()
            with server.process:
                pass


def _started(command: Command, ready: str, folder: Path) -> DnsServer:
    said: list[str] = []
    for _ in range(_ATTEMPTS):
        port = _free_port()
        # A session of its own: nsd is several processes, which are stopped and ended together.
        process = subprocess.Popen(
            command(folder, port),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            if ready in line:
                return DnsServer(port, process)
            said.append(line)
        with process:
            pass
    raise RuntimeError(f"the name server did not start: {''.join(said[-3:])}")


def _free_port() -> int:
    """A port that is free for TCP and for UDP."""
    while True:
        port = free_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _drain(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    for _ in process.stdout:
        pass
