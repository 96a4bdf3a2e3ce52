"""TCP sequence numbers: arithmetic modulo 2^32 (RFC 9293, section 3.4)."""

from typing import Final

from mypy_extensions import i64

MASK: Final = 0xFFFFFFFF
SIGN: Final = 0x80000000  # set in (a - b) & MASK where a lies before b


def distance(a: i64, b: i64) -> i64:
    """How far `a` lies after `b`, negative when before; within +-2^31.

    >>> int(distance(5, 3)), int(distance(2, 0xFFFFFFFE))
    (2, 4)
    """
    d: i64 = (a - b) & MASK
    if d & SIGN:
        return d - (MASK + 1)
    return d
