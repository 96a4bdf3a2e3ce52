"""A tcpkit that watches an interface while a test makes traffic."""

import json
import re
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

from tests.program import DEADLINE_S, Outcome, command, environment, wait_until
from tests.servers import free_port

READY = "tcpkit: capturing on "
_BUSY = "Address already in use"  # somebody else was given the port that was free
_ATTEMPTS = 5


class _DnsFields(TypedDict, total=False):
    """What only the lines of DNS have."""

    id: int
    attempts: int
    answers: int


class Row(_DnsFields):
    """The fields of the JSON line that the live tests look at."""

    time_ns: int
    transport: str
    client: str
    server: str
    command: str
    key: str | None
    request: str
    latency_ns: int | None
    request_first_ns: int
    request_last_ns: int
    reply_first_ns: int
    reply_last_ns: int
    request_bytes: int
    reply_bytes: int
    status: str
    code: str | None
    hits: int | None
    quality: str
    depth: int
    flags: list[str]


class PortNumbers(TypedDict):
    """What the stats port says about one server port."""

    total_reqs: int
    total_costs: int
    slow_reqs: int
    latencies: list[int]


class Tracer:
    """A running tcpkit: it has said that it captures."""

    def __init__(
        self, process: "subprocess.Popen[str]", ready: str, output: Path, errors: Path
    ) -> None:
        self.process = process
        self.ready = ready
        self.output = output
        self._errors = errors
        self._kept: str | None = None  # the log, when its folder is gone

    @property
    def stats_port(self) -> int:
        return int(self.ready.rpartition(":")[2])

    def text(self) -> str:
        """The log as it stands, whole lines."""
        if self._kept is not None:
            return self._kept
        text = self.output.read_text() if self.output.exists() else ""
        return text[: text.rfind("\n") + 1]

    def end(self) -> None:
        """Kill it if it still runs; its log can be read on."""
        self.process.kill()
        self.process.wait()
        self._kept = self.text()

    def rows(self) -> list[Row]:
        """The JSON log as it stands."""
        return [json.loads(line) for line in self.text().splitlines()]

    def rows_when(self, count: int) -> list[Row]:
        """The JSON log as soon as it has `count` lines."""
        wait_until(lambda: self.text().count("\n") >= count, f"{count} lines in the log")
        return self.rows()

    def asked(self) -> bytes:
        """What the stats port answers."""
        with socket.create_connection(("127.0.0.1", self.stats_port), DEADLINE_S) as client:
            return received(client)

    def numbers(self, port: int) -> PortNumbers:
        return numbers_of(self.asked(), port)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> Outcome:
        """End it as a user does. `out` is all that is in the log."""
        self.process.send_signal(number)
        status = self.process.wait(DEADLINE_S)
        return Outcome(status, self.output.read_text(), self.errors())

    def errors(self) -> str:
        """What it said on its standard error after that it captures."""
        return self._errors.read_text().removeprefix(f"{self.ready}\n")


def numbers_of(line: bytes, port: int) -> PortNumbers:
    ports: list[dict[str, PortNumbers]] = json.loads(line)
    return next(each[str(port)] for each in ports if str(port) in each)


def received(client: socket.socket) -> bytes:
    """Everything until the other end closes."""
    found = b""
    while data := client.recv(65536):
        found += data
    return found


@contextmanager
def tracing(
    *arguments: str | Path,
    interface: str = "lo",
    mode: str = "redis",
    prefix: Sequence[str] = (),
    json: bool = True,
    stats: bool = True,
    word: str = "",
) -> Iterator[Tracer]:
    """A tracer of `mode`, JSON lines in a file; killed at the end if it still runs.

    `prefix` goes before the command line; it must replace itself by what it starts. `word` is
    tcpkit's command, where it is not the log that is asked for.
    """
    with tempfile.TemporaryDirectory(prefix="tcpkit-live-") as name:
        folder = Path(name)
        options = ["-i", interface, "-m", mode, "-o", str(folder / "log")]
        options += ["-j"] if json else []
        words = [word] if word else []
        tracer = _started([*prefix, *command(*words, *options, *arguments)], stats, folder)
        try:
            yield tracer
        finally:
            tracer.end()


def _started(call: Sequence[str], stats: bool, folder: Path) -> Tracer:
    errors = folder / "errors"
    for _ in range(_ATTEMPTS):
        process = _spawned([*call, "-P", str(free_port() if stats else 0)], errors)
        said = errors.read_text()
        if said.startswith(READY):
            return Tracer(process, said.partition("\n")[0], folder / "log", errors)
        process.kill()
        process.wait()
        if _BUSY not in said:
            break
    raise RuntimeError(f"tcpkit did not start: {errors.read_text()}")


def _spawned(call: Sequence[str], errors: Path) -> "subprocess.Popen[str]":
    """A process that has said something on its standard error, `errors`, or has ended."""
    with errors.open("w") as file:
        process = subprocess.Popen(
            call, stdin=subprocess.DEVNULL, stderr=file, env=environment(), text=True
        )
    wait_until(lambda: "\n" in errors.read_text() or process.poll() is not None, "it starts")
    return process


def counter(summary: str, name: str) -> int:
    """A counter of the summary's paragraphs, 0 where it is not shown."""
    found = re.search(rf"\b{name} ([\d,]+)", summary)
    return int(found[1].replace(",", "")) if found else 0
