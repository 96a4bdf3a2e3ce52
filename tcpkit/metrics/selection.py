"""The k-th largest of many numbers, in linear time whatever they are."""

from typing import Final

from librt.vecs import vec
from mypy_extensions import i64

_DIGIT: Final = 256


def kth_largest(values: vec[i64], k: i64) -> i64:
    """`values` are not negative, and at least `k`, which is 1 or more.

    Radix selection: byte by byte from the highest, counting those that share the bytes
    found so far. A quickselect can be made quadratic by who chooses the numbers, and they
    come from the network.

    >>> kth_largest(vec[i64]([7, 1, 300, 7]), 3)
    7
    """
    size: i64 = len(values)
    found: i64 = 0
    left = k
    shift: i64 = 56
    while shift >= 0:
        counts = vec[i64]([0] * _DIGIT)
        place: i64 = 0
        while place < size:
            above = values[place] >> shift
            if above >> 8 == found:
                counts[above & 0xFF] += 1
            place += 1
        digit: i64 = _DIGIT - 1
        while digit > 0 and counts[digit] < left:
            left -= counts[digit]
            digit -= 1
        found = (found << 8) | digit
        shift -= 8
    return found
