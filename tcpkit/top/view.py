"""What of the tables is looked at: view, order, filter, and how far down."""

from collections.abc import Sequence
from typing import Final

from tcpkit.metrics.top_row import SORTS, TopRow

MAX_SKIP: Final = 1_000  # rows: who looks further down wants a filter, or a report


class View:
    """The choices made with the keys. `view` is one of `views`, `sort` one of SORTS."""

    def __init__(self, views: tuple[str, ...]) -> None:
        self.views = views
        self.view = views[0]
        self.sort = SORTS[0]
        self.pattern = ""
        self.skip = 0  # rows above the first one that is shown
        self.paused = False
        # Whether there was anything for these columns: they stay, so that nothing jumps.
        self.hits = False
        self.errors = False
        self.longest = 0  # of the names

    def choose(self, view: str) -> None:
        self.view = view
        self.skip = 0
        self.hits = self.errors = False
        self.longest = 0

    def seen(self, rows: Sequence[TopRow]) -> None:
        """These are shown: the columns make room for what is in them."""
        for row in rows:
            self.hits |= row.lookups > 0
            self.errors |= row.requests_error > 0 or row.bytes_error > 0 or row.time_error > 0
            self.longest = max(self.longest, len(row.name))

    def step(self, by: int) -> None:
        """The view `by` places further on, round and round."""
        place = self.views.index(self.view) + by
        self.choose(self.views[place % len(self.views)])

    def order(self, sort: str) -> None:
        self.sort = sort
        self.skip = 0

    def next_order(self) -> None:
        self.order(SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)])

    def match(self, pattern: str) -> None:
        self.pattern = pattern
        self.skip = 0

    def scroll(self, by: int) -> None:
        self.skip = min(max(self.skip + by, 0), MAX_SKIP)
