"""A real PostgreSQL in a folder of its own, and what its clients are told of it.

The server refuses to run as root: it runs as the user `postgres` of Debian's package.
Nothing that it stores is meant to last, so it never waits for the disk.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg

from pcaps.lab import SERVER_HOST, SERVER_HOST_6, Lab

POSTGRES_PORT = 5432
POSTGRES_TRAFFIC = f"tcp port {POSTGRES_PORT}"
READY = "database system is ready to accept connections"
USER = "postgres"

# Three of these users have a password, each asked for in another way.
HBA = """\
host all         in_clear all password
host all         by_md5   all md5
host all         by_scram all scram-sha-256
host all         all      all trust
host replication all      all trust
"""
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=1MB")
CALM = ("autovacuum=off", "max_wal_senders=2", "unix_socket_directories=", "jit=off")


def binaries() -> Path:
    """Where the server's programs are: Debian keeps them out of the way."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        raise FileNotFoundError("no PostgreSQL in /usr/lib/postgresql")
    return found[-1].parent


def as_postgres(*command: str) -> tuple[str, ...]:
    """`command` for the server's own user, when root asks."""
    if os.geteuid() != 0:
        return command
    return ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--", *command)


def new_database(folder: Path) -> Path:
    """Make an empty one in a folder that is there. Returns the data directory."""
    data = folder / "data"
    if os.geteuid() == 0:
        folder.chmod(0o755)
        data.mkdir()
        shutil.chown(data, USER, USER)
    options = ("--no-sync", "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C")
    command = as_postgres(str(binaries() / "initdb"), "-D", str(data), *options)
    subprocess.run(command, check=True, capture_output=True, cwd="/")
    (data / "pg_hba.conf").write_text(HBA)
    return data


def postgres_command(data: Path, host: str, port: int, *settings: str) -> tuple[str, ...]:
    """The server in the foreground, which says READY; `settings` are `name=value`."""
    chosen = [word for each in (*FAST, *CALM, *settings) for word in ("-c", each)]
    program = str(binaries() / "postgres")
    return as_postgres(program, "-D", str(data), "-h", host, "-p", str(port), *chosen)


def postgres(lab: Lab, *settings: str) -> Path:
    """Start one on the server's host; it ends with the lab. Returns its data directory."""
    data = new_database(lab.folder())
    command = postgres_command(data, f"{SERVER_HOST},{SERVER_HOST_6}", POSTGRES_PORT, *settings)
    lab.serve(*command, ready=READY, stop=signal.SIGINT)  # which does not wait for clients
    return data


def connect(**options: str) -> "psycopg.Connection[tuple[object, ...]]":
    """A psycopg that commits each statement and does not ask for encryption."""
    chosen = {"host": SERVER_HOST, "user": USER, "dbname": USER, "sslmode": "disable", **options}
    return psycopg.connect(psycopg.conninfo.make_conninfo("", **chosen), autocommit=True)


def psql(*arguments: str, text: str = "", sslmode: str = "disable", user: str = USER) -> str:
    """Run a psql that reads `text`; what it says, errors too."""
    target = (f"host={SERVER_HOST} dbname={USER} user={user} sslmode={sslmode}",)
    done = subprocess.run(
        ("psql", "-X", "-q", "-d", *target, *arguments),
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=client_environment(),
        text=True,
        check=False,
    )
    return done.stdout


def client_environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Without anything that libpq would take from the environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **(changes or {})}
