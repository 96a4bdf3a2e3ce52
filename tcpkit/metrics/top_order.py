"""The first rows of many, in one of the orders of `top`."""

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.selection import kth_largest
from tcpkit.metrics.top_rows import TopRows


def mark_highest(rows: TopRows, sort: str, count: i64, marks: vec[i64]) -> None:
    """Set the marks of the `count` rows with the highest upper bounds; of equal ones the first.

    `count` is from 1 to the number of rows; there is a mark for each.
    """
    values = vec[i64]([0] * rows.count)
    row: i64 = 0
    while row < rows.count:
        values[row] = rows.counted(row, sort) + rows.error(row, sort)
        row += 1
    _mark(values, count, marks)


def first(rows: TopRows, chosen: vec[i64], sort: str, limit: i64) -> list[int]:
    """The `limit` of the `chosen` rows that counted most, the largest first.

    Equal ones come in the order of their numbers, as `chosen` must.
    """
    size: i64 = len(chosen)
    count: i64 = min(limit, size)
    if count <= 0:
        return []
    values = vec[i64]([0] * size)
    marks = vec[i64]([0] * size)
    place: i64 = 0
    while place < size:
        values[place] = rows.counted(chosen[place], sort)
        place += 1
    _mark(values, count, marks)
    ranked: list[tuple[int, int]] = []
    place = 0
    while place < size:
        if marks[place]:
            ranked.append((-int(values[place]), int(chosen[place])))
        place += 1
    ranked.sort()
    return [row for _, row in ranked]


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
