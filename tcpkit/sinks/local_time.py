"""Times and latencies as the text lines show them."""

import time
from typing import Final, final

from mypy_extensions import i64

_NS_PER_S: Final = 1_000_000_000
_NO_SECOND: Final = -(1 << 63)  # no time in ns has this second
_THREE_DIGITS: Final[list[str]] = [f"{number:03d}" for number in range(1000)]


@final
class LocalTime:
    """Local time with microseconds; the text of the last second is kept."""

    __slots__ = ("_prefix", "_second")

    def __init__(self) -> None:
        self._second: i64 = _NO_SECOND
        self._prefix = ""

    def text(self, time_ns: i64) -> str:
        """`2018-11-16 18:38:36.873067` for ns since the epoch; rounded down."""
        second = time_ns // _NS_PER_S
        if second != self._second:
            self._second = second
            self._prefix = time.strftime("%Y-%m-%d %H:%M:%S.", time.localtime(second))
        us = (time_ns - second * _NS_PER_S) // 1_000
        return f"{self._prefix}{_THREE_DIGITS[us // 1_000]}{_THREE_DIGITS[us % 1_000]}"


def milliseconds(latency_ns: i64) -> str:
    """Milliseconds with three decimals, rounded to the nearest.

    >>> milliseconds(11_203_500), milliseconds(499), milliseconds(-1_500_000)
    ('11.204', '0.000', '-1.500')
    """
    if latency_ns < 0:
        return "-" + milliseconds(-latency_ns)
    us = (latency_ns + 500) // 1_000
    return f"{us // 1_000}.{_THREE_DIGITS[us % 1_000]}"
