"""A real MariaDB that also tells, in its general log, what it was asked."""

import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pymysql import Connection

from pcaps.mysql_server import READY, command, mysql, prepare
from tests.servers import free_port

_ATTEMPTS = 5  # another program may take the free port first
_HEARD = re.compile(r"^(?:\t|\d+ +\S+)\t *\d+ ([A-Z][a-z ]+)\t(.*)$")


class MysqlTruth:
    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log

    def mysql(self, statements: str, *options: str) -> str:
        """What the client `mysql` prints."""
        return mysql(statements, *options, host="127.0.0.1", port=self.port)

    def connect(self, **options: object) -> Connection:
        """PyMySQL, logged in."""
        whom = {"host": "127.0.0.1", "port": self.port, "user": "root", "database": "shop"}
        return Connection(**{**whom, **options})

    def heard(self, kind: str) -> list[str]:
        """What the server says it was asked: `Query`, `Execute`; statements of one line."""
        found = [_HEARD.match(line) for line in self._log.read_text().splitlines()]
        return [each[2] for each in found if each is not None and each[1] == kind]


@contextmanager
def mariadb_running(*options: str) -> Iterator[MysqlTruth]:
    """A MariaDB of its own that answers already, on 127.0.0.1; killed at the end."""
    with tempfile.TemporaryDirectory(prefix="tcpkit-live-") as name:
        folder = Path(name)
        prepare(folder)
        log = folder / "data" / "general.log"
        options = (*options, "--general-log=1", f"--general-log-file={log}")
        port, server = _started(folder, options)
        drain = threading.Thread(target=_drain, args=(server,))
        drain.start()
        try:
            yield MysqlTruth(port, log)
        finally:
            server.kill()
            drain.join()
            with server:
                pass


def _started(folder: Path, options: tuple[str, ...]) -> tuple[int, "subprocess.Popen[str]"]:
    said: list[str] = []
    for _ in range(_ATTEMPTS):
        port = free_port()
        server = subprocess.Popen(
            command(folder, "--bind-address=127.0.0.1", *options, port=port),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        assert server.stderr is not None
        said = []
        for line in server.stderr:
            if READY in line:
                return port, server
            said.append(line)
        with server:
            pass
    raise RuntimeError(f"mariadbd did not start: {''.join(said[-3:])}")


def _drain(server: "subprocess.Popen[str]") -> None:
    """Nobody else reads what it logs, and a full pipe would hold it up."""
    assert server.stderr is not None
    for _ in server.stderr:
        pass
