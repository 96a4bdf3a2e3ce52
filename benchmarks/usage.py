"""What a command took: CPU time, wall time, memory."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from typing import IO, TypeVar


class ProgramFailed(Exception):
    """What was measured did not end well; says what it said."""


Measured = TypeVar("Measured")

_PIPE_BYTES = 65536


@dataclass(frozen=True)
class Usage:
    """Of one process and those it has waited for."""

    cpu_s: float  # user plus system
    wall_s: float


@dataclass(frozen=True)
class Spread:
    """Several measurements of one thing."""

    middle: float
    least: float
    most: float

    @staticmethod
    def of(values: Sequence[float]) -> "Spread":
        return Spread(median(values), min(values), max(values))


def run(command: Sequence[str], folder: Path) -> Usage:
    """Run `command` in `folder`, what it logs thrown away. Raises ProgramFailed."""
    with TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            cwd=folder,
        )
        try:
            return reaped(process, began)
        except subprocess.CalledProcessError as failure:
            raise _failure(command, said) from failure


def reaped(process: "subprocess.Popen[bytes]", began: float) -> Usage:
    """Wait for the end of `process`, which was started at `began` of `perf_counter`.

    Raises CalledProcessError when it failed.
    """
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return Usage(used.ru_utime + used.ru_stime, wall_s)


# The system counts the memory of whoever starts a program as the program's own; this
# starter is smaller than any program in Python.
_STARTER = """
import os, sys
null = os.open(os.devnull, os.O_RDWR)
child = os.posix_spawn(
    sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)]
)
_, status, used = os.wait4(child, 0)
print(used.ru_maxrss)
sys.exit(status != 0)
"""


@dataclass(frozen=True)
class Peak:
    """`mb`: resident memory in units of 10^6 bytes; `said`: on stderr."""

    mb: float
    said: str


def peak(
    command: Sequence[str], folder: Path, feed: Callable[[IO[bytes]], None] | None = None
) -> Peak:
    """Run `command`, whose standard input `feed` writes; most memory. Raises ProgramFailed."""
    with TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _STARTER, *command],
            stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=folder,
            bufsize=_PIPE_BYTES,
        )
        try:
            with process:
                assert process.stdout is not None
                if feed is not None and process.stdin is not None:
                    feed(process.stdin)
                    process.stdin.close()
                printed = process.stdout.read()
        except BrokenPipeError as gone:
            raise _failure(command, said) from gone
        if process.returncode:
            raise _failure(command, said)
        said.seek(0)
        return Peak(int(printed) * 1024 / 1e6, said.read().decode())


def _failure(command: Sequence[str], said: IO[bytes]) -> ProgramFailed:
    said.seek(0)
    return ProgramFailed(f"{' '.join(command)}: {said.read().decode().strip()}")


def in_turn(
    first: Callable[[], Measured], second: Callable[[], Measured], pairs: int
) -> list[tuple[Measured, Measured]]:
    """Both in turn, `pairs` times after one warm-up that does not count."""
    first()
    second()
    return [(first(), second()) for _ in range(pairs)]


def repeated(once: Callable[[], Usage], times: int) -> list[Usage]:
    """`times` measurements after one warm-up."""
    once()
    return [once() for _ in range(times)]
