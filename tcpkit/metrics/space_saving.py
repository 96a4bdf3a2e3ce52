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
from tcpkit.metrics.name_index import NameIndex, hash_of
from tcpkit.metrics.top_entry import MAX_TOTAL, TopEntry
from tcpkit.metrics.top_order import mark_highest, upper_bound
from tcpkit.metrics.top_row import BYTES, REQUESTS, SORTS, TIME

KEPT: Final = 6  # a purge keeps the first sixth in each of the four orders: a third goes at least
LEAST: Final = KEPT  # rows


@final
class SpaceSaving:
    """At most `capacity` rows, which is LEAST or more. `bins` are those of all windows."""

    def __init__(self, capacity: i64, bins: Bins) -> None:
        self.capacity = max(capacity, LEAST)
        self.bins = bins
        self.index = NameIndex(self.capacity)
        self.purges: i64 = 0  # after one, a row that was found before may be no more
        self.evicted: i64 = 0
        self.requests_floor: i64 = 0
        self.bytes_floor: i64 = 0
        self.time_floor: i64 = 0
        self.slowest_floor: i64 = 0

    def entry(self, name: bytes) -> TopEntry:
        """The row of `name`, there or made, to be counted in at once."""
        size: i64 = len(name)
        return self.entry_in(name, 0, size, hash_of(name, 0, size))

    def entry_in(self, data: bytes, at: i64, size: i64, hashed: i64) -> TopEntry:
        """The row of the name `data[at:at + size]`, whose hash is `hashed`."""
        entry = self.index.find(data, at, size, hashed)
        if entry is None:
            return self._admit(data[at : at + size], hashed)
        return entry

    @property
    def entries(self) -> list[TopEntry]:
        """All rows, in the order in which they came. Not to be changed."""
        return self.index.entries

    def clear(self) -> None:
        for entry in self.index.entries:
            entry.release(self.bins)
        self.index.replace([])
        self.purges += 1
        self.evicted = 0
        self.requests_floor = 0
        self.bytes_floor = 0
        self.time_floor = 0
        self.slowest_floor = 0

    def _admit(self, name: bytes, hashed: i64) -> TopEntry:
        if len(self.index.entries) >= self.capacity:
            self._purge()
        entry = TopEntry(name)
        entry.requests_error = self.requests_floor
        entry.bytes_error = self.bytes_floor
        entry.time_error = self.time_floor
        self.index.add(entry, hashed)
        return entry

    def _purge(self) -> None:
        self.purges += 1
        entries = self.index.entries
        size: i64 = len(entries)
        keep = vec[i64]([0] * size)
        for sort in SORTS:
            mark_highest(entries, sort, self.capacity // KEPT, keep)
        kept: list[TopEntry] = []
        place: i64 = 0
        while place < size:
            entry = entries[place]
            if keep[place]:
                kept.append(entry)
            else:
                self._evict(entry)
            place += 1
        self.index.replace(kept)

    def _evict(self, entry: TopEntry) -> None:
        self.evicted += 1
        self.requests_floor = max(self.requests_floor, upper_bound(entry, REQUESTS))
        self.bytes_floor = min(max(self.bytes_floor, upper_bound(entry, BYTES)), MAX_TOTAL)
        self.time_floor = min(max(self.time_floor, upper_bound(entry, TIME)), MAX_TOTAL)
        self.slowest_floor = max(self.slowest_floor, entry.max_ns)
        entry.release(self.bins)
