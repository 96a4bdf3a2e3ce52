"""A file that is written whole or not at all."""

import os
import stat
import tempfile

from tcpkit.errors import TcpkitError
from tcpkit.sinks.log_file import OutputClosed

STDOUT = 1


class WholeFile:
    """Takes the place of `path` once all of it is there; until then the old one stays.

    It is opened at once, in the same folder, so that a long run does not find out at its end
    that it may not write there. What is no plain file (a device, a pipe) is written as it is.
    `path` None is standard output.

    Raises TcpkitError where that fails, OutputClosed where nobody reads standard output any
    more; `abandon` leaves nothing behind.
    """

    def __init__(self, path: str | None) -> None:
        self.name = "standard output" if path is None else path
        self._path = "" if path is None else os.path.realpath(path)
        self._fresh = ""
        try:
            if path is None:
                os.fstat(STDOUT)
                self._descriptor = STDOUT
            elif _is_special(self._path):
                self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
            else:
                folder, name = os.path.split(self._path)
                self._descriptor, self._fresh = tempfile.mkstemp(".tmp", f".{name}.", folder)
        except OSError as error:
            raise TcpkitError(f"cannot write {self.name}: {error.strerror}") from None

    def write(self, data: bytes) -> None:
        """All of it; the file is there when this returns."""
        try:
            done = 0
            while done < len(data):
                done += os.write(self._descriptor, data[done:])
            if self._fresh:
                os.fchmod(self._descriptor, self._mode())
                os.fsync(self._descriptor)
            self._close()
            if self._fresh:
                os.replace(self._fresh, self._path)
                self._fresh = ""
        except BrokenPipeError:
            raise OutputClosed from None
        except OSError as error:
            raise TcpkitError(f"cannot write {self.name}: {error.strerror}") from None
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Take back what is not whole; nothing where it is."""
        fresh, self._fresh = self._fresh, ""
        try:
            self._close()
            if fresh:
                os.unlink(fresh)
        except OSError:
            return  # it was said why the file is not there

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor > STDOUT:
            os.close(descriptor)

    def _mode(self) -> int:
        """That of the file that is replaced, or what a new one gets."""
        try:
            return stat.S_IMODE(os.stat(self._path).st_mode)
        except FileNotFoundError:
            mask = os.umask(0)
            os.umask(mask)
            return 0o666 & ~mask


def _is_special(path: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:
        return False
