"""Which requests of a run count as slow."""

from typing import Final, NamedTuple

from tcpkit.page.shape import Model, Slow
from tcpkit.sinks.units import duration

TIMES_THE_MEDIAN: Final = 10
LEAST_NS: Final = 1_000_000


class Limit(NamedTuple):
    """From where on a latency is slow: the user's word, or a comparison with the others."""

    ns: int
    is_given: bool  # by -t: at or above it; else above it

    @property
    def text(self) -> str:
        return f"{duration(self.ns)} or more" if self.is_given else f"more than {duration(self.ns)}"


def limit_of(model: Model) -> Limit:
    """That of -t. Without it the first edge of the map at ten times the median, at least 1 ms.

    It is an edge so that the map's cells tell the number exactly.
    """
    given = model["source"]["threshold_ns"]
    if given is not None:
        return Limit(given, True)
    wanted = max(LEAST_NS, TIMES_THE_MEDIAN * model["total"]["p50_ns"])
    edges = model["timeline"]["edges_ns"]
    return Limit(next((edge for edge in edges if edge >= wanted), edges[-1]), False)


def slow_in_columns(model: Model, limit: Limit) -> list[tuple[int, int]]:
    """Column and how many slow ones it has, of those that have any."""
    columns = model["timeline"]["columns"]
    if limit.is_given:
        found = [(each["column"], each["slow"]) for each in columns]
    else:
        row = model["timeline"]["edges_ns"].index(limit.ns)
        found = [
            (each["column"], sum(count for at, count in each["cells"] if at > row))
            for each in columns
        ]
    return [(column, count) for column, count in found if count]


def is_slow(request: Slow, limit: Limit) -> bool:
    """Whether it counts, as slow or as one whose reply did not come in time."""
    if request["status"] == "timeout":
        return True
    latency_ns = request["latency_ns"]
    if latency_ns is None or "blocking" in request["flags"]:
        return False
    return latency_ns >= limit.ns if limit.is_given else latency_ns > limit.ns
