"""Feed a parser every way in which bytes may reach it.

A way is a list of pieces that make up the data. `every_way` has the whole, byte by byte,
each split in two, and pieces of 2 and 3 bytes: enough to stop a parser at each of its
positions, in each of its states.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Found = TypeVar("Found")
Pieces = list[bytes]


def split(data: bytes, cuts: Sequence[int]) -> Pieces:
    """`data` cut at the positions `cuts`.

    >>> split(b"abcdef", [4, 1])
    [b'a', b'bcd', b'ef']
    """
    edges = [0, *sorted(cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges) if a < b]


def in_steps(data: bytes, size: int) -> Pieces:
    """
    >>> in_steps(b"abcde", 2)
    [b'ab', b'cd', b'e']
    """
    return [data[at : at + size] for at in range(0, len(data), size)]


def every_way(data: bytes) -> Iterator[Pieces]:
    """
    >>> [len(pieces) for pieces in every_way(b"abc")]
    [1, 3, 2, 2, 2, 1]
    """
    yield [data]
    yield in_steps(data, 1)
    for at in range(1, len(data)):
        yield [data[:at], data[at:]]
    yield in_steps(data, 2)
    yield in_steps(data, 3)


def same_every_way(read: Callable[[Pieces], Found], data: bytes) -> Found:
    """What `read` finds in `data`; fails unless it finds that every way."""
    whole = read([data])
    for pieces in every_way(data):
        found = read(pieces)
        assert found == whole, f"fed as {pieces}"
    return whole
