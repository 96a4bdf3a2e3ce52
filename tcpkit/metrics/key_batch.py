"""Counts keys in batches: their rows are looked up side by side.

With 100,000 rows most look-ups wait for memory, several times one after the other: for the
slot, the row, its name. In a short loop over many keys the processor waits for all of them
at once. What is counted is the same, and in the same order.
"""

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.name_index import hash_of, is_same
from tcpkit.metrics.patterns import folded
from tcpkit.metrics.space_saving import SpaceSaving
from tcpkit.metrics.top_entry import TopEntry

BATCH: Final = 128  # what they take fits the first cache
_AT: Final = 0  # numbers of each key that waits
_SIZE: Final = 1
_AGAIN: Final = 2
_BYTES: Final = 3
_LATENCY: Final = 4
_HITS: Final = 5
_LOOKUPS: Final = 6
_HASH: Final = 7
_NUMBERS: Final = 8


@final
class KeyBatch:
    """Feeds `keys`, and their patterns to `patterns`. What waits is in no row before `flush`."""

    def __init__(self, keys: SpaceSaving, patterns: SpaceSaving | None) -> None:
        self._keys = keys
        self._patterns = patterns
        self._texts: list[bytes] = [b""] * BATCH
        self._found: list[TopEntry | None] = [None] * BATCH
        self._numbers = vec[i64]([0] * (BATCH * _NUMBERS))
        self._waiting: i64 = 0

    def add(
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
        """Count for the key `text[at:at + size]`, sooner or later."""
        waiting = self._waiting
        first = waiting * _NUMBERS
        numbers = self._numbers
        self._texts[waiting] = text
        numbers[first] = at
        numbers[first + _SIZE] = size
        numbers[first + _AGAIN] = again
        numbers[first + _BYTES] = bytes_
        numbers[first + _LATENCY] = latency_ns
        numbers[first + _HITS] = hits
        numbers[first + _LOOKUPS] = lookups
        self._waiting = waiting + 1
        if waiting + 1 == BATCH:
            self.flush()

    def flush(self) -> None:
        """Count all that waits."""
        self._hash()
        self._look_up()
        purges = self._keys.purges
        numbers = self._numbers
        place: i64 = 0
        first: i64 = 0
        while place < self._waiting:
            entry = self._found[place]
            if entry is None or self._keys.purges != purges:
                entry = self._keys.entry_in(
                    self._texts[place],
                    numbers[first],
                    numbers[first + _SIZE],
                    numbers[first + _HASH],
                )
            self._count(entry, first)
            place += 1
            first += _NUMBERS
        self._waiting = 0

    def _hash(self) -> None:
        numbers = self._numbers
        place: i64 = 0
        first: i64 = 0
        while place < self._waiting:
            numbers[first + _HASH] = hash_of(
                self._texts[place], numbers[first], numbers[first + _SIZE]
            )
            place += 1
            first += _NUMBERS

    def _look_up(self) -> None:
        index = self._keys.index
        numbers = self._numbers
        place: i64 = 0
        first: i64 = 0
        while place < self._waiting:
            self._found[place] = index.first(numbers[first + _HASH])
            place += 1
            first += _NUMBERS
        place = 0
        first = 0
        while place < self._waiting:
            entry = self._found[place]
            if entry is not None and not is_same(
                entry.name, self._texts[place], numbers[first], numbers[first + _SIZE]
            ):
                self._found[place] = None
            place += 1
            first += _NUMBERS

    def _count(self, entry: TopEntry, first: i64) -> None:
        numbers = self._numbers
        again = numbers[first + _AGAIN]
        bytes_ = numbers[first + _BYTES]
        latency_ns = numbers[first + _LATENCY]
        hits = numbers[first + _HITS]
        lookups = numbers[first + _LOOKUPS]
        entry.count(self._keys.bins, again, bytes_, latency_ns, hits, lookups)
        patterns = self._patterns
        if patterns is not None:
            pattern = entry.pattern
            if pattern is None:
                pattern = entry.pattern = folded(entry.name)
            row = patterns.entry(pattern)
            row.count(patterns.bins, again, bytes_, latency_ns, hits, lookups)
