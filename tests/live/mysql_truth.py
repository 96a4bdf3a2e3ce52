"""A real MariaDB that also tells, in its general log, what it was asked."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pymysql import Connection

from pcaps.mysql_server import READY, command, mysql, prepare
from tests.servers import server_running

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
        logging = ("--bind-address=127.0.0.1", "--general-log=1", f"--general-log-file={log}")

        def call(port: int) -> tuple[str, ...]:
            return command(folder, *logging, *options, port=port)

        with server_running(call, READY) as (port, _):
            yield MysqlTruth(port, log)
