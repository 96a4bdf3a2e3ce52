"""Keys that differ in numbers and ids only, as one pattern: `user:{n}:cart`.

In a run of ASCII letters and digits, which anything else ends:

- a UUID (8-4-4-4-12 hex digits with hyphens) becomes `{uuid}`
- a run of 8 or more hex digits, with a digit and a letter among them, becomes `{hex}`
- in any other run each run of digits becomes `{n}`

What is made of other letters (base64, ULIDs, slugs) stays as it is: nothing tells it from a
word.
"""

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64

MAX_FOLDED: Final = 512  # bytes of a key that are looked at
SHORTEST_HEX: Final = 8
_UUID: Final = 36

_OTHER: Final = 0
_DIGIT: Final = 1
_HEX: Final = 2  # a letter from a to f
_LETTER: Final = 3


def _classes() -> bytes:
    table = bytearray(256)
    for char in range(256):
        text = chr(char)
        if "0" <= text <= "9":
            table[char] = _DIGIT
        elif text in "abcdefABCDEF":
            table[char] = _HEX
        elif text.isascii() and text.isalpha():
            table[char] = _LETTER
    return bytes(table)


_CLASS: Final = _classes()


def folded(key: bytes) -> bytes:
    """
    >>> folded(b"user:1042:cart"), folded(b"s:deadbeef01:v2"), folded(b"feed:cafe:2024-01-31")
    (b'user:{n}:cart', b's:{hex}:v{n}', b'feed:cafe:{n}-{n}-{n}')
    >>> folded(b"s:123e4567-e89b-12d3-a456-426614174000")
    b's:{uuid}'
    """
    end: i64 = min(len(key), MAX_FOLDED)
    out = BytesWriter()
    at: i64 = 0
    while at < end:
        if _CLASS[key[at]] == _OTHER:
            out.append(key[at])
            at += 1
            continue
        if _is_uuid(key, at, end):
            out.write(b"{uuid}")
            at += _UUID
            continue
        stop = at
        while stop < end and _CLASS[key[stop]] != _OTHER:
            stop += 1
        if _is_hex(key, at, stop):
            out.write(b"{hex}")
        else:
            _fold_digits(key, at, stop, out)
        at = stop
    return out.getvalue()


def _is_uuid(key: bytes, at: i64, end: i64) -> bool:
    if at + _UUID > end:
        return False
    if at + _UUID < end and _CLASS[key[at + _UUID]] != _OTHER:
        return False
    place: i64 = 0
    while place < _UUID:
        char: i64 = key[at + place]
        if place == 8 or place == 13 or place == 18 or place == 23:
            if char != 45:
                return False
        elif not _DIGIT <= _CLASS[char] <= _HEX:
            return False
        place += 1
    return True


def _is_hex(key: bytes, at: i64, stop: i64) -> bool:
    if stop - at < SHORTEST_HEX:
        return False
    digits = False
    letters = False
    while at < stop:
        kind: i64 = _CLASS[key[at]]
        if kind == _LETTER:
            return False
        if kind == _DIGIT:
            digits = True
        else:
            letters = True
        at += 1
    return digits and letters


def _fold_digits(key: bytes, at: i64, stop: i64, out: BytesWriter) -> None:
    inside = False
    while at < stop:
        char = key[at]
        if _CLASS[char] == _DIGIT:
            if not inside:
                out.write(b"{n}")
            inside = True
        else:
            out.append(char)
            inside = False
        at += 1
