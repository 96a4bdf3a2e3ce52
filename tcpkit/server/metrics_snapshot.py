"""The numbers of a run at one moment, for Prometheus: plain, so that a thread may read them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol


class Countable(Protocol):
    """One series of SeriesTable: of a server, a command and a status."""

    server: str
    command: str
    status: str
    total_ns: int

    def buckets(self) -> list[int]: ...


class Latencies(NamedTuple):
    """Replied requests of one series; `buckets` are not cumulative."""

    server: str
    command: str
    status: str
    total_ns: int
    buckets: list[int]


class Snapshot(NamedTuple):
    """All that /metrics shows. Counters never go back."""

    version: str
    mode: str
    interface: str
    begin_s: float  # when the run began, since the epoch
    bounds_ns: Sequence[int]  # of the buckets, all but the last
    latencies: Sequence[Latencies]
    unanswered: Sequence[tuple[str, str, str, int]]  # server, command, status, how many
    packets: int
    bytes: int
    dropped: Mapping[str, int]  # "kernel", "interface"
    connections: int
    open_connections: int
    exact: int
    inferred: int
    pairing: Mapping[str, int]
    unpaired: Mapping[str, int]
    rooms: Mapping[str, Mapping[str, int]]  # the counters of rooms, by their names
    http_codes: Mapping[int, int]
    http_clients: Mapping[str, int]


def latencies_of(series: Sequence[Countable]) -> list[Latencies]:
    """A copy of what goes on counting."""
    return [
        Latencies(each.server, each.command, each.status, int(each.total_ns), each.buckets())
        for each in series
    ]
