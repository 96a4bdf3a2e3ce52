"""A name as numbers, read where it lies: its first 16 bytes, and a hash of all of it."""

from typing import Final

from librt.strings import read_i32_le, read_i64_le
from mypy_extensions import i64

WORD: Final = 8  # bytes
WORDS: Final = 16  # bytes in both words
_MASK_32: Final = 0xFFFFFFFF
_FACTOR: Final = 0x2C1B3C6D  # odd; times 32 bits it stays below 63
_LAST_FACTOR: Final = 0x297A2D39
_SEED: Final = hash(b"tcpkit") & 0x7FFFFFFF  # another one in each process


def word_at(data: bytes, at: i64, size: i64) -> i64:
    """The first eight bytes of `data[at:at + size]`; those missing are 0, as is no size at all."""
    if size >= WORD:
        return read_i64_le(data, at)
    word: i64 = 0
    shift: i64 = 0
    char: i64 = 0
    while size > 0:
        char = data[at]
        word |= char << shift
        shift += 8
        at += 1
        size -= 1
    return word


def hash_of(data: bytes, at: i64, size: i64, word0: i64, word1: i64) -> i64:
    """32 bits of `data[at:at + size]`, whose words are `word0` and `word1`."""
    mixed = _mixed(_SEED ^ size, word0 & _MASK_32)
    mixed = _mixed(mixed, (word0 >> 32) & _MASK_32)
    mixed = _mixed(mixed, word1 & _MASK_32)
    mixed = _mixed(mixed, (word1 >> 32) & _MASK_32)
    end = at + size
    at += WORDS
    while at + 4 <= end:
        mixed = _mixed(mixed, i64(read_i32_le(data, at)) & _MASK_32)
        at += 4
    while at < end:
        mixed = _mixed(mixed, i64(data[at]))
        at += 1
    mixed = ((mixed ^ (mixed >> 16)) * _LAST_FACTOR) & _MASK_32
    return mixed ^ (mixed >> 15)


def _mixed(mixed: i64, word: i64) -> i64:
    mixed = ((mixed ^ word) * _FACTOR) & _MASK_32
    return mixed ^ (mixed >> 15)


def is_same(name: bytes, data: bytes, at: i64, size: i64) -> bool:
    """Whether `name` is `data[at:at + size]`."""
    if len(name) != size:
        return False
    place: i64 = 0
    while place + WORD <= size:
        if read_i64_le(name, place) != read_i64_le(data, at + place):
            return False
        place += WORD
    while place < size:
        if name[place] != data[at + place]:
            return False
        place += 1
    return True
