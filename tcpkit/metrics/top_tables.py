"""The busiest keys, patterns, commands, clients and servers, in fixed memory."""

import re
from collections.abc import Sequence
from typing import Final, final

from librt.vecs import append, vec
from mypy_extensions import i64

from tcpkit.metrics.key_batch import KeyBatch
from tcpkit.metrics.latency_window import MAX_BINS, Bins
from tcpkit.metrics.space_saving import SpaceSaving
from tcpkit.metrics.top_order import first
from tcpkit.metrics.top_row import (
    BYTES,
    CLIENTS,
    COMMANDS,
    KEYS,
    PATTERNS,
    REQUESTS,
    SERVERS,
    SLOWEST,
    TIME,
    VIEWS,
    TopRow,
)
from tcpkit.metrics.top_rows import TopRows
from tcpkit.metrics.top_totals import NOT_YET, TopTotals
from tcpkit.wire.printable import printable

CAPACITY: Final = 131_072  # rows of the keys; some 50 MB
OTHERS: Final = 8  # the other views have an eighth of that
NAME_LIMIT: Final = 512
_NS_PER_S: Final = 1_000_000_000


@final
class TopTables:
    """One table for each of `views`, and `totals` for the header.

    `sinks.top_recorder.TopRecorder(tables)` feeds them; `rows` may be asked at any time.
    Times are capture times. An interval begins with the first call of `interval`; each
    further call ends it, and begins the next.
    """

    def __init__(self, views: Sequence[str] = VIEWS, capacity: i64 = CAPACITY) -> None:
        """`views` are some of VIEWS; `capacity` is the most rows that the keys can have."""
        self.views = tuple(views)
        self.capacity = capacity
        self.totals = TopTotals()
        self.rate = 0.0  # all requests a second, over the last interval
        self.bytes_rate = 0.0
        self._bins = Bins(MAX_BINS)
        has_patterns = PATTERNS in self.views
        self.has_keys = KEYS in self.views or has_patterns  # they know their patterns
        self._keys = SpaceSaving(capacity if self.has_keys else 0, self._bins)
        self._patterns = self._made(PATTERNS)
        self._commands = self._made(COMMANDS)
        self._clients = self._made(CLIENTS)
        self._servers = self._made(SERVERS)
        self._batch = KeyBatch(self._keys, self._patterns if has_patterns else None)
        self.has_commands = COMMANDS in self.views
        self.has_clients = CLIENTS in self.views
        self.has_servers = SERVERS in self.views
        self._interval_ns: i64 = NOT_YET  # when it began
        self._last_s = 0.0  # length of the interval that ended
        self._requests_before: i64 = 0
        self._bytes_before: i64 = 0
        self._evicted_before: i64 = 0  # of what was reset
        self._without_key_before: i64 = 0

    def _made(self, view: str) -> SpaceSaving:
        """A table, as small as can be for a view that nobody asks for."""
        return SpaceSaving(self.capacity // OTHERS if view in self.views else 0, self._bins)

    # What feeds them: see TopRows.add_request

    def key(
        self,
        text: bytes,
        at: i64,
        size: i64,
        again: i64,
        bytes_: i64,
        latency_ns: i64,
        hits: i64,
        lookups: i64,
    ) -> None:
        """Count for the key `text[at:at + size]`, and for its pattern."""
        self._batch.add(text, at, size, again, bytes_, latency_ns, hits, lookups)

    def command(
        self, name: bytes, again: i64, bytes_: i64, latency_ns: i64, hits: i64, lookups: i64
    ) -> None:
        self._commands.add_request(name, again, bytes_, latency_ns, hits, lookups)

    def client(
        self, name: bytes, again: i64, bytes_: i64, latency_ns: i64, hits: i64, lookups: i64
    ) -> None:
        self._clients.add_request(name, again, bytes_, latency_ns, hits, lookups)

    def server(
        self, name: bytes, again: i64, bytes_: i64, latency_ns: i64, hits: i64, lookups: i64
    ) -> None:
        self._servers.add_request(name, again, bytes_, latency_ns, hits, lookups)

    # What is shown

    def rows(
        self,
        view: str,
        sort: str,
        limit: int,
        pattern: str = "",
        min_rate: float = 0.0,
        min_bytes_rate: float = 0.0,
    ) -> list[TopRow]:
        """The first `limit` rows of a view by `sort` (of SORTS), the largest first.

        Of those with at least `min_rate` requests or `min_bytes_rate` bytes a second over
        the last interval, where these are not 0: one of the two is enough.
        `pattern` is a regular expression searched in the name; "" takes all. Rows of the
        same size come in the order in which they were seen first. Raises re.error, and
        ValueError for a view that was not asked for.
        """
        if view not in self.views:
            raise ValueError(f"not a view that is counted: {view!r}")
        rows = self._table(view).rows
        chosen = self._chosen(rows, pattern, min_rate, min_bytes_rate)
        return [self._row(rows, row) for row in first(rows, chosen, sort, limit)]

    def _chosen(
        self, rows: TopRows, pattern: str, min_rate: float, min_bytes_rate: float
    ) -> vec[i64] | None:
        """The rows that are not left out, in their order; None: all."""
        found = re.compile(pattern)
        if not pattern and min_rate <= 0 and min_bytes_rate <= 0:
            return None
        chosen = vec[i64]()
        row: i64 = 0
        while row < rows.count:
            if self._is_busy(rows, row, min_rate, min_bytes_rate) and (
                not pattern or found.search(_name(rows, row)) is not None
            ):
                chosen = append(chosen, row)
            row += 1
        return chosen

    def _is_busy(self, rows: TopRows, row: i64, min_rate: float, min_bytes_rate: float) -> bool:
        if min_rate <= 0 and min_bytes_rate <= 0:
            return True
        if 0 < min_rate <= self._per_second(rows.requests_last(row)):
            return True
        return 0 < min_bytes_rate <= self._per_second(rows.bytes_last(row))

    def _table(self, view: str) -> SpaceSaving:
        self._batch.flush()
        if view == KEYS:
            return self._keys
        if view == PATTERNS:
            return self._patterns
        if view == COMMANDS:
            return self._commands
        return self._clients if view == CLIENTS else self._servers

    def interval(self, now_ns: int) -> None:
        """An interval ends, over which the rates are told from now on; the next begins."""
        if self._interval_ns != NOT_YET:
            self._last_s = max(now_ns - self._interval_ns, 0) / _NS_PER_S
        self._interval_ns = now_ns
        totals = self.totals
        self.rate = self._per_second(totals.requests - self._requests_before)
        self.bytes_rate = self._per_second(totals.bytes - self._bytes_before)
        self._requests_before = totals.requests
        self._bytes_before = totals.bytes
        for view in self.views:
            self._table(view).rows.interval(False)

    def whole(self, begin_ns: int, end_ns: int) -> None:
        """Tell the rates over all that was counted, which is from the one time to the other."""
        self._interval_ns = end_ns
        self._last_s = max(end_ns - begin_ns, 0) / _NS_PER_S
        totals = self.totals
        self.rate = self._per_second(totals.requests)
        self.bytes_rate = self._per_second(totals.bytes)
        self._requests_before = totals.requests
        self._bytes_before = totals.bytes
        for view in self.views:
            self._table(view).rows.interval(True)

    def reset(self) -> None:
        """Forget everything that was counted, but for `counts`. The interval goes on."""
        self._evicted_before = self.counts()["evicted"]
        self._without_key_before += self.totals.without_key
        self.totals = TopTotals()
        self.rate = 0.0
        self.bytes_rate = 0.0
        self._requests_before = 0
        self._bytes_before = 0
        for view in VIEWS:
            self._table(view).clear()

    def counts(self) -> dict[str, int]:
        """What came of the bounds, of all views that were asked for together.

        `rows` now. Since the start, whatever was reset: `evicted` rows; `without
        percentiles`: rows for whose latencies there was no room; `without key`: requests
        that name none.
        """
        tables = [self._table(view) for view in self.views]
        evicted = sum([int(table.evicted) for table in tables])
        return {
            "rows": sum([int(table.rows.count) for table in tables]),
            "evicted": int(self._evicted_before) + evicted,
            "without percentiles": int(self._bins.refused),
            "without key": int(self._without_key_before + self.totals.without_key),
        }

    def bounds(self, view: str) -> dict[str, int]:
        """Of one view: its `rows`, their `capacity`, those `evicted`, and the errors.

        `requests_error`, `bytes_error` and `time_error` are the largest that a row can have,
        and the most that a name without a row can have had. A `max_ns` above
        `slowest_error` is exact.
        """
        table = self._table(view)
        return {
            "rows": int(table.rows.count),
            "capacity": int(table.capacity),
            "evicted": int(table.evicted),
            "requests_error": int(table.requests_floor),
            "bytes_error": int(table.bytes_floor),
            "time_error": int(table.time_floor),
            "slowest_error": int(table.slowest_floor),
        }

    def _per_second(self, count: i64) -> float:
        return int(count) / self._last_s if self._last_s > 0 else 0.0

    def _row(self, rows: TopRows, row: i64) -> TopRow:
        return TopRow(
            _name(rows, row),
            int(rows.counted(row, REQUESTS)),
            int(rows.counted(row, BYTES)),
            int(rows.counted(row, TIME)),
            int(rows.timed(row)),
            int(rows.counted(row, SLOWEST)),
            int(rows.hits(row)),
            int(rows.lookups(row)),
            int(rows.percentile(row, 50)),
            int(rows.percentile(row, 99)),
            int(rows.error(row, REQUESTS)),
            int(rows.error(row, BYTES)),
            int(rows.error(row, TIME)),
            self._per_second(rows.requests_last(row)),
            self._per_second(rows.bytes_last(row)),
        )


def _name(rows: TopRows, row: i64) -> str:
    return printable(rows.names[row], NAME_LIMIT)
