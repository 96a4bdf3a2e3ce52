"""Requests and latencies by command and by slices of time, for statistics that need both.

How long the capture is shows at its end only. So slices begin short, and whenever there would
be more than MAX_SLICES of them, each two become one of twice the length: a capture of more than
MAX_SLICES / 2 microseconds ends with MAX_SLICES / 2 to MAX_SLICES of them. What each command has
in a slice is counted sparsely, in the buckets of Histogram.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.metrics.histogram import bucket_index
from tcpkit.protocols.command_numbers import OTHER_NAME

MAX_SLICES: Final = 128
FIRST_WIDTH_NS: Final = 1_024
MAX_COMMANDS: Final = 512  # whoever comes later is counted as OTHER_NAME
MAX_CELLS: Final = 1_000_000  # buckets of slices that are not empty: some 100 MB
_BUCKET_BITS: Final = 13  # of a cell's number; the slice is above
_BUCKET_MASK: Final = (1 << _BUCKET_BITS) - 1


@final
class SlicedRow:
    """What one command did: its requests by slice, and its latencies by slice and bucket."""

    __slots__ = ("cells", "max_ns", "name", "requests", "timed")

    def __init__(self, name: str) -> None:
        self.name = name
        self.requests: dict[int, int] = {}
        self.cells: dict[int, int] = {}
        self.timed: i64 = 0  # latencies counted
        self.max_ns: i64 = 0

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.requests.values())

    def by_slice(self) -> dict[int, list[tuple[int, int]]]:
        """Of each slice that has latencies its buckets, in their order, with their counts."""
        found: dict[int, list[tuple[int, int]]] = {}
        for cell in sorted(self.cells):
            place = cell >> _BUCKET_BITS
            if place not in found:
                found[place] = []
            found[place].append((cell & _BUCKET_MASK, self.cells[cell]))
        return found

    def halve(self) -> None:
        """Each two slices become one."""
        requests: dict[int, int] = {}
        for place, count in self.requests.items():
            requests[place >> 1] = requests.get(place >> 1, 0) + count
        self.requests = requests
        cells: dict[int, int] = {}
        for cell, count in self.cells.items():
            joined = (cell >> (_BUCKET_BITS + 1) << _BUCKET_BITS) | (cell & _BUCKET_MASK)
            cells[joined] = cells.get(joined, 0) + count
        self.cells = cells


@final
class SlicedLatencies:
    """Slice k is [`begin_ns` + k * `width_ns`, that + `width_ns`); the first thing that is
    counted sets the beginning, and what is earlier is counted in the first slice, and in `early`.
    """

    __slots__ = ("_cells", "begin_ns", "early", "last", "others", "rows", "width_ns")

    def __init__(self) -> None:
        self.rows: dict[str, SlicedRow] = {}
        self.begin_ns: i64 = -1  # not yet
        self.width_ns: i64 = FIRST_WIDTH_NS
        self.last: i64 = 0  # the last slice with a request
        self.early: i64 = 0
        self.others: i64 = 0  # requests counted as OTHER_NAME
        self._cells: i64 = 0

    @property
    def slices(self) -> int:
        """How many slices there are; 0 when nothing was counted."""
        return 0 if self.begin_ns < 0 else int(self.last) + 1

    def add(self, command: str, time_ns: i64, again: i64, latency_ns: i64) -> None:
        """Count a request of `time_ns`; `again` is 0 for one that was counted before, else 1.

        A latency below 0 is none.
        """
        row = self.rows.get(command)
        if row is None:
            row = self._row(command)
        if again and row.name == OTHER_NAME:
            self.others += again
        place = self._place(time_ns)
        at = int(place)
        if again:
            row.requests[at] = row.requests.get(at, 0) + 1
        if latency_ns < 0:
            return
        row.timed += 1
        if latency_ns > row.max_ns:
            row.max_ns = latency_ns
        cell = int(place << _BUCKET_BITS | bucket_index(latency_ns))
        count = row.cells.get(cell, 0)
        row.cells[cell] = count + 1
        if not count:
            self._cells += 1
            if self._cells > MAX_CELLS and self.last > 0:
                self._halve()

    def _row(self, command: str) -> SlicedRow:
        name = command if len(self.rows) < MAX_COMMANDS else OTHER_NAME
        row = self.rows.get(name)
        if row is None:
            row = self.rows[name] = SlicedRow(name)
        return row

    def _place(self, time_ns: i64) -> i64:
        if self.begin_ns < 0:
            self.begin_ns = max(time_ns, 0)
        if time_ns < self.begin_ns:
            self.early += 1
            return 0
        place = (time_ns - self.begin_ns) // self.width_ns
        while place >= MAX_SLICES:
            self._halve()
            place >>= 1
        if place > self.last:
            self.last = place
        return place

    def _halve(self) -> None:
        self.width_ns *= 2
        self.last >>= 1
        self._cells = 0
        for row in self.rows.values():
            row.halve()
            self._cells += len(row.cells)
