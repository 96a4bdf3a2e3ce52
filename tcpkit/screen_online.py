"""The screen of `top` in front of a live capture, in the same event loop."""

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tcpkit import online
from tcpkit.config import Config
from tcpkit.errors import TcpkitError
from tcpkit.pipeline import tell
from tcpkit.screen_offline import what
from tcpkit.top.screen import TopScreen
from tcpkit.top.source import Figures, Source

if TYPE_CHECKING:
    from tcpkit.script.script import Script


class LiveSource(Source):
    """A capture that is going on."""

    def __init__(self, run: online.Online) -> None:
        tables = run.pipeline.top
        assert tables is not None
        super().__init__(tables, str(run.config.interface), what(run.config))
        self._run = run
        self._begin_ns = time.time_ns()

    def figures(self) -> Figures:
        pipeline = self._run.pipeline
        counts = self._run.capture.counts()
        return Figures(
            self._begin_ns,
            time.time_ns(),
            int(pipeline.decoder.counts.packets),
            sum(int(count) for count in pipeline.pairing.unpaired.values()),
            counts["dropped by the kernel"],
            counts["dropped by the interface"],
        )

    def interval(self) -> None:
        self.tables.interval(time.time_ns())


class OnScreen(online.Online):
    """A run that is looked at until the user quits. Its terminal going away ends it too."""

    async def start(self) -> None:
        await super().start()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.stop)

    async def until_stopped(self) -> None:
        assert self.config.top is not None
        screen = TopScreen(LiveSource(self), self.config.top)
        ended = asyncio.create_task(super().until_stopped())
        with _kept_off(self.pipeline.script):
            shown = asyncio.create_task(screen.run_async(mouse=False))
            await asyncio.wait((ended, shown), return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                screen.exit()
            self.stop()
            await asyncio.gather(ended, shown)
        if screen.return_code:
            raise TcpkitError("the screen failed")


@contextmanager
def _kept_off(script: "Script | None") -> Iterator[None]:
    """What a script complains of meanwhile is told afterwards: it does so once for each place."""
    told: list[str] = []
    if script is not None:
        script.tell = told.append
    try:
        yield
    finally:
        if script is not None:
            script.tell = tell
        for text in told:
            tell(text)


def run(config: Config, script: "Script | None") -> int:
    return online.run(config, script=script, kind=OnScreen)
