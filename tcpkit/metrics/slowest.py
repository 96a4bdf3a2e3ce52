"""The slowest requests of a run, or of each of its latest minutes."""

import heapq
from typing import Final

from mypy_extensions import i64, mypyc_attr

from tcpkit.protocols.message import ABORTED, BLOCKING, TIMEOUT, Exchange

_ALWAYS: Final = -(1 << 63)

# How long it took, the place in the order of arrival, and what is kept of it.
_Item = tuple[int, int, dict[str, object]]


@mypyc_attr(allow_interpreted_subclasses=True)
class Slowest:
    """Keeps the `limit` slowest exchanges, of the latest `windows` windows of time each.

    What was given up (`timeout`, `aborted`) took as long as it waited; replies that block by
    design are not among them. An Exchange is needed of what took `floor_ns` or more. With
    `window_ns` 0 there is one window, the whole run. Times are capture times.
    """

    __slots__ = (
        "floor_ns", "limit", "_begin_ns", "_heap", "_old", "_taken", "_windows", "_window_ns",
    )  # fmt: skip

    def __init__(self, limit: i64, window_ns: i64 = 0, windows: i64 = 1) -> None:
        self.limit = limit
        self.floor_ns: i64 = _ALWAYS
        self._window_ns = window_ns
        self._windows = windows
        self._begin_ns: i64 = _ALWAYS
        self._heap: list[_Item] = []
        self._old: list[tuple[int, list[_Item]]] = []  # windows that are over: begin, content
        self._taken: i64 = 0

    def kept(self, exchange: Exchange) -> dict[str, object]:
        """What is to be known of an exchange that is among the slowest, so far."""
        raise NotImplementedError

    def take(self, exchange: Exchange) -> None:
        if exchange.flags & BLOCKING:
            return
        if exchange.answered:
            took_ns = exchange.latency_ns
        elif exchange.status == TIMEOUT or exchange.status == ABORTED:
            took_ns = exchange.time_ns - exchange.request_last_ns
        else:
            return
        if self._window_ns > 0:
            self._roll(exchange.time_ns)
        if took_ns < self.floor_ns:
            return
        self._taken += 1
        # Of equals the first stays.
        item: _Item = (int(took_ns), -int(self._taken), self.kept(exchange))
        if len(self._heap) < self.limit:
            heapq.heappush(self._heap, item)
        else:
            heapq.heappushpop(self._heap, item)
        if len(self._heap) >= self.limit:
            self.floor_ns = self._heap[0][0] + 1

    def _roll(self, now_ns: i64) -> None:
        """Begin another window where `now_ns` lies in none that is kept."""
        if self._begin_ns == _ALWAYS:
            self._begin_ns = now_ns
        elif now_ns - self._begin_ns >= self._window_ns:
            self._old.append((int(self._begin_ns), self._heap))
            self._heap = []
            self.floor_ns = _ALWAYS
            passed = (now_ns - self._begin_ns) // self._window_ns
            self._begin_ns += passed * self._window_ns
            oldest = self._begin_ns - (self._windows - 1) * self._window_ns
            self._old = [window for window in self._old if window[0] >= oldest]

    def advance(self, now_ns: i64) -> None:
        """Capture time has come to `now_ns`: forget what is too old."""
        if self._window_ns > 0 and self._begin_ns != _ALWAYS:
            self._roll(now_ns)

    def slowest(self) -> list[dict[str, object]]:
        """What was kept, the slowest first, `limit` at most."""
        items = list(self._heap)
        for _, window in self._old:
            items += window
        items.sort(key=_order)
        return [item[2] for item in items[: self.limit]]


def _order(item: _Item) -> tuple[int, int]:
    return -item[0], -item[1]
