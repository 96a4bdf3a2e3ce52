"""Where the lines of a log go: standard output, or a file that can be rotated."""

import os
import select
from typing import Final, final

from librt.strings import BytesWriter
from mypy_extensions import i64

from tcpkit.errors import TcpkitError

STDOUT: Final = 1
BUFFER_SIZE: Final = 65536  # larger writes are no faster


class OutputClosed(Exception):
    """Nobody reads standard output any more (`| head`): the run ends quietly."""


@final
class LogFile:
    """Collects lines and writes BUFFER_SIZE bytes at a time, or at `flush`.

    `path` None means the open file `descriptor`, which is not closed. A file is
    appended to, and made if it is not there; a relative path is bound to the working
    directory of now.

    `write`, `flush`, `reopen` and `close` raise OutputClosed when a pipe has lost its
    reader and TcpkitError when the bytes cannot be written (a full disk). What could not
    be written is dropped: closing does not fail a second time.

    Raises TcpkitError if the file cannot be opened.
    """

    __slots__ = (
        "_buffer", "_descriptor", "_name", "_path", "bytes_written", "lines", "reopen_failures",
    )  # fmt: skip

    def __init__(self, path: str | None, descriptor: int = STDOUT) -> None:
        self._name = "standard output" if path is None else path
        self._path = "" if path is None else os.path.abspath(path)
        # Lines are copied: keeping the objects until there are 64 KiB of them makes the
        # allocator fetch and return pages for each write, at several times the cost.
        self._buffer = BytesWriter()
        self.lines: i64 = 0
        self.bytes_written: i64 = 0
        self.reopen_failures: i64 = 0
        self._descriptor: int = descriptor
        try:
            if path is None:
                # A descriptor closed by whoever started us would be given to the next
                # file that is opened.
                os.fstat(descriptor)
            else:
                self._descriptor = self._open()
        except OSError as error:
            raise TcpkitError(f"cannot write {self._name}: {error.strerror}") from None

    def write(self, line: bytes) -> None:
        """Take one line, with its newline."""
        self._buffer.write(line)
        self.lines += 1
        if len(self._buffer) >= BUFFER_SIZE:
            self.flush()

    def flush(self) -> None:
        """Write what was collected. Waits where a pipe is full."""
        if len(self._buffer):
            data = self._buffer.getvalue()
            self._buffer.truncate(0)
            self._write(data)

    def reopen(self) -> None:
        """Write what was collected and open the path anew, for a log that was rotated.

        Where that fails the old file is kept, a warning is logged and
        `reopen_failures` counts it. Standard output is only flushed.
        """
        self.flush()
        if not self._path or self._descriptor < 0:
            return
        try:
            fresh = self._open()
        except OSError as error:
            import logging  # takes 5 ms

            self.reopen_failures += 1
            logging.getLogger("tcpkit.sinks").warning(
                "cannot reopen %s: %s; still writing to the old file", self._name, error.strerror
            )
            return
        old = self._descriptor
        self._descriptor = fresh
        self._close(old)

    def close(self) -> None:
        """Write what was collected and close the file; a second call does nothing."""
        if self._descriptor < 0:
            return
        descriptor = self._descriptor
        try:
            self.flush()
        finally:
            self._descriptor = -1
            if self._path:
                self._close(descriptor)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(self._path, flags, 0o666)

    def _close(self, descriptor: int) -> None:
        try:
            os.close(descriptor)
        except OSError as error:
            raise TcpkitError(f"cannot write {self._name}: {error.strerror}") from None

    def _write(self, data: bytes) -> None:
        done = 0
        while done < len(data):
            try:
                written = os.write(self._descriptor, data[done:] if done else data)
            except BlockingIOError:
                self._wait()
                continue
            except BrokenPipeError:
                raise OutputClosed(self._name) from None
            except OSError as error:
                raise TcpkitError(f"cannot write {self._name}: {error.strerror}") from None
            done += written
            self.bytes_written += written

    def _wait(self) -> None:
        """Whoever shares the descriptor made it non-blocking: wait until it takes more."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        poll.poll()
