"""Finds the row of a name, which need not be cut out of the bytes that it lies in.

A dict takes bytes objects, so each look-up would make one, and a big table's look-ups are
mostly waits for memory, one after the other. Here `KeyBatch` can begin many at once.

Open addressing, at most half full. Probing is short: what finds no place within PROBES goes
to a dict, whose hash nobody can foresee. So names chosen to collide cost no more than that.
"""

from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.name_words import WORD, hash_of, word_at
from tcpkit.metrics.top_rows import TopRows

PROBES: Final = 16
NO_ROW: Final = -1
_ROW_BITS: Final = 31
_ROW_MASK: Final = (1 << _ROW_BITS) - 1


@final
class NameIndex:
    """Of the names of `rows`, `capacity` at most."""

    def __init__(self, rows: TopRows, capacity: i64) -> None:
        slots: i64 = 16
        while slots < 2 * capacity:
            slots *= 2
        self._rows = rows
        self._mask = slots - 1
        self._slots = vec[i64]([0] * slots)  # hash and row + 1; 0: nothing
        self._crowded: dict[bytes, int] = {}

    def likely(self, hashed: i64) -> i64:
        """The row of a name with that hash, which is to be compared, or NO_ROW."""
        value = self._slots[hashed & self._mask]
        if value >> _ROW_BITS != hashed:
            return NO_ROW
        return (value & _ROW_MASK) - 1

    def find(self, data: bytes, at: i64, size: i64, word0: i64, word1: i64, hashed: i64) -> i64:
        """The row of the name `data[at:at + size]`, or NO_ROW."""
        place = hashed & self._mask
        probes: i64 = 0
        while probes < PROBES:
            value = self._slots[place]
            if value == 0:
                return NO_ROW
            if value >> _ROW_BITS == hashed:
                row = (value & _ROW_MASK) - 1
                if self._rows.is_named(row, word0, word1, data, at, size):
                    return row
            place = (place + 1) & self._mask
            probes += 1
        found = self._crowded.get(data[at : at + size])
        return NO_ROW if found is None else i64(found)

    def add(self, row: i64, name: bytes, hashed: i64) -> None:
        """A row is new, and there is room."""
        place = hashed & self._mask
        probes: i64 = 0
        while probes < PROBES:
            if self._slots[place] == 0:
                self._slots[place] = (hashed << _ROW_BITS) | (row + 1)
                return
            place = (place + 1) & self._mask
            probes += 1
        self._crowded[name] = int(row)

    def refresh(self) -> None:
        """The rows have other numbers."""
        self._crowded = {}
        place: i64 = 0
        while place <= self._mask:
            self._slots[place] = 0
            place += 1
        row: i64 = 0
        while row < self._rows.count:
            name = self._rows.names[row]
            size: i64 = len(name)
            word0 = word_at(name, 0, size)
            word1 = word_at(name, WORD, size - WORD)
            self.add(row, name, hash_of(name, 0, size, word0, word1))
            row += 1
