"""The most frequent of any number of names, in a fixed number of rows.

Space-Saving (Metwally, Agrawal, El Abbadi 2005): a name that comes when all rows are
taken replaces the lowest, and inherits what that had counted as its error. Here many rows
are evicted at once, which makes it the algorithm of Anderson et al. 2017 (a purge at the
median of Misra-Gries, of which Space-Saving is the mirror image: Agarwal et al. 2013), for
four orders: by requests, bytes, time, and slowest reply.

A row is exact since it entered. It carries for each order the floor of that moment: the
highest that any evicted row can have counted. So a true sum is in [counted, counted + error].

The floor is at most the sum of all counted, divided by the rows that a purge keeps for the
order: call what a row's upper bound is above the floor its excess. A request raises the sum
of the excesses by its weight at most. A purge that raises the floor by d lowers the excess
of each row it keeps by d; the sum is never negative.

Where a maximum is above the floor of the slowest, it is exact.
"""

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.latency_window import Bins
from tcpkit.metrics.name_index import NO_ROW, NameIndex
from tcpkit.metrics.name_words import WORD, hash_of, word_at
from tcpkit.metrics.top_order import mark_highest
from tcpkit.metrics.top_row import BYTES, REQUESTS, SLOWEST, SORTS, TIME
from tcpkit.metrics.top_rows import MAX_TOTAL, TopRows

KEPT: Final = 6  # a purge keeps the first sixth in each of the four orders: a third goes at least
LEAST: Final = KEPT  # rows


@final
class SpaceSaving:
    """At most `capacity` rows, which is LEAST or more. `bins` are those of all windows."""

    def __init__(self, capacity: i64, bins: Bins) -> None:
        self.capacity = max(capacity, LEAST)
        self.rows = TopRows(bins)
        self.index = NameIndex(self.rows, self.capacity)
        self.purges: i64 = 0  # after one, rows have other numbers
        self.evicted: i64 = 0
        self.requests_floor: i64 = 0
        self.bytes_floor: i64 = 0
        self.time_floor: i64 = 0
        self.slowest_floor: i64 = 0

    def row(self, name: bytes) -> i64:
        """The row of `name`, there or made, to be counted in at once."""
        size: i64 = len(name)
        word0 = word_at(name, 0, size)
        word1 = word_at(name, WORD, size - WORD)
        return self.row_in(name, 0, size, word0, word1, hash_of(name, 0, size, word0, word1))

    def add_request(
        self, name: bytes, again: i64, bytes_: i64, latency_ns: i64, hits: i64, lookups: i64
    ) -> None:
        """Count for `name`: see TopRows.add_request."""
        self.rows.add_request(self.row(name), again, bytes_, latency_ns, hits, lookups)

    def row_in(self, data: bytes, at: i64, size: i64, word0: i64, word1: i64, hashed: i64) -> i64:
        """The row of the name `data[at:at + size]`, whose words and hash are given."""
        row = self.index.find(data, at, size, word0, word1, hashed)
        if row != NO_ROW:
            return row
        if self.rows.count >= self.capacity:
            self._purge()
        name = data[at : at + size]
        row = self.rows.add(name, self.requests_floor, self.bytes_floor, self.time_floor)
        self.index.add(row, name, hashed)
        return row

    def clear(self) -> None:
        self.rows.keep(vec[i64]([0] * self.rows.count))
        self.index.refresh()
        self.purges += 1
        self.evicted = 0
        self.requests_floor = 0
        self.bytes_floor = 0
        self.time_floor = 0
        self.slowest_floor = 0

    def _purge(self) -> None:
        marks = vec[i64]([0] * self.rows.count)
        for sort in SORTS:
            mark_highest(self.rows, sort, self.capacity // KEPT, marks)
        row: i64 = 0
        while row < self.rows.count:
            if not marks[row]:
                self._evict(row)
            row += 1
        self.rows.keep(marks)
        self.index.refresh()
        self.purges += 1

    def _evict(self, row: i64) -> None:
        self.evicted += 1
        self.requests_floor = max(self.requests_floor, self._upper(row, REQUESTS))
        self.bytes_floor = max(self.bytes_floor, self._upper(row, BYTES))
        self.time_floor = max(self.time_floor, self._upper(row, TIME))
        self.slowest_floor = max(self.slowest_floor, self._upper(row, SLOWEST))

    def _upper(self, row: i64, sort: str) -> i64:
        return min(self.rows.counted(row, sort) + self.rows.error(row, sort), MAX_TOTAL)
