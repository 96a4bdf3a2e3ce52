"""-d: a run in the background. It leaves the terminal when nothing can fail any more.

The process forks first and opens everything in the child. What goes wrong there comes
back over a pipe, so that it shows on the terminal and in the exit status.
"""

import fcntl
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from tcpkit.config import Config
from tcpkit.errors import TcpkitError
from tcpkit.pipeline import tell

if TYPE_CHECKING:
    from tcpkit.script.script import Script

_READY = b"0"
_PID_BYTES = 32


def run(config: Config, script: "Script | None" = None) -> int:
    """Start the daemon; the exit status of the process that was started from the terminal."""
    config = _resolved(config)
    if config.output is None:
        tell("tcpkit: no -o: only the stats are kept, nothing is logged")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.setsid()
        if os.fork() != 0:
            os._exit(0)  # the session's leader goes, so that no terminal can be taken
        _serve(config, script, writer)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as answer:
        status, _, message = answer.read().partition(b"\n")
    if status == _READY:
        tell(message.decode())
        return 0
    error = TcpkitError(message.decode() or "the daemon died before it was ready")
    error.exit_status = int(status) if status else 1
    raise error


def _resolved(config: Config) -> Config:
    """The paths as they are seen from anywhere."""

    def resolve(path: str | None) -> str | None:
        return None if path is None else os.path.abspath(path)

    return config._replace(
        output=resolve(config.output),
        write=resolve(config.write),
        pidfile=resolve(config.pidfile),
    )


def _serve(config: Config, script: "Script | None", writer: int) -> NoReturn:
    """The daemon itself."""
    status = 1
    answer = Answer(writer)
    pidfile: PidFile | None = None
    try:
        if config.pidfile is not None:
            pidfile = PidFile(config.pidfile)
        os.chdir("/")
        from tcpkit import online

        status = online.run(config._replace(quiet=True), answer.ready, script)
    except TcpkitError as error:
        status = error.exit_status
        answer.failed(error)
    finally:
        if pidfile is not None:
            pidfile.remove()
        os._exit(status)


class Answer:
    """Tells the process that waits at the terminal how the start went."""

    def __init__(self, writer: int) -> None:
        self._writer = writer

    def ready(self, message: str) -> None:
        """All is open: let go of the terminal."""
        text = f"{message}, process {os.getpid()}"
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.close(null)
        self._send(_READY + b"\n" + text.encode())

    def failed(self, error: TcpkitError) -> None:
        self._send(f"{error.exit_status}\n{error}".encode())

    def _send(self, data: bytes) -> None:
        if self._writer < 0:
            return
        os.write(self._writer, data)
        os.close(self._writer)
        self._writer = -1


class PidFile:
    """Holds the process id, and a lock for as long as the process lives."""

    def __init__(self, path: str) -> None:
        """Raises TcpkitError where it cannot be written, or another process holds it."""
        self._path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise TcpkitError(f"cannot write {path}: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(self._file, _PID_BYTES).decode("ascii", "replace").strip()
            raise TcpkitError(f"already running as process {owner}: {path}") from None
        try:
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())
        except OSError as error:
            raise TcpkitError(f"cannot write {path}: {error.strerror}") from None

    def remove(self) -> None:
        try:
            os.unlink(self._path)
        except OSError as error:
            print(f"tcpkit: cannot remove {self._path}: {error.strerror}", file=sys.stderr)
