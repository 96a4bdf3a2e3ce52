"""Latency over time: what was counted in each of many short times of equal length."""

from collections.abc import Sequence
from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.flow.clock_tee import NEVER, Clock
from tcpkit.metrics.histogram import BUCKETS, upper_edge_ns
from tcpkit.metrics.port_stats import PortStats
from tcpkit.metrics.row import Row
from tcpkit.metrics.slice import Slice, Slicer

EDGES_NS: Final[Sequence[int]] = [
    edge * 10**power // 10
    for power in range(3, 10)
    for edge in (10, 15, 20, 30, 50, 70)
] + [10**10]  # fmt: skip
"""Upper edges of all rows of the map but the last: 1 us to 10 s, each an edge of Histogram's."""
FIRST_WIDTH_NS: Final = 1_000_000
MAX_COLUMNS: Final = 400

Numbers = dict[str, int | list[tuple[int, int]]]


@final
class Column:
    """What was decided in one of the times."""

    __slots__ = ("latencies", "errors", "slow", "timeouts")

    def __init__(self, latencies: Slice, errors: i64, slow: i64, timeouts: i64) -> None:
        self.latencies = latencies
        self.errors = errors
        self.slow = slow
        self.timeouts = timeouts

    @property
    def is_empty(self) -> bool:
        return self.latencies.count == 0 and self.timeouts == 0

    def merged(self, other: "Column") -> "Column":
        return Column(
            self.latencies.merged(other.latencies),
            self.errors + other.errors,
            self.slow + other.slow,
            self.timeouts + other.timeouts,
        )


@final
class Timeline(Clock):
    """Of all `ports` together. Stands in front of the packets, and cuts at the end of each column.

    With `folds` the columns become twice as wide whenever more than `limit` of them would lie
    between the first and the last; otherwise the oldest are forgotten. What is counted belongs
    to the column in which it was decided, by capture time.
    """

    __slots__ = (
        "begin_ns", "width_ns", "_column", "_columns", "_cut", "_errors", "_folds", "_limit",
        "_ports", "_rows", "_slow", "_timeouts",
    )  # fmt: skip

    def __init__(self, ports: Sequence[PortStats], width_ns: i64, limit: i64, folds: bool) -> None:
        super().__init__()
        self.begin_ns: i64 = -NEVER  # of column 0; that of the first packet
        self.width_ns = width_ns
        self._column: i64 = 0  # the one that time is in
        self._columns: dict[int, Column] = {}
        self._cut = Slicer()
        self._errors: i64 = 0  # all that was counted by the last cut
        self._slow: i64 = 0
        self._timeouts: i64 = 0
        self._folds = folds
        self._limit = limit
        self._ports = list(ports)
        self._rows = _rows()

    def advance(self, now_ns: i64) -> None:
        if self.begin_ns == -NEVER:
            self.begin_ns = now_ns
        else:
            self.cut()
        self._enter(now_ns)

    def _enter(self, now_ns: i64) -> None:
        """Time is `now_ns`."""
        self._column = (now_ns - self.begin_ns) // self.width_ns
        self.back_ns = self.begin_ns + self._column * self.width_ns
        self.next_ns = self.back_ns + self.width_ns

    def cut(self) -> None:
        """Give what was counted since the last cut to the column that time is in."""
        total = Row("")
        for port in self._ports:
            total.merge(port.total())
        piece = Column(
            self._cut.cut(total.histogram),
            total.errors - self._errors,
            total.slow_reqs - self._slow,
            total.timeouts - self._timeouts,
        )
        self._errors = total.errors
        self._slow = total.slow_reqs
        self._timeouts = total.timeouts
        if piece.is_empty:
            return
        known = self._columns.get(int(self._column))
        self._columns[int(self._column)] = piece if known is None else known.merged(piece)
        if known is None:
            self._bound()

    def _bound(self) -> None:
        """Keep to the limit: by wider columns, or by fewer."""
        if not self._folds:
            oldest = int(self._column - self._limit)
            for column in [column for column in self._columns if column <= oldest]:
                del self._columns[column]
            return
        while max(self._columns) - min(self._columns) >= self._limit:
            self.width_ns *= 2
            folded: dict[int, Column] = {}
            for column, piece in self._columns.items():
                half = column >> 1
                known = folded.get(half)
                folded[half] = piece if known is None else known.merged(piece)
            self._columns = folded
            self._column = self._column >> 1

    def numbers(self) -> dict[str, object]:
        """All of it for JSON, up to now."""
        self.cut()
        known = self.begin_ns != -NEVER
        return {
            "begin_ns": int(self.begin_ns) if known else None,
            "width_ns": int(self.width_ns),
            "edges_ns": list(EDGES_NS),
            "columns": [
                self._column_numbers(column, self._columns[column])
                for column in sorted(self._columns)
            ],
        }

    def _column_numbers(self, column: int, piece: Column) -> Numbers:
        latencies = piece.latencies
        return {
            "column": column,
            "requests": int(latencies.count),
            "errors": int(piece.errors),
            "timeouts": int(piece.timeouts),
            "slow": int(piece.slow),
            "p50_ns": int(latencies.percentile(50.0)),
            "p99_ns": int(latencies.percentile(99.0)),
            "p999_ns": int(latencies.percentile(99.9)),
            "max_ns": int(latencies.percentile(100.0)),
            "cells": self._cells(latencies),
        }

    def _cells(self, latencies: Slice) -> list[tuple[int, int]]:
        """Row of the map and count, where there is any, in rising order."""
        cells: list[tuple[int, int]] = []
        row: i64 = -1
        here: i64 = 0
        place: i64 = 0
        while place < len(latencies.index):
            its = self._rows[latencies.index[place]]
            if its != row and here > 0:
                cells.append((int(row), int(here)))
                here = 0
            row = its
            here += latencies.counts[place]
            place += 1
        if here > 0:
            cells.append((int(row), int(here)))
        return cells


def _rows() -> "vec[i64]":
    """The row of the map for each bucket of Histogram."""
    rows = vec[i64]([0] * BUCKETS)
    row: i64 = 0
    for bucket in range(BUCKETS):
        while row < len(EDGES_NS) and upper_edge_ns(bucket) > EDGES_NS[row]:
            row += 1
        rows[bucket] = row
    return rows
