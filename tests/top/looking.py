"""The screen over real captures, read by the real rooms, as a person uses it: keys and a look."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.events import Paste
from textual.pilot import Pilot

from tcpkit.capture.savefile import Savefile
from tcpkit.config import Config, TopOptions
from tcpkit.options import parse
from tcpkit.pipeline import Pipeline
from tcpkit.screen_offline import FileSource, what
from tcpkit.top.screen import TopScreen
from tcpkit.top.source import Figures, Source

PCAPS = Path(__file__).resolve().parent.parent.parent / "pcaps"
WIDE = (200, 60)
NARROW = (80, 24)


def config_of(paths: Sequence[Path], mode: str) -> Config:
    reads = [word for path in paths for word in ("-r", str(path))]
    return parse(["top", *reads, "-m", mode])._replace(top=TopOptions())


def file_source(path: Path, mode: str = "redis", problem: str = "") -> FileSource:
    """What `tcpkit top -r path -m mode` shows."""
    pipeline = Pipeline(config_of([path], mode), [], None)
    savefile = Savefile(pipeline.entrance)
    savefile.read_files([str(path)])
    pipeline.finish()
    return FileSource(pipeline, int(savefile.counts.packets), problem)


class GrowingSource(Source):
    """A live one: each second brings the packets of one more file."""

    def __init__(self, paths: Sequence[Path], mode: str = "redis") -> None:
        self._pipeline = Pipeline(config_of(paths, mode), [], None)
        assert self._pipeline.top is not None
        super().__init__(self._pipeline.top, "lo", what(self._pipeline.config))
        self._savefile = Savefile(self._pipeline.entrance)
        self._left = [str(path) for path in paths]
        self._second = 0
        self.dropped = 0

    def figures(self) -> Figures:
        now_ns = (1_000 + self._second) * 1_000_000_000
        packets = int(self._savefile.counts.packets)
        return Figures(1_000_000_000_000, now_ns, packets, 0, self.dropped, 0)

    def interval(self) -> None:
        if self._left:
            self._savefile.read_files([self._left.pop(0)])
        self._second += 1
        self.tables.interval(self.figures().now_ns)


@dataclass(frozen=True)
class Look:
    """The lines of the terminal from top to bottom."""

    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def title(self) -> int:
        """The line over the rows."""
        return next(place for place, line in enumerate(self.lines) if "req/s" in line)

    @property
    def rows(self) -> list[dict[str, str]]:
        """What stands below each title; the name is `name`."""
        titles = self.lines[self.title]
        below = self.lines[self.title + 1 : -1]
        return [_cells(titles, line) for line in below if line.strip()]

    @property
    def names(self) -> list[str]:
        return [row["name"] for row in self.rows]


def _cells(titles: str, line: str) -> dict[str, str]:
    """Titles and numbers end in the same column; the first number has 5 characters."""
    ends = [found.end() for found in re.finditer(r"\S+", titles)][1:]
    begin = ends[0] - 5
    cells = {"name": line[:begin].strip()}
    for end in ends:
        cells[titles[begin:end].strip()] = line[begin:end].strip()
        begin = end
    return cells


def on_screen(screen: TopScreen) -> Look:
    """What a person sees."""
    strips = screen.screen._compositor.render_strips()
    return Look([strip.text.rstrip() for strip in strips])


class Person:
    """Presses keys, and looks."""

    def __init__(self, pilot: Pilot[None], screen: TopScreen) -> None:
        self._pilot = pilot
        self._screen = screen

    async def press(self, *keys: str) -> Look:
        """Press them; `paste:TEXT` pastes a text."""
        for key in keys:
            if key.startswith("paste:"):
                self._screen.screen.post_message(Paste(key.removeprefix("paste:")))
            else:
                await self._pilot.press(key)
        await self._pilot.pause()
        return self.look()

    async def second(self) -> Look:
        """Wait until the screen was told that a second is over."""
        self._screen.tick()
        await self._pilot.pause()
        return self.look()

    async def resize(self, width: int, height: int) -> Look:
        await self._pilot.resize_terminal(width, height)
        await self._pilot.pause()
        return self.look()

    def look(self) -> Look:
        return on_screen(self._screen)


def after(
    source: Source,
    *keys: str,
    size: tuple[int, int] = NARROW,
    options: TopOptions | None = None,
) -> Look:
    """What is on the screen after these keys."""

    async def use() -> Look:
        screen = TopScreen(source, options or TopOptions())
        async with screen.run_test(size=size) as pilot:
            await pilot.pause()
            return await Person(pilot, screen).press(*keys)

    return asyncio.run(use())
