"""Stretches of a stream that did not pass the capture once and in order: the last ones."""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.half_stream import NOT_KNOWN
from tcpkit.flow.sequence import distance

MAX_MISHAPS: Final = 64  # of each side: more than an exchange that a reader looks at has


@final
@mypyc_attr(acyclic=True)
class Mishap:
    """The bytes from position `first` to before `last`, captured at `ts_ns`.

    They were captured before, or, where `since_ns` is known, bytes behind them had been
    captured since then.
    """

    def __init__(self, first: i64, last: i64, ts_ns: i64, since_ns: i64) -> None:
        self.first = first
        self.last = last
        self.ts_ns = ts_ns
        self.since_ns = since_ns

    @property
    def is_late(self) -> bool:
        """Whether it came after what follows it; else it was sent again."""
        return self.since_ns >= 0


@final
@mypyc_attr(acyclic=True)
class Mishaps:
    """Beyond MAX_MISHAPS the oldest is forgotten."""

    def __init__(self) -> None:
        self._last: list[Mishap] | None = None

    def add(self, mishap: Mishap) -> None:
        last = self._last
        if last is None:
            last = self._last = []
        if len(last) >= MAX_MISHAPS:
            last.pop(0)
        last.append(mishap)

    def sent_again(self, seq: i64, size: i64, after_ns: i64) -> i64:
        """When one of the `size` bytes from position `seq` on was first sent again.

        Since `after_ns`; NOT_KNOWN: it was not.
        """
        last = self._last
        if last is not None:
            for mishap in last:
                if not mishap.is_late and _touches(mishap, seq, size, after_ns):
                    return mishap.ts_ns
        return NOT_KNOWN

    def late_ns(self, seq: i64, size: i64, after_ns: i64) -> i64:
        """For how long one of these bytes was missing that others waited for, since then."""
        longest: i64 = 0
        last = self._last
        if last is not None:
            for mishap in last:
                if mishap.is_late and _touches(mishap, seq, size, after_ns):
                    longest = max(longest, mishap.ts_ns - mishap.since_ns)
        return longest


def _touches(mishap: Mishap, seq: i64, size: i64, after_ns: i64) -> bool:
    if mishap.ts_ns < after_ns:
        return False
    return distance(mishap.first, seq) < size and distance(mishap.last, seq) > 0
