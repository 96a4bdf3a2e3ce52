"""Counts keys in batches: their rows are looked up side by side.

With 100,000 rows most look-ups wait for memory, several times one after the other: for the
slot, the row, its name. In a short loop over many keys the processor waits for all of them
at once. What is counted is the same, and in the same order.
"""

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.name_index import NO_ROW
from tcpkit.metrics.name_words import WORD, WORDS, hash_of, is_same, word_at
from tcpkit.metrics.patterns import folded
from tcpkit.metrics.space_saving import SpaceSaving

BATCH: Final = 128  # what they take fits the first cache
_NUMBERS: Final = 11  # of each key that waits
_AT: Final = 0
_SIZE: Final = 1
_AGAIN: Final = 2
_BYTES: Final = 3
_LATENCY: Final = 4
_HITS: Final = 5
_LOOKUPS: Final = 6
_HASH: Final = 7
_WORD0: Final = 8
_WORD1: Final = 9
_ROW: Final = 10


@final
class KeyBatch:
    """Feeds `keys`, and their patterns to `patterns`. What waits is in no row before `flush`."""

    def __init__(self, keys: SpaceSaving, patterns: SpaceSaving | None) -> None:
        self._keys = keys
        self._patterns = patterns
        self._texts: list[bytes] = [b""] * BATCH
        self._numbers = vec[i64]([0] * (BATCH * _NUMBERS))
        self._end: i64 = 0  # of the numbers of those that wait

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
        first = self._end
        numbers = self._numbers
        self._texts[first // _NUMBERS] = text
        numbers[first] = at
        numbers[first + _SIZE] = size
        numbers[first + _AGAIN] = again
        numbers[first + _BYTES] = bytes_
        numbers[first + _LATENCY] = latency_ns
        numbers[first + _HITS] = hits
        numbers[first + _LOOKUPS] = lookups
        word0 = word_at(text, at, size)
        word1 = word_at(text, at + WORD, size - WORD)
        numbers[first + _WORD0] = word0
        numbers[first + _WORD1] = word1
        numbers[first + _HASH] = hash_of(text, at, size, word0, word1)
        self._end = first + _NUMBERS
        if first + _NUMBERS == BATCH * _NUMBERS:
            self.flush()

    def flush(self) -> None:
        """Count all that waits."""
        self._look_up()
        self._compare()
        purges = self._keys.purges
        numbers = self._numbers
        first: i64 = 0
        while first < self._end:
            row = numbers[first + _ROW]
            if row == NO_ROW or self._keys.purges != purges:
                row = self._keys.row_in(
                    self._texts[first // _NUMBERS],
                    numbers[first],
                    numbers[first + _SIZE],
                    numbers[first + _WORD0],
                    numbers[first + _WORD1],
                    numbers[first + _HASH],
                )
            self._count(row, first)
            first += _NUMBERS
        self._end = 0

    def _look_up(self) -> None:
        index = self._keys.index
        numbers = self._numbers
        first: i64 = 0
        while first < self._end:
            numbers[first + _ROW] = index.likely(numbers[first + _HASH])
            first += _NUMBERS

    def _compare(self) -> None:
        rows = self._keys.rows
        numbers = self._numbers
        first: i64 = 0
        while first < self._end:
            row = numbers[first + _ROW]
            if row != NO_ROW:
                size = numbers[first + _SIZE]
                word0, word1 = numbers[first + _WORD0], numbers[first + _WORD1]
                same = rows.has_words(row, word0, word1, size)
                if same and size > WORDS:
                    same = is_same(
                        rows.names[row], self._texts[first // _NUMBERS], numbers[first], size
                    )
                if not same:
                    numbers[first + _ROW] = NO_ROW
            first += _NUMBERS

    def _count(self, row: i64, first: i64) -> None:
        numbers = self._numbers
        again = numbers[first + _AGAIN]
        bytes_ = numbers[first + _BYTES]
        latency_ns = numbers[first + _LATENCY]
        hits = numbers[first + _HITS]
        lookups = numbers[first + _LOOKUPS]
        rows = self._keys.rows
        rows.add_request(row, again, bytes_, latency_ns, hits, lookups)
        patterns = self._patterns
        if patterns is not None:
            pattern = rows.patterns[row]
            if pattern is None:
                pattern = rows.patterns[row] = folded(rows.names[row])
            patterns.add_request(pattern, again, bytes_, latency_ns, hits, lookups)
