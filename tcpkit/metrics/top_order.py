"""The first rows of many, in one of the orders of `top`."""

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.selection import kth_largest
from tcpkit.metrics.top_rows import TopRows


def mark_highest(rows: TopRows, sort: str, count: i64, marks: vec[i64]) -> None:
    """Set the marks of the `count` rows with the highest upper bounds; of equal ones the first.

    `count` is from 1 to the number of rows; there is a mark for each.
    """
    _mark(rows.values(sort, True), count, marks)


def first(rows: TopRows, chosen: vec[i64] | None, sort: str, limit: i64) -> list[int]:
    """The `limit` of the `chosen` rows that counted most, the largest first; None: of all.

    Equal ones come in the order of their numbers, as `chosen` must.
    """
    values = rows.values(sort, False)
    if chosen is None:
        return _first(values, limit)
    size: i64 = len(chosen)
    picked = vec[i64]([0] * size)
    place: i64 = 0
    while place < size:
        picked[place] = values[chosen[place]]
        place += 1
    return [int(chosen[at]) for at in _first(picked, limit)]


def _first(values: vec[i64], limit: i64) -> list[int]:
    """The places of the `limit` largest."""
    size: i64 = len(values)
    count: i64 = min(limit, size)
    if count <= 0:
        return []
    marks = vec[i64]([0] * size)
    _mark(values, count, marks)
    ranked: list[tuple[int, int]] = []
    place: i64 = 0
    while place < size:
        if marks[place]:
            ranked.append((-int(values[place]), int(place)))
        place += 1
    ranked.sort()
    return [at for _, at in ranked]


def _mark(values: vec[i64], count: i64, marks: vec[i64]) -> None:
    size: i64 = len(values)
    lowest = kth_largest(values, count)
    equal = count
    place: i64 = 0
    while place < size:
        if values[place] > lowest:
            equal -= 1
            marks[place] = 1
        place += 1
    place = 0
    while place < size and equal > 0:
        if values[place] == lowest:
            equal -= 1
            marks[place] = 1
        place += 1
