"""Runs tcpkit as a user does: a process of its own, its streams, its exit status."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import tcpkit

DEADLINE_S = 20.0  # many times what any run of a test takes
LOOK_AGAIN_S = 0.01


@dataclass(frozen=True)
class Outcome:
    """A process that has ended."""

    status: int
    out: str
    err: str


def command(*arguments: str | Path) -> list[str]:
    """The command line of the build that is under test."""
    return [sys.executable, "-m", "tcpkit", *map(str, arguments)]


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """In which the package under test is found from every folder; local time is UTC."""
    package = str(Path(tcpkit.__file__).parent.parent)
    return {**os.environ, "PYTHONPATH": package, "TZ": "UTC", **(changes or {})}


def tcpkit_run(
    *arguments: str | Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Outcome:
    """A whole run; `stdin` comes through a pipe."""
    done = subprocess.run(
        command(*arguments),
        input=stdin,
        capture_output=True,
        env=environment(env),
        cwd=cwd,
        timeout=DEADLINE_S,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def shell_run(script: str, *arguments: str | Path, cwd: Path | None = None) -> Outcome:
    """Run a script of sh, in which `"$@"` is tcpkit with `arguments`."""
    done = subprocess.run(
        ["sh", "-c", script, "sh", *command(*arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(),
        cwd=cwd,
        timeout=DEADLINE_S,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def assert_refused(outcome: Outcome, status: int, *words: str) -> None:
    """Nothing but one line `tcpkit: error: ...`, which has all `words`, and the exit status."""
    lines = outcome.err.splitlines()
    assert len(lines) == 1, outcome
    assert lines[0].startswith("tcpkit: error: "), outcome
    assert [word for word in words if word not in lines[0]] == [], outcome
    assert outcome.out == "", outcome
    assert outcome.status == status, outcome


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Look until `holds`; a failure of the test when it does not in DEADLINE_S."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline_s, f"not in {DEADLINE_S} s: {what}"
        time.sleep(LOOK_AGAIN_S)
