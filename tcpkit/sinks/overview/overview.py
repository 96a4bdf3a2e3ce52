"""What a report and the live page show of a run: collected here, told as one JSON object."""

from collections.abc import Callable, Sequence
from typing import Final, final

from mypy_extensions import i64

from tcpkit.config import Config
from tcpkit.metrics.port_stats import PortStats
from tcpkit.metrics.timeline import FIRST_WIDTH_NS, MAX_COLUMNS, Timeline
from tcpkit.metrics.top_row import CLIENTS, KEYS
from tcpkit.metrics.top_tables import TopTables
from tcpkit.protocols.message import PairingCounts
from tcpkit.sinks.overview.connections import Connections
from tcpkit.sinks.overview.model import Counters, model_of
from tcpkit.sinks.overview.slow_fields import SlowFields

MAX_SLOW: Final = 100
LIVE_WIDTH_NS: Final = 1_000_000_000
LIVE_COLUMNS: Final = 600  # ten minutes
SLOW_WINDOW_NS: Final = 60_000_000_000
SLOW_WINDOWS: Final = 10
LOOKED_AT_NS: Final = 15_000_000_000  # so long after a look names are counted on
_NEVER: Final = -(1 << 62)


@final
class Overview:
    """One run's. From files it is about all of them; live about the latest ten minutes.

    Live, keys and clients are counted while somebody looks, since that has its cost.
    `connections` is an observer for the table, where health is kept.
    """

    def __init__(self, config: Config, version: str) -> None:
        self._version = version
        self._config = config
        self._live = config.interface is not None
        self.tables = TopTables((KEYS, CLIENTS))
        if self._live:
            self.slowest = SlowFields(MAX_SLOW, SLOW_WINDOW_NS, SLOW_WINDOWS)
        else:
            self.slowest = SlowFields(MAX_SLOW)
        self.connections = Connections() if config.explain else None
        self._looked_ns: i64 = _NEVER
        self._is_looked_at = not self._live
        self._ports: list[PortStats] = []
        self._pairing = PairingCounts()
        self._timeline = Timeline([], FIRST_WIDTH_NS, MAX_COLUMNS, True)
        self.counters: Callable[[], Counters] | None = None
        self.dropped: Callable[[], dict[str, int]] | None = None

    @property
    def hears(self) -> bool:
        """Whether names are counted from the start."""
        return not self._live

    def begin(self, ports: Sequence[PortStats], pairing: PairingCounts) -> Timeline:
        """The ports are there: the clock that is to stand in front of their packets."""
        self._ports = list(ports)
        self._pairing = pairing
        if self._live:
            self._timeline = Timeline(ports, LIVE_WIDTH_NS, LIVE_COLUMNS, False)
        else:
            self._timeline = Timeline(ports, FIRST_WIDTH_NS, MAX_COLUMNS, True)
        return self._timeline

    def look(self, now_ns: int) -> None:
        """Somebody looks: count names from now on, and for a while."""
        self._looked_ns = now_ns
        if not self._is_looked_at:
            self._is_looked_at = True
            self.tables.reset()
            self._hear()

    def advance(self, now_ns: i64) -> None:
        """Capture time is at least `now_ns`, though there are no packets."""
        if now_ns >= self._timeline.next_ns and self._timeline.begin_ns > 0:
            self._timeline.advance(now_ns)
        self.slowest.advance(now_ns)
        if self._live and self._is_looked_at and now_ns - self._looked_ns > LOOKED_AT_NS:
            self._is_looked_at = False
            self._hear()

    def _hear(self) -> None:
        for port in self._ports:
            port.hear(self._is_looked_at)

    def model(self, now_ns: int) -> dict[str, object]:
        """All of it; `now_ns` is the capture time that the run has come to."""
        tables = self.tables
        first_ns = int(tables.totals.first_ns)
        tables.whole(first_ns, max(now_ns, int(tables.totals.last_ns)))
        counters = [] if self.counters is None else self.counters()
        dropped = None if self.dropped is None else self.dropped()
        health = None if self.connections is None else self.connections.numbers()
        return model_of(
            self._version,
            self._config,
            self._ports,
            self._timeline,
            tables,
            self.slowest.slowest(),
            health,
            self._pairing,
            dropped,
            counters,
            now_ns,
        )
