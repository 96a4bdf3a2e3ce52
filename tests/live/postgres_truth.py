"""A real PostgreSQL that also tells, in its own log, which statements it was given."""

import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pcaps.postgres_server import READY, new_database, postgres_command
from tests.servers import server_running

# Of a statement, and of an Execute; the parameters are logged on a line of their own.
_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*)")
SETTINGS = ("log_statement=all", "log_line_prefix=")


@dataclass(frozen=True)
class TruthfulPostgres:
    """`statements` are those that began to run, in the server's order."""

    port: int
    statements: list[str]


@contextmanager
def postgres_running(*settings: str) -> Iterator[TruthfulPostgres]:
    """A server of one's own on a free port of 127.0.0.1; killed at the end."""
    statements: list[str] = []

    def heed(line: str) -> None:
        found = _STATEMENT.match(line)
        if found:
            statements.append(found[1])

    with tempfile.TemporaryDirectory(prefix="tcpkit-live-") as folder:
        data = new_database(Path(folder))

        def command(port: int) -> tuple[str, ...]:
            return postgres_command(data, "127.0.0.1", port, *SETTINGS, *settings)

        with server_running(command, READY, heed=heed, end=_shut_down, cwd="/") as (port, _):
            yield TruthfulPostgres(port, statements)


def _shut_down(process: "subprocess.Popen[str]") -> None:
    """At once: what the postmaster has started ends with it."""
    process.send_signal(signal.SIGQUIT)
    process.wait()
