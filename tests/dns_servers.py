"""Real name servers for tests, each on a free port of this machine's loopback, UDP and TCP."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pcaps.dns_servers import NSD_READY, UNBOUND_READY, nsd_command, unbound_command
from tests.servers import server_running

HOSTS = ("127.0.0.1", "::1")

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
        call = partial(command, Path(folder))
        # A session of its own: nsd is several processes, which are stopped and ended together.
        with server_running(call, ready, end=_kill, new_session=True) as (port, process):
            yield DnsServer(port, process)


def _kill(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGKILL)
