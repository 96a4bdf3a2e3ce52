"""The columns of the table: which ones a width has room for, and what is in them."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tcpkit.metrics.top_row import BYTES, REQUESTS, SLOWEST, TIME, TopRow
from tcpkit.top.cells import count, fitted, safe, share, short, span

NAME_WIDTH: Final = 24  # columns give way until the name has as much


class Column(NamedTuple):
    """One number of a row. `give_way`: the highest is left out first; 0 never is."""

    title: str
    width: int
    text: Callable[[TopRow], str]
    sort: str = ""  # the order that goes by it
    give_way: int = 0


def _rate(row: TopRow) -> str:
    return short(row.rate)


def _hits(row: TopRow) -> str:
    return share(row.hits, row.lookups)


def _bytes_rate(row: TopRow) -> str:
    return short(row.bytes_rate)


def _p50(row: TopRow) -> str:
    return span(row.p50_ns)


def _p99(row: TopRow) -> str:
    return span(row.p99_ns)


def _max(row: TopRow) -> str:
    return span(row.max_ns)


def _time(row: TopRow) -> str:
    return span(row.time_ns)


def _bytes(row: TopRow) -> str:
    return short(row.bytes)


def _requests(row: TopRow) -> str:
    return count(row.requests)


def _requests_error(row: TopRow) -> str:
    return f"+{short(row.requests_error)}" if row.requests_error else ""


def _bytes_error(row: TopRow) -> str:
    return f"+{short(row.bytes_error)}" if row.bytes_error else ""


def _time_error(row: TopRow) -> str:
    return f"+{span(row.time_error)}" if row.time_error else ""


HITS: Final = Column("hits", 5, _hits)
COLUMNS: Final = (
    Column("req/s", 5, _rate),
    HITS,
    Column("B/s", 5, _bytes_rate),
    Column("p50", 6, _p50, give_way=2),
    Column("p99", 6, _p99),
    Column("max", 6, _max, SLOWEST),
    Column("time", 6, _time, TIME, give_way=3),
    Column("bytes", 5, _bytes, BYTES, give_way=4),
    Column("requests", 8, _requests, REQUESTS, give_way=1),
)
ERROR_TITLE: Final = "±"
ERRORS: Final = {BYTES: _bytes_error, TIME: _time_error}  # by order; of the others: requests


class Layout:
    """The columns that stand beside the name in a given width."""

    def __init__(self, width: int, sort: str, hits: bool, errors: bool, longest: int) -> None:
        """`hits` and `errors`: whether any row has them to show; `longest`: of the names."""
        chosen = [column for column in COLUMNS if hits or column is not HITS]
        if errors:
            chosen.append(Column(ERROR_TITLE, 7, ERRORS.get(sort, _requests_error)))
        while _taken(chosen) + NAME_WIDTH > width:
            column = max(chosen, key=lambda each: 0 if each.sort == sort else each.give_way)
            if column.sort == sort or not column.give_way:
                break
            chosen.remove(column)
        self.sort = sort
        self.columns: Sequence[Column] = chosen
        # The numbers stay beside the names: on a wide terminal the room is on their right.
        self.name_width = max(min(width - _taken(chosen), max(longest, NAME_WIDTH)), 1)

    def sorted_place(self) -> tuple[int, int]:
        """Where the column of the order stands in a line: begin and end."""
        place = self.name_width
        for column in self.columns:
            if column.sort == self.sort:
                return place + 1, place + 1 + column.width
            place += column.width + 1
        return place, place

    def title(self, name: str) -> str:
        """The line over the rows."""
        texts = [f"{column.title:>{column.width}}" for column in self.columns]
        return " ".join([fitted(name, self.name_width), *texts])

    def line(self, row: TopRow) -> str:
        texts = [f"{column.text(row):>{column.width}}" for column in self.columns]
        return " ".join([fitted(safe(row.name), self.name_width), *texts])


def _taken(columns: Sequence[Column]) -> int:
    return sum(column.width + 1 for column in columns)
