"""Lines of a terminal, and the widget that shows them: nothing in their text is markup."""

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

PLAIN: Final = Style.null()
FAINT: Final = Style(dim=True)
STRONG: Final = Style(bold=True)
MARKED: Final = Style(reverse=True)
ALARM: Final = Style(bold=True, color="red")

Line = list[Segment]


def line(text: str, style: Style = PLAIN) -> Line:
    return [Segment(text, style)]


def spread(left: Line, right: Line, width: int) -> Line:
    """`right` at the right edge, if both fit; otherwise `left` alone."""
    room = width - sum(len(segment.text) for segment in [*left, *right])
    if room < 1:
        return left
    return [*left, Segment(" " * room, PLAIN), *right]


class Lines(Widget):
    """As many lines as it is high; a line is drawn again when it has changed."""

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self._strips: list[Strip] = []

    def show(self, lines: Sequence[Line]) -> None:
        """These lines from now on, the first at the top."""
        before, self._strips = self._strips, [Strip(segments) for segments in lines]
        height = min(max(len(before), len(self._strips)), self.size.height)
        changed = [place for place in range(height) if self._differs(before, place)]
        if changed:
            self.refresh(*(Region(0, place, self.size.width, 1) for place in changed))

    def text(self) -> list[str]:
        """What is shown, for those who cannot see it."""
        width = self.size.width
        shown = (self._strips + [Strip([])] * self.size.height)[: self.size.height]
        return [strip.crop(0, width).text.rstrip() for strip in shown]

    def _differs(self, before: Sequence[Strip], place: int) -> bool:
        if place >= len(before) or place >= len(self._strips):
            return True
        return before[place] != self._strips[place]

    def render_line(self, y: int) -> Strip:
        if y >= len(self._strips):
            return Strip.blank(self.size.width)
        return self._strips[y].adjust_cell_length(self.size.width)
