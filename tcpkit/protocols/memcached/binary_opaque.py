"""Opaques that a client counts: numbers that climb from request to request."""

from typing import final

from mypy_extensions import i64


@final
class Climb:
    """A run of opaques, each larger than the one before.

    They are numbers in the byte order of the client's machine: `_swapped` says that this
    seems not to be that of the network.
    """

    __slots__ = ("length", "_last", "_swapped")

    def __init__(self) -> None:
        self.length: i64 = 0
        self._last: i64 = -1
        self._swapped = False

    def goes_on(self, opaque: i64) -> bool:
        """Take the next opaque; False if it does not climb: then it begins another run."""
        number = swapped(opaque) if self._swapped else opaque
        if number > self._last:
            self._last = number
            self.length += 1
            return True
        self._swapped = not self._swapped
        self._last = swapped(opaque) if self._swapped else opaque
        self.length = 1
        return False


def swapped(number: i64) -> i64:
    """A number of 32 bits in the other byte order.

    >>> hex(swapped(0x01020304))
    '0x4030201'
    """
    high = (number >> 8) & 0xFF00 | number >> 24
    return (number & 0xFF) << 24 | (number & 0xFF00) << 8 | high
