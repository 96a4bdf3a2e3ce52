"""Latencies by server, command and status, in few buckets each: what monitoring systems take."""

from collections.abc import Sequence
from typing import Final, final

from librt.vecs import vec
from mypy_extensions import i64

from tcpkit.metrics.histogram import TOP_NS, bucket_index, upper_edge_ns
from tcpkit.protocols.command_numbers import OTHER_NAME, CommandNumbers
from tcpkit.protocols.message import ABORTED, ERROR, OK, SILENT, TIMEOUT

MAX_SERVERS: Final = 256  # of a port, 33 KB each in PortRows; and of all ports here
MAX_SERIES: Final = 2_048  # of all servers together; one takes some 300 bytes
BOUNDS_NS: Final = (
    10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000,
    10_000_000, 20_000_000, 50_000_000, 100_000_000, 200_000_000, 500_000_000, 1_000_000_000,
    2_000_000_000, 5_000_000_000, 10_000_000_000, 20_000_000_000,
)  # fmt: skip
"""Upper bounds of all buckets but the last, which has none; each is an edge of Histogram's."""
BLOCKED: Final = "blocking"  # the status of a blocking command that was answered

_PLACES: Final = len(BOUNDS_NS) + 1


def _places() -> "vec[i64]":
    """The place among BOUNDS_NS of each bucket of Histogram."""
    places = vec[i64]([0] * (bucket_index(TOP_NS + 1) + 1))
    for index in range(len(places)):
        edge_ns = upper_edge_ns(index)
        places[index] = sum([1 for bound_ns in BOUNDS_NS if bound_ns < edge_ns])
    return places


@final
class Series:
    """Of one server, command and status: `ok` or `error`."""

    __slots__ = ("server", "command", "status", "count", "total_ns", "_counts")

    def __init__(self, server: str, command: str, status: str) -> None:
        self.server = server
        self.command = command
        self.status = status
        self.count: i64 = 0
        self.total_ns: int = 0  # a negative latency enters it as 0
        self._counts = vec[i64]([0] * _PLACES)

    def add(self, place: i64, latency_ns: i64) -> None:
        self._counts[place] += 1
        self.count += 1
        if latency_ns > 0:
            self.total_ns += int(latency_ns)

    def buckets(self) -> list[int]:
        """Requests in each bucket, not cumulative: one more than BOUNDS_NS."""
        return [int(count) for count in self._counts]


@final
class ServerSeries:
    """The series of one server, by the number of the command."""

    __slots__ = ("name", "_answered", "_failed", "_table")

    def __init__(self, name: str, table: "SeriesTable") -> None:
        self.name = name
        self._table = table
        self._answered: list[Series | None] = []
        self._failed: list[Series | None] = []

    def add(self, command: i64, failed: bool, index: i64, latency_ns: i64) -> None:
        """A replied request; `index` is the latency's `bucket_index`."""
        table = self._table
        known = self._failed if failed else self._answered
        series: Series | None = None
        if command < len(known):
            series = known[command]
        if series is None:
            series = self._begin(known, command, failed)
        series.add(table.places[index], latency_ns)

    def _begin(self, known: "list[Series | None]", command: i64, failed: bool) -> Series:
        table = self._table
        status = ERROR if failed else OK
        series = table.made(self.name, table.numbers.names[command], status)
        while len(known) <= command:
            known.append(None)
        known[command] = series
        return series

    def count(self, command: i64, status: str) -> None:
        """A request that is in no histogram; `status` as `status_of` has it."""
        if status:
            self._table.count_unanswered(self.name, command, status)


@final
class SeriesTable:
    """Series are made when something is counted in them, MAX_SERIES at most.

    Who comes later counts for the series of OTHER_NAME, which there are beside.
    """

    __slots__ = ("numbers", "places", "limit", "_series", "_servers", "_unanswered")

    def __init__(self, numbers: CommandNumbers, limit: int = MAX_SERIES) -> None:
        self.numbers = numbers
        self.places = _places()
        self.limit = limit
        self._series: dict[tuple[str, str, str], Series] = {}
        self._servers: dict[str, ServerSeries] = {}
        self._unanswered: dict[tuple[str, str, str], int] = {}

    def server(self, name: str) -> ServerSeries:
        """`name` as in the log; beyond MAX_SERVERS that of OTHER_NAME."""
        if name not in self._servers and len(self._servers) >= MAX_SERVERS:
            name = OTHER_NAME
        server = self._servers.get(name)
        if server is None:
            server = self._servers[name] = ServerSeries(name, self)
        return server

    def made(self, server: str, command: str, status: str) -> Series:
        key = server, command, status
        series = self._series.get(key)
        if series is None and len(self._series) >= self.limit:
            key = OTHER_NAME, OTHER_NAME, status
            series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series(*key)
        return series

    def count_unanswered(self, server: str, command: i64, status: str) -> None:
        key = server, self.numbers.names[command], status
        if key not in self._unanswered and len(self._unanswered) >= self.limit:
            key = OTHER_NAME, OTHER_NAME, status
        self._unanswered[key] = self._unanswered.get(key, 0) + 1

    def rows(self) -> list[Series]:
        """Those of answered requests, in the order in which they were made."""
        return list(self._series.values())

    def unanswered(self) -> list[tuple[str, str, str, int]]:
        """Server, command, status and count of what is in no series.

        The status is `timeout`, `aborted`, `silent` or BLOCKED. A request that timed out
        and was answered late is in a series too.
        """
        return [(*key, count) for key, count in self._unanswered.items()]


def status_of(status: str, blocking: bool) -> str:
    """The status under which a request without a latency is counted; "" for none.

    >>> status_of("ok", True), status_of("timeout", False)
    ('blocking', 'timeout')
    """
    if status in _WITHOUT_LATENCY:
        return status
    return BLOCKED if blocking else ""


_WITHOUT_LATENCY: Final[Sequence[str]] = [TIMEOUT, ABORTED, SILENT]
