"""Finds the row of a name, which need not be cut out of the bytes that it lies in.

A dict takes bytes objects, so each look-up would make one, and a big table's look-ups are
mostly waits for memory, one after the other. Here `KeyBatch` can begin many at once.

Open addressing, at most half full. Probing is short: what finds no place within PROBES goes
to a dict, whose hash nobody can foresee. So names chosen to collide cost no more than that.
"""

from typing import Final, final

from librt.strings import read_i32_le, read_i64_le
from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.top_entry import TopEntry

PROBES: Final = 16
_MASK_32: Final = 0xFFFFFFFF
_ROW_BITS: Final = 31
_ROW_MASK: Final = (1 << _ROW_BITS) - 1
_FACTOR: Final = 0x2C1B3C6D  # odd; times 32 bits it stays below 63
_LAST_FACTOR: Final = 0x297A2D39
_SEED: Final = hash(b"tcpkit") & 0x7FFFFFFF  # another one in each process


def hash_of(data: bytes, at: i64, size: i64) -> i64:
    """32 bits of `data[at:at + size]`."""
    mixed: i64 = _SEED ^ size
    end = at + size
    word: i64 = 0
    while at + 4 <= end:
        word = i64(read_i32_le(data, at)) & _MASK_32
        mixed = ((mixed ^ word) * _FACTOR) & _MASK_32
        mixed = mixed ^ (mixed >> 15)
        at += 4
    while at < end:
        word = data[at]
        mixed = ((mixed ^ word) * _FACTOR) & _MASK_32
        mixed = mixed ^ (mixed >> 15)
        at += 1
    mixed = ((mixed ^ (mixed >> 16)) * _LAST_FACTOR) & _MASK_32
    return mixed ^ (mixed >> 15)


def is_same(name: bytes, data: bytes, at: i64, size: i64) -> bool:
    """Whether `name` is `data[at:at + size]`."""
    if len(name) != size:
        return False
    place: i64 = 0
    while place + 8 <= size:
        if read_i64_le(name, place) != read_i64_le(data, at + place):
            return False
        place += 8
    while place < size:
        if name[place] != data[at + place]:
            return False
        place += 1
    return True


@final
class NameIndex:
    """`entries` are the rows, in the order in which they came."""

    def __init__(self, capacity: i64) -> None:
        slots: i64 = 16
        while slots < 2 * capacity:
            slots *= 2
        self._mask = slots - 1
        self._slots = vec[i64]([0] * slots)
        self._crowded: dict[bytes, TopEntry] = {}
        self.entries: list[TopEntry] = []

    def first(self, hashed: i64) -> TopEntry | None:
        """The row that is likely, of names with that hash; to be compared."""
        value = self._slots[hashed & self._mask]
        if value >> _ROW_BITS != hashed or value == 0:
            return None
        return self.entries[(value & _ROW_MASK) - 1]

    def find(self, data: bytes, at: i64, size: i64, hashed: i64) -> TopEntry | None:
        """The row of the name `data[at:at + size]`, whose hash is `hashed`."""
        place = hashed & self._mask
        probes: i64 = 0
        while probes < PROBES:
            value = self._slots[place]
            if value == 0:
                return None
            if value >> _ROW_BITS == hashed:
                entry = self.entries[(value & _ROW_MASK) - 1]
                if is_same(entry.name, data, at, size):
                    return entry
            place = (place + 1) & self._mask
            probes += 1
        return self._crowded.get(data[at : at + size])

    def add(self, entry: TopEntry, hashed: i64) -> None:
        """`entry` is new, and there is room."""
        self.entries.append(entry)
        place = hashed & self._mask
        probes: i64 = 0
        while probes < PROBES:
            if self._slots[place] == 0:
                self._slots[place] = (hashed << _ROW_BITS) | len(self.entries)
                return
            place = (place + 1) & self._mask
            probes += 1
        self._crowded[entry.name] = entry

    def replace(self, entries: list[TopEntry]) -> None:
        """Hold these instead."""
        self._crowded = {}
        self.entries = []
        place: i64 = 0
        while place <= self._mask:
            self._slots[place] = 0
            place += 1
        for entry in entries:
            self.add(entry, hash_of(entry.name, 0, len(entry.name)))
