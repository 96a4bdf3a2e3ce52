"""What a command took: CPU time, wall time, memory."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


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
    """Run `command` in `folder`, what it prints thrown away.

    Raises CalledProcessError when it fails.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    return reaped(process, began)


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
into_null = [(os.POSIX_SPAWN_DUP2, null, descriptor) for descriptor in (0, 1, 2)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=into_null)
_, status, used = os.wait4(child, 0)
print(used.ru_maxrss)
sys.exit(status != 0)
"""


def peak_mb(command: Sequence[str], folder: Path) -> float:
    """Peak resident memory of `command`, in units of 10^6 bytes.

    Raises CalledProcessError when it fails.
    """
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command]
    said = subprocess.run(starter, cwd=folder, stdout=subprocess.PIPE, check=True).stdout
    return int(said) * 1024 / 1e6


def in_turn(
    first: Callable[[], Usage], second: Callable[[], Usage], pairs: int
) -> list[tuple[Usage, Usage]]:
    """Both in turn, `pairs` times after one warm-up that does not count."""
    first()
    second()
    return [(first(), second()) for _ in range(pairs)]


def repeated(once: Callable[[], Usage], times: int) -> list[Usage]:
    """`times` measurements after one warm-up."""
    once()
    return [once() for _ in range(times)]
