"""Where the bytes of a capture file come from: files, pipes, standard input."""

import os
import stat
from collections.abc import Sequence
from io import FileIO
from typing import Final, final

from mypy_extensions import mypyc_attr

from tcpkit.errors import CaptureError

STDIN: Final = "-"

# Read this much at a time: what is larger comes fresh from the system, and is paid for in page
# faults.
CHUNK: Final = 65536

# How long an idle pipe may keep a reader from seeing that it is to stop.
_PATIENCE_S: Final = 0.2


@mypyc_attr(allow_interpreted_subclasses=True)
class RawReader:
    """Reads like an unbuffered file."""

    __slots__ = ()

    def read(self, size: int) -> bytes | None:
        """At most `size` bytes; b"" at the end; None when nothing has come yet."""
        raise NotImplementedError


def one_line(path: str) -> str:
    """`path` as it stands in a message.

    >>> one_line("a b.pcap"), one_line("a\\nb")
    ('a b.pcap', "'a\\\\nb'")
    """
    return path if path.isprintable() else repr(path)


def shown(path: str) -> str:
    """As `one_line`, for a path that is read."""
    return "standard input" if path == STDIN else one_line(path)


def known_size(path: str) -> int | None:
    """The size of a regular file in bytes, None for a pipe or a device.

    Raises CaptureError when there is no such file, it is a directory, or access is denied.
    """
    try:
        status = os.fstat(0) if path == STDIN else os.stat(path)
    except OSError as error:
        raise unreadable(path, error.strerror) from None
    if stat.S_ISDIR(status.st_mode):
        raise unreadable(path, "Is a directory")
    if path != STDIN and not os.access(path, os.R_OK):
        raise unreadable(path, "Permission denied")
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def protect_inputs(path: str, inputs: Sequence[str]) -> None:
    """Raises CaptureError when to write `path` would destroy one of the files being read."""
    if any(_same_file(path, other) for other in inputs):
        raise CaptureError(f"cannot write {one_line(path)}: it is the capture being read")


def _same_file(path: str, other: str) -> bool:
    try:
        target = os.stat(path)
        source = os.fstat(0) if other == STDIN else os.stat(other)
    except OSError:
        return False
    return stat.S_ISREG(target.st_mode) and os.path.samestat(target, source)


def unreadable(path: str, why: str | None) -> CaptureError:
    return CaptureError(f"cannot read {shown(path)}: {why}")


def _open_at_once(path: str, flags: int) -> int:
    # Opening a named pipe otherwise waits for its writer, and cannot be told to stop.
    return os.open(path, flags | os.O_NONBLOCK)


@final
class InputFile(RawReader):
    """An open capture file, read as it lies: not decompressed."""

    __slots__ = ("_file", "_path", "_waits", "position")

    def __init__(self, path: str) -> None:
        """Raises CaptureError when `path` cannot be opened."""
        self.position = 0  # bytes read so far
        self._path = path
        self._waits = known_size(path) is None
        try:
            if path == STDIN:
                self._file = FileIO(0, "rb", closefd=False)
            else:
                self._file = FileIO(path, "rb", opener=_open_at_once)
        except OSError as error:
            raise unreadable(path, error.strerror) from None

    def read(self, size: int) -> bytes | None:
        """As RawReader; None after a short while of waiting for a pipe or its writer.

        Raises CaptureError when the system cannot read on.
        """
        try:
            if self._waits and not self._ready():
                return None
            data = self._file.read(size)
        except OSError as error:
            raise unreadable(self._path, error.strerror) from None
        if data is not None:
            self.position += len(data)
        return data

    def _ready(self) -> bool:
        from select import select

        return bool(select([self._file], [], [], _PATIENCE_S)[0])

    def close(self) -> None:
        self._file.close()
