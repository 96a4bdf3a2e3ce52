"""What of the tables is looked at: view, order, filter, and how far down."""

from collections.abc import Sequence
from typing import Final

from tcpkit.config import TopOptions
from tcpkit.metrics.top_row import SORTS, VIEWS, TopRow
from tcpkit.metrics.top_tables import TopTables
from tcpkit.top.time_limit import at_most

SEARCH_S: Final = 0.5  # of the capture's time, once a second: the kernel's buffer holds more
MAX_SKIP: Final = 1_000  # rows: who looks further down wants a filter, or a report


class View:
    """The choices made with the keys; `options` are where they begin."""

    def __init__(self, options: TopOptions) -> None:
        self.view = options.view
        self.sort = options.sort
        self.min_rate = options.min_rate
        self.min_bytes_rate = options.min_bytes_rate
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
        self.choose(VIEWS[(VIEWS.index(self.view) + by) % len(VIEWS)])

    def order(self, sort: str) -> None:
        self.sort = sort
        self.skip = 0

    def next_order(self) -> None:
        self.order(SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)])

    def rows(self, tables: TopTables, height: int) -> list[TopRow]:
        """What there is to show on `height` lines. Raises TookTooLong: the filter."""
        if not self.pattern:
            return self._rows(tables, height)
        with at_most(SEARCH_S):
            return self._rows(tables, height)

    def _rows(self, tables: TopTables, height: int) -> list[TopRow]:
        found = tables.rows(
            self.view,
            self.sort,
            self.skip + height,
            self.pattern,
            self.min_rate,
            self.min_bytes_rate,
        )
        return found[self.skip :]

    def match(self, pattern: str) -> None:
        self.pattern = pattern
        self.skip = 0

    def scroll(self, by: int) -> None:
        self.skip = min(max(self.skip + by, 0), MAX_SKIP)
