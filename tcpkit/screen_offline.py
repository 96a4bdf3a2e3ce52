"""The screen of `top` over what was read from capture files."""

import asyncio
import gc
import signal
from typing import TYPE_CHECKING

from tcpkit import offline
from tcpkit.capture.reader import shown
from tcpkit.config import Config
from tcpkit.errors import TcpkitError
from tcpkit.pipeline import Pipeline
from tcpkit.top.screen import TopScreen
from tcpkit.top.source import Figures, Source

if TYPE_CHECKING:
    from tcpkit.script.script import Script


class FileSource(Source):
    """Captures that were read to their end: nothing changes any more."""

    live = False

    def __init__(self, pipeline: Pipeline, packets: int, problem: str) -> None:
        assert pipeline.top is not None
        files = pipeline.config.files
        others = f" and {len(files) - 1} more" if len(files) > 1 else ""
        super().__init__(pipeline.top, shown(files[0]) + others, what(pipeline.config), problem)
        self._pairing = pipeline.pairing
        self._packets = packets

    def figures(self) -> Figures:
        totals = self.tables.totals
        return Figures(
            max(int(totals.first_ns), 0),
            max(int(totals.last_ns), 0),
            self._packets,
            sum(int(count) for count in self._pairing.unpaired.values()),
        )

    def interval(self) -> None:
        """The rates were told when the read ended: over all of it."""


class ScreenLook(offline.Look):
    """Shows the screen until the user quits, or a signal comes."""

    def show(self, pipeline: Pipeline, packets: int, problem: str) -> None:
        gc.enable()  # what draws makes cycles
        assert pipeline.config.top is not None
        screen = TopScreen(FileSource(pipeline, packets, problem), pipeline.config.top)
        asyncio.run(_show(screen))


async def _show(screen: TopScreen) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, screen.exit)
    await screen.run_async(mouse=False)
    if screen.return_code:
        raise TcpkitError("the screen failed")


def what(config: Config) -> str:
    """Mode and ports, for the screen's first line."""
    ports = ",".join(map(str, config.ports))
    return f"{config.mode} {ports}{' udp' if config.udp else ''}"


def run(config: Config, script: "Script | None") -> int:
    return offline.run(config, script, ScreenLook())
