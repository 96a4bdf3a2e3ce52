"""When a run sends its numbers to a collector: at the end of files, live every few seconds."""

import asyncio
import os
from collections.abc import Callable

from tcpkit import __version__
from tcpkit.errors import TcpkitError
from tcpkit.export.otlp import Otlp, interval_s
from tcpkit.export.otlp_data import Snapshot, counted
from tcpkit.pipeline import Pipeline, tell

Tell = Callable[[str], None]


def snapshot_of(pipeline: Pipeline, start_ns: int, now_ns: int) -> Snapshot:
    """A copy of what was counted from the one time to the other."""
    series, mode = pipeline.series, pipeline.config.mode
    assert series is not None
    names = pipeline.names
    rows = series.rows() if names is None else names.table.rows()
    unanswered = series.unanswered()
    return Snapshot(mode, start_ns, max(now_ns, start_ns), counted(rows), unanswered)


def send_once(pipeline: Pipeline) -> None:
    """At the end of files, at their time. Raises TcpkitError."""
    table, first = pipeline.table, pipeline.first
    assert table is not None and first is not None
    otlp = Otlp(pipeline.config.otlp, __version__)
    try:
        otlp.send(snapshot_of(pipeline, int(first.first_ns), int(table.now_ns)))
    finally:
        otlp.close()


class OtlpTimer:
    """Sends every few seconds in a thread of its own, never twice at once.

    A collector that fails is told once, and once more when it works again; `numbers` has the
    counts. `now_ns` is the clock of the run.
    """

    def __init__(self, pipeline: Pipeline, now_ns: Callable[[], int], say: Tell = tell) -> None:
        self._pipeline = pipeline
        self._now_ns = now_ns
        self._say = say
        self._otlp = Otlp(pipeline.config.otlp, __version__)
        self._start_ns = now_ns()
        self._interval_s = interval_s(os.environ)
        self._skipped = 0  # a send was due while the one before went on
        self._sending: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_failing = False

    def start(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._interval_s, self._tick)

    def _tick(self) -> None:
        self.start()
        if self._sending is not None and not self._sending.done():
            self._skipped += 1
            return
        self._sending = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        snapshot = snapshot_of(self._pipeline, self._start_ns, self._now_ns())
        try:
            await asyncio.to_thread(self._otlp.send, snapshot)
        except TcpkitError as error:
            if not self._is_failing:
                self._say(f"tcpkit: --otlp: {error}")
            self._is_failing = True
            return
        if self._is_failing:
            self._say("tcpkit: --otlp: the collector takes the numbers again")
        self._is_failing = False

    async def finish(self) -> None:
        """The run is over: send the last numbers, unless the collector failed before."""
        if self._timer is not None:
            self._timer.cancel()
        if self._sending is not None:
            await self._sending
        if not self._is_failing:
            await self._send()
        self._otlp.close()

    def numbers(self) -> dict[str, int]:
        return {
            "otlp exports": self._otlp.sent,
            "otlp exports failed": self._otlp.failed,
            "otlp exports skipped": self._skipped,
        }
