"""The health of many connections, added up."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.health import Health
from tcpkit.flow.side import Side

SideNumbers = dict[str, int | None]

_LEAST: Final = "rtt_min_ns"
_AVERAGE: Final = "rtt_avg_ns"
_MOST: Final = "rtt_max_ns"
_SAMPLES: Final = "rtt_samples"


@final
class SideSum:
    """One side of all of them, in the words of Side.numbers."""

    def __init__(self) -> None:
        self.numbers: SideNumbers = {}
        self._round_trips_ns: i64 = 0

    def add(self, side: Side, now_ns: i64) -> None:
        self._round_trips_ns += side.round_trip.total_ns
        for name, number in side.numbers(now_ns).items():
            known = self.numbers.get(name)
            if number is None or known is None:
                self.numbers[name] = known if number is None else number
            elif name == _LEAST:
                self.numbers[name] = min(known, number)
            elif name == _MOST:
                self.numbers[name] = max(known, number)
            else:
                self.numbers[name] = known + number
        samples = self.numbers[_SAMPLES]
        self.numbers[_AVERAGE] = int(self._round_trips_ns // samples) if samples else None


@final
class HealthSum:
    def __init__(self) -> None:
        self.connections: i64 = 0
        self.requests: i64 = 0
        self.client = SideSum()
        self.server = SideSum()

    def add(self, health: Health, requests: i64) -> None:
        self.connections += 1
        self.requests += requests
        self.client.add(health.client, health.last_ns)
        self.server.add(health.server, health.last_ns)
