r"""Domain names: where they end, whether two are equal, how they are shown.

A name is labels of up to 63 octets, each behind its length, and a 0 (RFC 1035, section
3.1). Only names in the question are read; they stand first in a message, so there is
nothing before them that a compression pointer could mean: one is malformed.

Shown, a dot and a backslash inside a label are `\.` and `\\`, and what is no visible
ASCII is `\xNN`, the blank too: a name is one word, and no two names look the same.
"""

from typing import Final

from librt.strings import BytesWriter, read_i32_be, read_i64_be
from mypy_extensions import i64

MAX_NAME: Final = 255  # octets, lengths included (RFC 1035, section 2.3.4)
MAX_LABEL: Final = 63

# What a position can be instead.
MALFORMED: Final = -1
MISSING: Final = -2  # what is there ends before the name does

_LOWER: Final = bytes(range(256)).lower()
_ORDINARY: Final = bytes(0x20 < byte < 0x7F and byte not in b".\\" for byte in range(256))
_SHOWN: Final[list[str]] = [
    f"\\{chr(byte)}" if byte in b".\\" else chr(byte) if 0x20 < byte < 0x7F else f"\\x{byte:02x}"
    for byte in range(256)
]


def name_end(data: bytes, at: i64, end: i64) -> i64:
    """The position behind the name at `at` in `data[:end]`, MALFORMED or MISSING."""
    limit = at + MAX_NAME
    while at < end:
        size: i64 = data[at]
        at += 1
        if size == 0:
            return at if at <= limit else MALFORMED
        if size > MAX_LABEL or at + size >= limit:
            return MALFORMED
        at += size
    return MISSING


def same_bytes(first: bytes, data: bytes, at: i64) -> bool:
    """Whether `first` stands at `at` in `data`, which is long enough."""
    size: i64 = len(first)
    place: i64 = 0
    while place + 8 <= size:
        if read_i64_be(first, place) != read_i64_be(data, at + place):
            return False
        place += 8
    if place == size:
        return True
    if size >= 8:
        return read_i64_be(first, size - 8) == read_i64_be(data, at + size - 8)
    if size >= 4:
        return read_i32_be(first, 0) == read_i32_be(data, at) and (
            read_i32_be(first, size - 4) == read_i32_be(data, at + size - 4)
        )
    return first == data[at : at + size]


def same_letters(first: bytes, data: bytes, at: i64, size: i64) -> bool:
    """Whether `size` octets are the same but for the case of ASCII letters (RFC 4343).

    A label's length is at most 63, so none is mistaken for a letter.
    """
    place: i64 = 0
    while place < size:
        if _LOWER[first[place]] != _LOWER[data[at + place]]:
            return False
        place += 1
    return True


def name_text(data: bytes) -> str:
    r"""The well-formed name that `data` begins with, without the last dot; the root is `.`.

    >>> name_text(b"\3www\7exa.ple\0"), name_text(b"\0")
    ('www.exa\\.ple', '.')
    """
    size: i64 = data[0]
    if size == 0:
        return "."
    writer = BytesWriter()
    at: i64 = 1
    while True:
        label_end = at + size
        while at < label_end:
            octet: i64 = data[at]
            if not _ORDINARY[octet]:
                return _escaped(data)
            writer.append(octet)
            at += 1
        size = data[at]
        if size == 0:
            return writer.getvalue().decode("ascii")
        writer.append(46)
        at += 1


def _escaped(data: bytes) -> str:
    labels: list[str] = []
    at: i64 = 0
    while data[at] != 0:
        stop = at + 1 + data[at]
        labels.append("".join([_SHOWN[octet] for octet in data[at + 1 : stop]]))
        at = stop
    return ".".join(labels)
