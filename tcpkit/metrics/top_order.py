"""The first rows of many, in one of the orders of `top`."""

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.selection import kth_largest
from tcpkit.metrics.top_entry import TopEntry
from tcpkit.metrics.top_row import BYTES, REQUESTS, TIME


def counted(entry: TopEntry, sort: str) -> i64:
    """What `entry` has in an order since it was made."""
    if sort == REQUESTS:
        return entry.requests
    if sort == BYTES:
        return entry.bytes
    return entry.time_ns if sort == TIME else entry.max_ns


def upper_bound(entry: TopEntry, sort: str) -> i64:
    """The most that its name can have in an order, before and since the entry was made."""
    if sort == REQUESTS:
        return entry.requests + entry.requests_error
    if sort == BYTES:
        return entry.bytes + entry.bytes_error
    return entry.time_ns + entry.time_error if sort == TIME else entry.max_ns


def mark_highest(entries: list[TopEntry], sort: str, count: i64, marks: vec[i64]) -> None:
    """Set the marks of the `count` entries with the highest upper bounds; of equal ones the first.

    `count` is from 1 to the number of entries; there is a mark for each.
    """
    size: i64 = len(entries)
    values = vec[i64]([0] * size)
    place: i64 = 0
    while place < size:
        values[place] = upper_bound(entries[place], sort)
        place += 1
    _mark(values, count, marks)


def first(entries: list[TopEntry], sort: str, limit: i64) -> list[TopEntry]:
    """The `limit` entries that counted most, the largest first; equal ones as they come."""
    size: i64 = len(entries)
    count = min(limit, size)
    if count <= 0:
        return []
    values = vec[i64]([0] * size)
    marks = vec[i64]([0] * size)
    place: i64 = 0
    while place < size:
        values[place] = counted(entries[place], sort)
        place += 1
    _mark(values, count, marks)
    ranked: list[tuple[int, int]] = []
    place = 0
    while place < size:
        if marks[place]:
            ranked.append((-int(values[place]), int(place)))
        place += 1
    ranked.sort()
    return [entries[place] for _, place in ranked]


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
