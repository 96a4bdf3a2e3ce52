"""The live screen: header, table and keys, on what a Source shows."""

import re
import warnings
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.widgets import Input

from tcpkit.config import TopOptions
from tcpkit.metrics.top_row import VIEWS, TopRow
from tcpkit.top import header
from tcpkit.top.cells import safe
from tcpkit.top.columns import Layout
from tcpkit.top.keyboard import HELP, bindings, hints
from tcpkit.top.lines import ALARM, FAINT, MARKED, PLAIN, STRONG, Line, Lines, line
from tcpkit.top.source import Source
from tcpkit.top.terminal import PatientDriver
from tcpkit.top.time_limit import TookTooLong
from tcpkit.top.view import View

REDRAW_S: Final = 1.0
MAX_PATTERN: Final = 200
_ROOM: Final = 10  # the least width that is drawn for
_NS_PER_S: Final = 1_000_000_000


class TopScreen(App[None]):
    """Shows `source` until the user quits, or `exit` is called.

    It is drawn once a second and at each key, never faster than the terminal takes it,
    and asks the tables for as many rows as it shows.
    """

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None  # the keys are the screen's, until a filter is typed
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]
    CSS = f"""
    Screen {{ background: ansi_default; color: ansi_default; overflow: hidden; }}
    Lines {{ background: ansi_default; color: ansi_default; }}
    #header {{ height: {header.HEIGHT}; }}
    #bar, #note {{ height: 1; }}
    #table {{ height: 1fr; }}
    #footer {{ height: 1; }}
    #filter {{ height: 1; border: none; padding: 0; display: none;
               background: ansi_default; color: ansi_default; }}
    """

    def __init__(self, source: Source, options: TopOptions) -> None:
        super().__init__(driver_class=PatientDriver, ansi_color=True)
        self.source = source
        self.choice = View(options)
        self.head = Lines("header")
        self.bar = Lines("bar")
        self.note = Lines("note")
        self.table = Lines("table")
        self.footer = Lines("footer")
        self.prompt = Input(
            id="filter",
            compact=True,
            placeholder="regular expression",
            max_length=MAX_PATTERN,
            select_on_focus=False,
        )
        self.prompt.cursor_blink = False
        self.rows: list[TopRow] = []
        self._helps = False
        self._fault = ""  # of the filter
        self._packet_rate = 0.0
        self._before = (0, 0)  # capture time and packets at the last redraw

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.bar
        yield self.note
        yield self.table
        yield self.prompt
        yield self.footer

    def on_mount(self) -> None:
        self.tick()
        self.set_interval(REDRAW_S, self.tick if self.source.live else self._catch_up)

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self._look)

    # What happens once a second.

    def tick(self) -> None:
        """A second is over."""
        self.source.interval()
        self._count_packets()
        if not self._catch_up():
            return
        if self.choice.paused:
            self._draw()
        else:
            self._look()

    def _count_packets(self) -> None:
        """Packets a second since the last time, of a file over all of it."""
        figures = self.source.figures()
        since_ns, packets = self._before
        if not since_ns:
            since_ns = figures.begin_ns
        passed_ns = figures.now_ns - since_ns
        if passed_ns > 0:
            self._packet_rate = (figures.packets - packets) * _NS_PER_S / passed_ns
        self._before = (figures.now_ns, figures.packets)

    def _catch_up(self) -> bool:
        """Whether the terminal takes what is drawn; all is drawn anew if it did not."""
        driver = self._driver
        if not isinstance(driver, PatientDriver):
            return True
        if driver.behind:
            return False
        if driver.lost:
            driver.lost = False
            self.screen.refresh()
        return True

    # What is drawn.

    def _look(self) -> None:
        """Draw the tables as they are now."""
        self.rows = self._ask()
        self.choice.seen(self.rows)
        self._draw()

    def _ask(self) -> list[TopRow]:
        tables, height = self.source.tables, self.size.height  # a few rows too many
        try:
            return self.choice.rows(tables, height)
        except TookTooLong:
            self._fault = f"takes too long, taken off: {self.choice.pattern}"
            self.choice.match("")
            return self.choice.rows(tables, height)

    def _draw(self) -> None:
        width = max(self.size.width, _ROOM)
        self.head.show(
            header.header(
                self.source,
                self.source.figures(),
                self._packet_rate,
                self.choice,
                width,
            )
        )
        self.bar.show([self._bar()])
        note = self._note()
        self.note.display = bool(note)
        self.note.show([note])
        self.table.show(self._help_lines() if self._helps else self._table_lines(width))
        self.footer.show([self._hints()])

    def _bar(self) -> Line:
        """The views, the one that is shown marked."""
        views: Line = []
        for place, view in enumerate(VIEWS, 1):
            style = MARKED if view == self.choice.view else PLAIN
            views += [Segment(f" {place} {view} ", style), Segment(" ", PLAIN)]
        return views

    def _note(self) -> Line:
        """The filter, or what is wrong with it, or with the capture."""
        if self._fault:
            return line(f"filter {safe(self._fault)}", ALARM)
        if self.prompt.display:
            return line("show names in which this is found; Enter: do so, Esc: show all", FAINT)
        if self.choice.pattern:
            return line(f"filter /{safe(self.choice.pattern)}/", STRONG)
        return line(safe(self.source.problem), ALARM) if self.source.problem else []

    def _table_lines(self, width: int) -> list[Line]:
        choice = self.choice
        layout = Layout(width, choice.sort, choice.hits, choice.errors, choice.longest)
        title = layout.title(choice.view.removesuffix("s"))
        begin, end = layout.sorted_place()
        lines: list[Line] = [_picked(title, begin, end, FAINT, MARKED)]
        if not self.rows:
            return [*lines, line(self._nothing(), FAINT)]
        return lines + [_picked(layout.line(row), begin, end, PLAIN, STRONG) for row in self.rows]

    def _nothing(self) -> str:
        """Why there are no rows."""
        if self.choice.pattern:
            return f"no name matches /{safe(self.choice.pattern)}/: Esc takes the filter off"
        return "nothing further down" if self.choice.skip else "no requests seen yet"

    def _help_lines(self) -> list[Line]:
        return [line(text) for text in HELP.splitlines()]

    def _hints(self) -> Line:
        found: Line = []
        for key, effect in hints(self.source.live):
            found += [Segment(f" {key} ", MARKED), Segment(f" {effect}  ", PLAIN)]
        return found

    # What the keys do.

    def action_sort(self, sort: str) -> None:
        self.choice.order(sort)
        self._look()

    def action_next_sort(self) -> None:
        self.choice.next_order()
        self._look()

    def action_view(self, view: str) -> None:
        self.choice.choose(view)
        self._look()

    def action_next_view(self, by: int) -> None:
        self.choice.step(by)
        self._look()

    def action_pause(self) -> None:
        if self.source.live:
            self.choice.paused = not self.choice.paused
            self._look()

    def action_reset(self) -> None:
        if self.source.live:
            self.source.tables.reset()
            self.choice.choose(self.choice.view)
            self._look()

    def action_help(self) -> None:
        self._helps = not self._helps
        self._draw()

    def action_scroll_rows(self, by: int) -> None:
        self.choice.scroll(by)
        self._look()

    def action_scroll_pages(self, by: int) -> None:
        self.action_scroll_rows(by * max(self.table.size.height - 1, 1))

    def action_first_rows(self) -> None:
        self.choice.skip = 0
        self._look()

    def action_filter(self) -> None:
        self._helps = False
        self._fault = ""
        self.prompt.value = self.choice.pattern
        self.prompt.display = True
        self.footer.display = False
        self.prompt.focus()
        self._draw()

    def action_leave(self) -> None:
        """Escape: leave the help, else the filter."""
        if self._helps:
            self.action_help()
            return
        self._fault = ""
        self.choice.match("")
        self._end_filter()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._fault = _fault_of(event.value)
        if self._fault:
            self._draw()
            return
        self.choice.match(event.value)
        self._end_filter()

    def _end_filter(self) -> None:
        self.prompt.display = False
        self.footer.display = True
        self.set_focus(None)
        self._look()


def _fault_of(pattern: str) -> str:
    """Why it is no regular expression; "" if it is one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what `[[` may mean one day
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"wrong: {error}"
    return ""


def _picked(text: str, begin: int, end: int, style: Style, picked: Style) -> Line:
    """A line with the part of it in which the order stands in a style of its own."""
    return [
        Segment(text[:begin], style),
        Segment(text[begin:end], picked),
        Segment(text[end:], style),
    ]
