"""The times in which one side took nothing, having told the other a window of zero."""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.half_stream import NOT_KNOWN

MAX_CLOSURES: Final = 64  # the last ones: an exchange that saw more is told less than it waited


@final
@mypyc_attr(acyclic=True)
class ZeroWindow:
    """A window of zero closes; the next one above zero opens. Its scaling does not matter."""

    def __init__(self) -> None:
        self.times: i64 = 0  # how often it closed
        self._closed_ns: i64 = 0  # all times together, the open one apart
        self._since_ns: i64 = NOT_KNOWN  # closed now, since then
        self._closures: list[tuple[i64, i64]] | None = None  # the last ones, oldest first

    def take(self, window: i64, ts_ns: i64) -> None:
        """The side said `window`, in whatever units."""
        if window == 0:
            if self._since_ns < 0:
                self._since_ns = ts_ns
                self.times += 1
            return
        since_ns = self._since_ns
        if since_ns < 0:
            return
        self._since_ns = NOT_KNOWN
        if ts_ns <= since_ns:
            return
        self._closed_ns += ts_ns - since_ns
        closures = self._closures
        if closures is None:
            closures = self._closures = []
        if len(closures) >= MAX_CLOSURES:
            closures.pop(0)
        closures.append((since_ns, ts_ns))

    def closed_ns(self, now_ns: i64) -> i64:
        """For how long it has been closed, until `now_ns`."""
        if 0 <= self._since_ns < now_ns:
            return self._closed_ns + now_ns - self._since_ns
        return self._closed_ns

    def closed_between(self, first_ns: i64, last_ns: i64) -> i64:
        """For how long, at least, it was closed between these times."""
        total: i64 = 0
        closures = self._closures
        if closures is not None:
            for begin, end in closures:
                total += max(min(end, last_ns) - max(begin, first_ns), 0)
        if self._since_ns >= 0:
            total += max(last_ns - max(self._since_ns, first_ns), 0)
        return total
