"""The columns that a width has room for."""

import pytest

from tcpkit.metrics.top_row import SORTS, TopRow
from tcpkit.top.columns import NAME_WIDTH, Layout

ROW = TopRow(
    name="user:{n}:cart",
    requests=1_234_567,
    bytes=987_654_321,
    time_ns=12_345_678_901,
    max_ns=604_657_000,
    hits=2,
    lookups=3,
    p50_ns=61_049,
    p99_ns=999_700,
    requests_error=12,
    bytes_error=3_456,
    time_error=78_900_000,
    rate=1_234.5,
    bytes_rate=98_765.4,
)
TITLES = {"requests": "requests", "bytes": "bytes", "time": "time", "slowest": "max"}


def cells(layout: Layout, row: TopRow = ROW) -> dict[str, str]:
    """By title, as they stand below it."""
    title, line = layout.title("key"), layout.line(row)
    assert len(title) == len(line)
    found: dict[str, str] = {}
    end = layout.name_width
    for column in layout.columns:
        begin, end = end + 1, end + 1 + column.width
        found[title[begin:end].strip()] = line[begin:end].strip()
    return found


def test_wide_line_has_every_number() -> None:
    assert cells(Layout(200, "requests", True, True, 13)) == {
        "req/s": "1.23k",
        "hits": "66.6%",
        "B/s": "98.8k",
        "p50": "61.0us",
        "p99": "1.00ms",
        "max": "605ms",
        "time": "12.3s",
        "bytes": "988M",
        "requests": "1234567",
        "±": "+12",
    }


@pytest.mark.parametrize("hits", [False, True])
@pytest.mark.parametrize("errors", [False, True])
@pytest.mark.parametrize("sort", SORTS)
def test_eighty_columns_hold_a_name_and_the_number_that_is_sorted_by(
    sort: str, errors: bool, hits: bool
) -> None:
    layout = Layout(80, sort, hits, errors, 500)
    assert len(layout.line(ROW)) == 80
    assert layout.name_width >= NAME_WIDTH
    begin, end = layout.sorted_place()
    assert layout.title("key")[begin:end].strip() == TITLES[sort]


@pytest.mark.parametrize(
    ("sort", "text"), [("requests", "+12"), ("bytes", "+3.46k"), ("time", "+78.9ms")]
)
def test_error_is_the_one_of_the_order(sort: str, text: str) -> None:
    assert cells(Layout(120, sort, False, True, 13))["±"] == text


def test_long_name_is_cut_and_shown_whole_where_there_is_room() -> None:
    name = "session:" + "0123456789" * 6
    row = ROW._replace(name=name)
    narrow, wide = Layout(80, "requests", True, False, 68), Layout(200, "requests", True, False, 68)
    assert narrow.line(row)[: narrow.name_width] == name[: narrow.name_width - 1] + "…"
    assert wide.line(row).startswith(f"{name} ")


def test_numbers_stand_beside_the_names_on_a_wide_terminal() -> None:
    assert len(Layout(300, "requests", True, False, 30).line(ROW)) < 120


def test_numbers_that_are_not_known_are_a_dash() -> None:
    found = cells(Layout(200, "requests", False, False, 1), TopRow("a"))
    assert (found["p50"], found["p99"]) == ("-", "-")


def test_name_with_markup_and_escapes_stays_text() -> None:
    line = Layout(80, "requests", False, False, 1).line(TopRow("[red]a[/]\x1b[2J"))
    assert line.startswith("[red]a[/]?[2J")


@pytest.mark.parametrize("width", range(1, 80))
def test_no_width_is_too_small(width: int) -> None:
    layout = Layout(width, "bytes", True, True, 100)
    assert len(layout.title("key")) == len(layout.line(ROW))
