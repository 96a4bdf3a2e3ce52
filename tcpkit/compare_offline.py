"""`tcpkit compare`: reads two captures, one after the other, and tells what changed."""

import gc
import os
import signal
import sys
from types import FrameType
from typing import final

from tcpkit import __version__
from tcpkit.capture.reader import known_size, protect_inputs, shown
from tcpkit.capture.savefile import Savefile
from tcpkit.compare.result import Comparison, as_object, compare
from tcpkit.compare.side import Side
from tcpkit.config import CompareOptions, Config
from tcpkit.errors import CaptureError, TcpkitError
from tcpkit.offline import Reading
from tcpkit.pipeline import Pipeline, tell
from tcpkit.sinks.log_file import LogFile, OutputClosed
from tcpkit.whole_file import WholeFile

STOPPED = "it was interrupted"


@final
class _Stop:
    """Ctrl-C and SIGTERM: end the read that goes on, and begin no other one."""

    def __init__(self) -> None:
        self.asked = False
        self.savefile: Savefile | None = None
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        if self.savefile is not None:
            self.savefile.stop = True


def run(config: Config, options: CompareOptions) -> int:
    """Compare the two files of `config`; the exit status.

    Raises TcpkitError: before anything was read, or, where a capture is cut or damaged, after
    what there is was compared.
    """
    gc.disable()  # no cycles are made on the packet's path, and looking for them costs a tenth
    for path in config.files:
        known_size(path)  # that B is not there should not show after A was read
    for output in (config.output, options.page):
        if output is not None:
            protect_inputs(output, config.files)
    log = LogFile(config.output)
    stop = _Stop()
    sides: list[Side] = []
    first: TcpkitError | None = None
    for label, path in zip("AB", config.files, strict=True):
        if stop.asked:
            tell("tcpkit: interrupted before B was read: there is nothing to compare")
            return 0
        side, problem, packets = _read(config._replace(files=(path,), output=None), label, stop)
        if problem is not None:
            if not packets:
                raise problem
            first = first or problem
        sides.append(side)
    comparison = compare(
        config.mode, config.ports, sides[0], sides[1], options.resamples, options.seed
    )
    try:
        _write(comparison, config, options, log)
    except OutputClosed:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    if first is not None:
        raise first
    return 0


def _read(config: Config, label: str, stop: _Stop) -> tuple[Side, TcpkitError | None, int]:
    """One capture, what ended its read too early, and its packets."""
    pipeline = Pipeline(config, [], None)
    assert pipeline.comparing is not None
    reading = Reading(pipeline, sys.stderr is not None and sys.stderr.isatty())
    savefile = stop.savefile = Savefile(pipeline.entrance, reading)
    savefile.stop = stop.asked
    problem: TcpkitError | None = None
    try:
        savefile.read_files(config.files)
    except CaptureError as error:
        problem = error
    pipeline.finish()
    pipeline.close()
    reading.clear()
    why = "" if problem is None else str(problem)
    if savefile.stop and problem is None:
        why = STOPPED
    counters = pipeline.counters(savefile.counts.numbers())
    side = Side(label, shown(config.files[0]), pipeline.comparing, pipeline.pairing, counters, why)
    return side, problem, int(savefile.counts.packets)


def _write(comparison: Comparison, config: Config, options: CompareOptions, log: LogFile) -> None:
    if options.page is not None:
        from tcpkit.compare.page import render as page

        text = page(comparison, _sheet())
        WholeFile(options.page).write(text.encode("utf-8", "backslashreplace"))
    if options.page is None or not config.quiet:
        if config.json:
            from tcpkit.sinks.json_line import JsonLine

            log.write(JsonLine().encode(as_object(comparison, __version__)))
        else:
            from tcpkit.compare.text import render

            log.write(render(comparison).encode("utf-8", "backslashreplace"))
    log.close()


def _sheet() -> str:
    """The style sheet of all pages."""
    from importlib.resources import files

    return files("tcpkit.page").joinpath("assets/page.css").read_text(encoding="utf-8")
