"""A real PostgreSQL that also tells, in its own log, which statements it was given."""

import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pcaps.postgres_server import READY, new_database, postgres_command
from tests.servers import free_port

_ATTEMPTS = 5  # another program may take the free port first
# Of a statement, and of an Execute; the parameters are logged on a line of their own.
_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*)")
SETTINGS = ("log_statement=all", "log_line_prefix=")


class TruthfulPostgres:
    """`statements` are those that began to run, in the server's order."""

    def __init__(self, port: int, process: "subprocess.Popen[str]") -> None:
        self.port = port
        self.process = process
        self.statements: list[str] = []

    def listen(self) -> None:
        """Until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = _STATEMENT.match(line)
            if found:
                self.statements.append(found[1])


@contextmanager
def postgres_running(*settings: str) -> Iterator[TruthfulPostgres]:
    """A server of one's own on a free port of 127.0.0.1; killed at the end."""
    with tempfile.TemporaryDirectory(prefix="tcpkit-live-") as folder:
        data = new_database(Path(folder))
        server = _started(data, settings)
        listener = threading.Thread(target=server.listen)
        listener.start()
        try:
            yield server
        finally:
            # an immediate shutdown: what the postmaster has started ends with it
            server.process.send_signal(signal.SIGQUIT)
            server.process.wait()
            listener.join()
            with server.process:
                pass


def _started(data: Path, settings: tuple[str, ...]) -> TruthfulPostgres:
    said: list[str] = []
    for _ in range(_ATTEMPTS):
        port = free_port()
        process = subprocess.Popen(
            postgres_command(data, "127.0.0.1", port, *SETTINGS, *settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd="/",
        )
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            if READY in line:
                return TruthfulPostgres(port, process)
            said.append(line)
        with process:
            pass
    raise RuntimeError(f"the server did not start: {''.join(said[-3:])}")
