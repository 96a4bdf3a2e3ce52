"""A real MariaDB server with a data folder of its own, small and quick to start.

`root` has no password. The client of Debian is `mysql`; both read no configuration but
what is said here.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pcaps.lab import SERVER_HOST, Lab

MYSQL_PORT: Final = 3306
MYSQL: Final = f"tcp port {MYSQL_PORT}"  # what is captured
READY: Final = "ready for connections"
_SMALL: Final = ("--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M")


def prepare(folder: Path) -> None:
    """Make a data folder with a root of every host that has no password; takes a second."""
    if os.geteuid() == 0:
        shutil.chown(folder, "mysql")  # as whom it will run
    command = (
        *("mariadb-install-db", "--no-defaults", f"--datadir={folder}/data", "--skip-test-db"),
        *("--auth-root-authentication-method=normal", "--skip-name-resolve", *_user(), *_SMALL),
    )
    subprocess.run(command, check=True, capture_output=True)
    (folder / "init.sql").write_text(
        "CREATE USER IF NOT EXISTS root@'%';\n"
        "GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n"
        "CREATE DATABASE IF NOT EXISTS shop;\n"
    )


def command(folder: Path, *options: str, port: int = MYSQL_PORT) -> tuple[str, ...]:
    """The server in the foreground; it says READY when it can be asked."""
    return (
        *("/usr/sbin/mariadbd", "--no-defaults", f"--datadir={folder}/data", f"--port={port}"),
        *(f"--socket={folder}/sock", f"--pid-file={folder}/pid", f"--init-file={folder}/init.sql"),
        *("--skip-name-resolve", "--performance-schema=OFF", "--skip-log-bin", *_user()),
        *(*_SMALL, "--innodb-flush-log-at-trx-commit=0", *options),
    )


def start(lab: Lab, *options: str) -> None:
    """Start one on the server's host; it ends with the lab."""
    folder = lab.folder()
    prepare(folder)
    lab.serve(*command(folder, *options), ready=READY)


def mysql(
    statements: str,
    *options: str,
    host: str = SERVER_HOST,
    port: int = MYSQL_PORT,
    user: str = "root",
    database: str = "shop",
) -> str:
    """What the client `mysql` prints for statements that it reads from its input."""
    return client(
        ("mysql", "--no-defaults", "--ssl=0", "-B", "-f", *options, database),
        *(statements, host, port, user),
    )


def client(
    call: Sequence[str], stdin: str = "", host: str = SERVER_HOST, port: int = 0, user: str = "root"
) -> str:
    """What a client prints; it may fail, as some statements make it."""
    where = ("-h", host, "-P", str(port or MYSQL_PORT), "-u", user, "--protocol=tcp")
    command_line = (call[0], call[1], *where, *call[2:])
    done = subprocess.run(command_line, input=stdin, capture_output=True, text=True, check=False)
    return done.stdout


def _user() -> tuple[str, ...]:
    return ("--user=mysql",) if os.geteuid() == 0 else ()
