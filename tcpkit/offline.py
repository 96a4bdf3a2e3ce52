"""A run over capture files."""

import gc
import os
import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

from tcpkit.capture.savefile import Progress, Savefile
from tcpkit.config import Config
from tcpkit.errors import CaptureError, TcpkitError
from tcpkit.pipeline import Pipeline, tell
from tcpkit.sinks.log_file import OutputClosed

if TYPE_CHECKING:
    from tcpkit.script.script import Script

TICK_S = 0.25


class Reading(Progress):
    """What happens a few times a second while files are read.

    Log lines are flushed: the packets may come from a live pipe. How far the read has
    come is shown on one line of stderr, if that is a terminal.
    """

    def __init__(self, pipeline: Pipeline, shows: bool) -> None:
        self._pipeline = pipeline
        self._shows = shows
        self._shown = False
        self._next_s = time.monotonic() + TICK_S

    def advance(self, done: int, total: int | None) -> None:
        now_s = time.monotonic()
        if now_s < self._next_s:
            return
        self._next_s = now_s + TICK_S
        self._pipeline.flush()
        if not self._shows:
            return
        self._shown = True
        share = f" ({done * 100 // total} %)" if total else ""
        self._write(f"\rtcpkit: {done >> 20} MB read{share} ")

    def clear(self) -> None:
        if self._shown:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        try:
            os.write(2, text.encode())
        except OSError:
            self._shows = False


class Look:
    """Somebody who looks at what was read, before the summary."""

    wants_all = False  # to be shown what there is when the read was stopped, or had no packet, too

    def show(self, pipeline: Pipeline, packets: int, problem: str) -> None:
        """`problem` is what ended the read, "" for its end. Returns when the run shall end.

        Raises OutputClosed where nobody reads it.
        """
        raise NotImplementedError


def run(config: Config, script: "Script | None" = None, look: Look | None = None) -> int:
    """Trace `config.files`; the exit status. Raises TcpkitError before anything was read."""
    gc.disable()  # no cycles are made on the packet's path, and looking for them costs a tenth
    pipeline = Pipeline(config, [], script)
    reading = Reading(pipeline, sys.stderr is not None and sys.stderr.isatty())
    savefile = Savefile(pipeline.entrance, reading)
    if pipeline.overview is not None:
        pipeline.overview.counters = lambda: pipeline.counters(savefile.counts.numbers())

    def stop(number: int, frame: FrameType | None) -> None:
        savefile.stop = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    problem: TcpkitError | None = None
    try:
        try:
            savefile.read_files(config.files)
        except CaptureError as error:
            problem = error
        pipeline.finish()
        pipeline.close()
        if config.otlp and savefile.counts.packets:
            from tcpkit.otlp_run import send_once

            send_once(pipeline)
    except OutputClosed:
        pipeline.close_others()
        _ignore_stdout()
        return 0
    except TcpkitError as error:
        problem = error
    reading.clear()
    if look is not None and _is_shown(look, savefile, problem):
        told = "" if problem is None else str(problem)
        try:
            look.show(pipeline, savefile.counts.packets, told or _stopped(savefile))
        except OutputClosed:
            _ignore_stdout()
            return 0
    if not config.quiet and (problem is None or savefile.counts.packets):
        tell(pipeline.summary(savefile.counts.numbers()).rstrip("\n"))
    if problem is not None:
        raise problem
    return 0


def _is_shown(look: Look, savefile: Savefile, problem: TcpkitError | None) -> bool:
    if look.wants_all:
        return savefile.counts.packets > 0 or problem is None
    return savefile.counts.packets > 0 and not savefile.stop


def _stopped(savefile: Savefile) -> str:
    return "the read was interrupted" if savefile.stop else ""


def _ignore_stdout() -> None:
    """Nobody reads it: keep the interpreter from complaining about that at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
