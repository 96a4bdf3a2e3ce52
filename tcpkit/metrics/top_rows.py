"""The rows of a view of `top` while they are counted: numbers side by side in one array.

An object for each row would be spread over four lines of the cache and its name over a
fifth. Here what a request touches is two lines, which lie together; with 100,000 rows that
is most of what counting costs. A row is a number, from 0 on in the order in which they came.
"""

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.histogram import bucket_index
from tcpkit.metrics.latency_window import BITS, Bins, LatencyWindow, first_percentile, packed
from tcpkit.metrics.name_words import WORD, WORDS, is_same, word_at
from tcpkit.metrics.top_row import BYTES, REQUESTS, TIME, UNKNOWN

MAX_TOTAL: Final = (1 << 62) - 1  # two of them can be added; times in a file may be absurd
FIRST: Final = 16  # latencies kept before there is a window
_ROOM: Final = 256  # rows at first

_LINES: Final = 16  # numbers of a row: two lines of a cache
_SHIFT: Final = 3  # so many numbers before the first row bring it to a line's beginning
_WORD0: Final = 0
_WORD1: Final = 1
_SIZE: Final = 2
_REQUESTS: Final = 3
_BYTES: Final = 4
_TIME: Final = 5
_MAX: Final = 6
_TIMED: Final = 7
_FIRST: Final = 8  # to 11: buckets of the first latencies, four in each
_HITS: Final = 12
_LOOKUPS: Final = 13
_REQUESTS_ERROR: Final = 14
_BYTES_ERROR: Final = 15

_APART: Final = 5  # numbers of a row that requests do not touch
_TIME_ERROR: Final = 0
_REQUESTS_BEFORE: Final = 1  # when the interval began
_BYTES_BEFORE: Final = 2
_REQUESTS_LAST: Final = 3  # in the interval that ended
_BYTES_LAST: Final = 4


@final
class TopRows:
    """Exact since a row was made; its errors are what may have been before, at most."""

    def __init__(self, bins: Bins) -> None:
        self.count: i64 = 0
        self.bins = bins
        self.names: list[bytes] = []
        self.patterns: list[bytes | None] = []  # of a key, once it was asked for
        self._windows: list[LatencyWindow | None] = []
        self._room: i64 = _ROOM
        self._lines = vec[i64]([0] * (_SHIFT + _ROOM * _LINES))
        self._apart = vec[i64]([0] * (_ROOM * _APART))

    # Rows

    def add(self, name: bytes, requests_error: i64, bytes_error: i64, time_error: i64) -> i64:
        """Make a row; its number."""
        row = self.count
        if row == self._room:
            self._grow()
        size: i64 = len(name)
        at = _SHIFT + row * _LINES
        lines = self._lines
        place: i64 = 0
        while place < _LINES:
            lines[at + place] = 0
            place += 1
        lines[at] = word_at(name, 0, size)
        lines[at + _WORD1] = word_at(name, WORD, size - WORD)
        lines[at + _SIZE] = size
        lines[at + _REQUESTS_ERROR] = requests_error
        lines[at + _BYTES_ERROR] = bytes_error
        apart = self._apart
        at = row * _APART
        place = 0
        while place < _APART:
            apart[at + place] = 0
            place += 1
        apart[at] = time_error
        self.names.append(name)
        self.patterns.append(None)
        self._windows.append(None)
        self.count = row + 1
        return row

    def _grow(self) -> None:
        room = self._room * 2
        self._lines = _longer(self._lines, _SHIFT + room * _LINES)
        self._apart = _longer(self._apart, room * _APART)
        self._room = room

    def keep(self, marks: vec[i64]) -> None:
        """Drop all rows without a mark; the others move together, in their order."""
        names: list[bytes] = []
        patterns: list[bytes | None] = []
        windows: list[LatencyWindow | None] = []
        row: i64 = 0
        to: i64 = 0
        while row < self.count:
            window = self._windows[row]
            if marks[row]:
                self._move(row, to)
                names.append(self.names[row])
                patterns.append(self.patterns[row])
                windows.append(window)
                to += 1
            elif window is not None:
                self.bins.left += window.size
            row += 1
        self.names = names
        self.patterns = patterns
        self._windows = windows
        self.count = to

    def _move(self, row: i64, to: i64) -> None:
        place: i64 = 0
        while place < _LINES:
            self._lines[_SHIFT + to * _LINES + place] = self._lines[_SHIFT + row * _LINES + place]
            place += 1
        place = 0
        while place < _APART:
            self._apart[to * _APART + place] = self._apart[row * _APART + place]
            place += 1

    def is_named(self, row: i64, word0: i64, word1: i64, data: bytes, at: i64, size: i64) -> bool:
        """Whether the name of a row is `data[at:at + size]`, whose words are given."""
        if not self.has_words(row, word0, word1, size):
            return False
        return size <= WORDS or is_same(self.names[row], data, at, size)

    def has_words(self, row: i64, word0: i64, word1: i64, size: i64) -> bool:
        """Whether the name of a row has that size and those words; up to WORDS bytes that is it."""
        first = _SHIFT + row * _LINES
        lines = self._lines
        return (
            lines[first] == word0
            and lines[first + _WORD1] == word1
            and lines[first + _SIZE] == size
        )

    # Counting

    def add_request(
        self, row: i64, again: i64, size: i64, latency_ns: i64, hits: i64, lookups: i64
    ) -> None:
        """Count a request of `size` bytes, its reply included.

        `again` is 0 for what is told of a request that was counted before, else 1; a latency
        below 0 is none. Size and latency are at most MAX_TOTAL.
        """
        at = _SHIFT + row * _LINES
        lines = self._lines
        lines[at + _REQUESTS] += again
        total = lines[at + _BYTES] + size
        lines[at + _BYTES] = total if total < MAX_TOTAL else MAX_TOTAL
        if lookups:
            lines[at + _LOOKUPS] += lookups
            lines[at + _HITS] += hits
        if latency_ns < 0:
            return
        total = lines[at + _TIME] + latency_ns
        lines[at + _TIME] = total if total < MAX_TOTAL else MAX_TOTAL
        if latency_ns > lines[at + _MAX]:
            lines[at + _MAX] = latency_ns
        bucket = bucket_index(latency_ns)
        timed = lines[at + _TIMED]
        lines[at + _TIMED] = timed + 1
        if timed < FIRST:
            lines[at + _FIRST + (timed >> 2)] |= bucket << (BITS * (timed & 3))
        else:
            self._widen(row, timed, bucket)

    def _widen(self, row: i64, timed: i64, bucket: i64) -> None:
        """Count a latency that is not one of the first."""
        window = self._windows[row]
        if window is None:
            if timed != FIRST:
                return  # there was no room
            window = self._windows[row] = LatencyWindow()
            for first in self._first(row):
                if not window.add(first, self.bins):
                    self._refuse(row, window)
                    return
        if not window.add(bucket, self.bins):
            self._refuse(row, window)

    def _refuse(self, row: i64, window: LatencyWindow) -> None:
        self.bins.left += window.size
        self.bins.refused += 1
        self._windows[row] = None

    def _first(self, row: i64) -> list[i64]:
        """The buckets of the first latencies, in their order."""
        at = _SHIFT + row * _LINES
        count = min(self._lines[at + _TIMED], FIRST)
        buckets: list[i64] = []
        place: i64 = 0
        while place < count:
            buckets.append(packed(self._lines[at + _FIRST + (place >> 2)], place & 3))
            place += 1
        return buckets

    # What was counted

    def counted(self, row: i64, sort: str) -> i64:
        return self._lines[_SHIFT + row * _LINES + _place_of(sort)]

    def error(self, row: i64, sort: str) -> i64:
        """What the name may have had before, at most; 0 of the slowest, whose floor tells."""
        error = _error_of(sort)
        if error > 0:
            return self._lines[_SHIFT + row * _LINES + error]
        return self._apart[row * _APART] if sort == TIME else 0

    def values(self, sort: str, upper: bool) -> vec[i64]:
        """What all rows have counted; `upper`: with the error, where the orders have one."""
        place, error = _place_of(sort), _error_of(sort)
        values = vec[i64]([0] * self.count)
        lines = self._lines
        row: i64 = 0
        while row < self.count:
            at = _SHIFT + row * _LINES
            value = lines[at + place]
            if upper:
                if error > 0:
                    value += lines[at + error]
                elif sort == TIME:
                    value += self._apart[row * _APART]
            values[row] = value
            row += 1
        return values

    def timed(self, row: i64) -> i64:
        """Requests with a latency."""
        return self._lines[_SHIFT + row * _LINES + _TIMED]

    def hits(self, row: i64) -> i64:
        return self._lines[_SHIFT + row * _LINES + _HITS]

    def lookups(self, row: i64) -> i64:
        return self._lines[_SHIFT + row * _LINES + _LOOKUPS]

    def percentile(self, row: i64, percent: i64) -> i64:
        """In ns, as that of Histogram; UNKNOWN where nothing is known."""
        max_ns = self._lines[_SHIFT + row * _LINES + _MAX]
        window = self._windows[row]
        if window is not None:
            return window.percentile(percent, max_ns)
        timed = self.timed(row)
        if timed == 0 or timed > FIRST:
            return UNKNOWN
        buckets = self._first(row)
        buckets.sort()
        return first_percentile(buckets, percent, max_ns)

    # Intervals

    def requests_last(self, row: i64) -> i64:
        """In the interval that ended."""
        return self._apart[row * _APART + _REQUESTS_LAST]

    def bytes_last(self, row: i64) -> i64:
        return self._apart[row * _APART + _BYTES_LAST]

    def interval(self, whole: bool) -> None:
        """The interval ends; `whole`: it was from the beginning on."""
        row: i64 = 0
        while row < self.count:
            at = row * _APART
            requests = self.counted(row, REQUESTS)
            size = self.counted(row, BYTES)
            self._apart[at + _REQUESTS_LAST] = requests
            self._apart[at + _BYTES_LAST] = size
            if not whole:
                self._apart[at + _REQUESTS_LAST] -= self._apart[at + _REQUESTS_BEFORE]
                self._apart[at + _BYTES_LAST] -= self._apart[at + _BYTES_BEFORE]
            self._apart[at + _REQUESTS_BEFORE] = requests
            self._apart[at + _BYTES_BEFORE] = size
            row += 1


def _place_of(sort: str) -> i64:
    """Of what is counted, in a row's lines."""
    if sort == REQUESTS:
        return _REQUESTS
    if sort == BYTES:
        return _BYTES
    return _TIME if sort == TIME else _MAX


def _error_of(sort: str) -> i64:
    """Of the error, in a row's lines; 0 where it is elsewhere, or where there is none."""
    if sort == REQUESTS:
        return _REQUESTS_ERROR
    return _BYTES_ERROR if sort == BYTES else 0


def _longer(values: vec[i64], size: i64) -> vec[i64]:
    longer = vec[i64]([0] * size)
    place: i64 = 0
    while place < len(values):
        longer[place] = values[place]
        place += 1
    return longer
