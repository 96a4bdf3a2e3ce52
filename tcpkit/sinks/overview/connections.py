"""The health of the connections of a run: added up, and those that fared worst."""

import heapq
from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.flow.health import Health
from tcpkit.flow.observer import ConnectionObserver
from tcpkit.flow.side import Side
from tcpkit.sinks.trace.health_sum import HealthSum

MAX_WORST: Final = 20

# How many mishaps, the place in the order of their ends, and the numbers.
_Item = tuple[int, int, dict[str, object]]


@final
class Connections(ConnectionObserver):
    """Hears of each connection when it is over."""

    def __init__(self) -> None:
        self._sum = HealthSum()
        self._worst: list[_Item] = []

    def started(self, conn: Connection, ts_ns: i64) -> None:
        pass

    def ended(self, conn: Connection, end: i64, ts_ns: i64) -> None:
        health = conn.health
        if health is None:
            return
        self._sum.add(health, 0)
        score = int(mishaps(health))
        if score == 0 or (len(self._worst) >= MAX_WORST and score <= self._worst[0][0]):
            return
        numbers: dict[str, object] = {
            "client": conn.client,
            "server": conn.server,
            "mishaps": score,
            "health": health.numbers(),
        }
        item: _Item = (score, -int(self._sum.connections), numbers)
        if len(self._worst) < MAX_WORST:
            heapq.heappush(self._worst, item)
        else:
            heapq.heapreplace(self._worst, item)

    def sent_again(
        self, conn: Connection, from_client: bool, first: i64, last: i64, ts_ns: i64
    ) -> None:
        pass

    def numbers(self) -> dict[str, object]:
        """For JSON, of the connections that are over; see docs/stats.md for the words."""
        return {
            "connections": int(self._sum.connections),
            "client": self._sum.client.numbers,
            "server": self._sum.server.numbers,
            "worst": [item[2] for item in sorted(self._worst, key=_order)],
        }


def mishaps(health: Health) -> i64:
    """How often something went wrong: retransmissions, zero windows, resets, and their like."""
    retries: i64 = max(health.client.syns - 1, 0) + max(health.server.syns - 1, 0)
    return retries + _of_side(health.client) + _of_side(health.server)


def _of_side(side: Side) -> i64:
    sent = side.retransmissions + side.out_of_order + side.resets + side.gaps
    return sent + side.zero_window.times


def _order(item: _Item) -> tuple[int, int]:
    return -item[0], -item[1]
