"""The busiest keys, patterns, commands, clients and servers, in fixed memory."""

import re
from collections.abc import Sequence
from typing import Final, final

from tcpkit.metrics.top_entry import TopEntry
from tcpkit.metrics.top_row import BYTES, REQUESTS, TIME, VIEWS, TopRow
from tcpkit.wire.printable import printable

CAPACITY: Final = 131_072  # rows of a view
NAME_LIMIT: Final = 512
_NS_PER_S: Final = 1_000_000_000


@final
class TopTables:
    """One table for each of `views`, and the totals of the header.

    `top_recorder.TopRecorder(tables)` feeds them; `rows` may be asked at any time. Times
    are capture times. An interval begins with the first call of `interval`, and with each
    further one the next.
    """

    def __init__(self, views: Sequence[str] = VIEWS, capacity: int = CAPACITY) -> None:
        """`views` are some of VIEWS; each holds at most `capacity` rows."""
        self.views = tuple(views)
        self.capacity = capacity
        self._tables: dict[str, dict[bytes, TopEntry]] = {view: {} for view in self.views}
        self._interval_ns = -1  # when it began; -1: no call yet
        self._last_s = 0.0  # length of the interval that ended
        self.reset()

    def reset(self) -> None:
        """Forget everything that was counted. The interval goes on."""
        for table in self._tables.values():
            table.clear()
        self.requests = 0
        self.bytes = 0
        self.time_ns = 0
        self.timed = 0  # requests with a latency
        self.exact = 0  # answered ones by quality
        self.inferred = 0
        self.errors = 0
        self.timeouts = 0
        self.aborted = 0
        self.hits = 0
        self.lookups = 0
        self.without_key = 0
        self.first_ns = -1  # capture times of the first and the last that was counted; -1: none
        self.last_ns = -1
        self.rate = 0.0  # requests a second, over the last interval
        self.bytes_rate = 0.0
        self._requests_before = 0
        self._bytes_before = 0

    def add(
        self, view: str, name: bytes, size: int, latency_ns: int, hits: int = 0, lookups: int = 0
    ) -> None:
        """Count one request of `size` bytes, its reply included, in a view; -1: not timed."""
        table = self._tables[view]
        entry = table.get(name)
        if entry is None:
            entry = table[name] = TopEntry(name)
        entry.requests += 1
        entry.bytes += size
        entry.hits += hits
        entry.lookups += lookups
        if latency_ns >= 0:
            entry.time_ns += latency_ns
            entry.max_ns = max(entry.max_ns, latency_ns)

    def rows(self, view: str, sort: str, limit: int, pattern: str = "") -> list[TopRow]:
        """The first `limit` rows of a view by `sort` (of SORTS), the largest first.

        `pattern` is a regular expression searched in the name; "" takes all. Rows of the
        same size come by requests, then by name. Raises re.error, and KeyError for a view
        that was not asked for.
        """
        found = re.compile(pattern) if pattern else None
        ranked: list[tuple[int, int, str, TopEntry]] = []
        for entry in self._tables[view].values():
            name = printable(entry.name, NAME_LIMIT)
            if found is None or found.search(name):
                ranked.append((-self._value(entry, sort), -int(entry.requests), name, entry))
        ranked.sort(key=_order)
        return [self._row(entry, name) for _, _, name, entry in ranked[:limit]]

    def interval(self, now_ns: int) -> None:
        """An interval ends, over which the rates are told from now on; the next begins."""
        if self._interval_ns >= 0:
            self._last_s = max(now_ns - self._interval_ns, 0) / _NS_PER_S
        self._interval_ns = now_ns
        self.rate = self._per_second(self.requests - self._requests_before)
        self.bytes_rate = self._per_second(self.bytes - self._bytes_before)
        self._requests_before, self._bytes_before = self.requests, self.bytes
        for table in self._tables.values():
            for entry in table.values():
                entry.requests_last = entry.requests - entry.requests_before
                entry.bytes_last = entry.bytes - entry.bytes_before
                entry.requests_before = entry.requests
                entry.bytes_before = entry.bytes

    def counts(self) -> dict[str, int]:
        """The bounds and what came of them, of all views together.

        `rows` now, `capacity` of each view, `evicted` rows, and the largest error that a
        row can have: `requests error`, `bytes error`, `time error`, `slowest error` (a
        `max_ns` above it is exact). `without percentiles`: rows for whose latencies there
        was no room. `without key`: requests that name none.
        """
        rows = sum([len(table) for table in self._tables.values()])
        return {
            "rows": rows,
            "capacity": self.capacity,
            "evicted": 0,
            "requests error": 0,
            "bytes error": 0,
            "time error": 0,
            "slowest error": 0,
            "without percentiles": 0,
            "without key": self.without_key,
        }

    def _per_second(self, count: int) -> float:
        return count / self._last_s if self._last_s > 0 else 0.0

    def _value(self, entry: TopEntry, sort: str) -> int:
        if sort == REQUESTS:
            return int(entry.requests)
        if sort == BYTES:
            return int(entry.bytes)
        return int(entry.time_ns) if sort == TIME else int(entry.max_ns)

    def _row(self, entry: TopEntry, name: str) -> TopRow:
        return TopRow(
            name,
            int(entry.requests),
            int(entry.bytes),
            int(entry.time_ns),
            int(entry.max_ns),
            int(entry.hits),
            int(entry.lookups),
            rate=self._per_second(int(entry.requests_last)),
            bytes_rate=self._per_second(int(entry.bytes_last)),
        )


def _order(ranked: tuple[int, int, str, TopEntry]) -> tuple[int, int, str]:
    return ranked[:3]
