"""What `top` shows: the views, the orders, and a row."""

from typing import Final, NamedTuple

KEYS: Final = "keys"
PATTERNS: Final = "patterns"
COMMANDS: Final = "commands"
CLIENTS: Final = "clients"
SERVERS: Final = "servers"
VIEWS: Final = (KEYS, PATTERNS, COMMANDS, CLIENTS, SERVERS)

REQUESTS: Final = "requests"
BYTES: Final = "bytes"
TIME: Final = "time"
SLOWEST: Final = "slowest"
SORTS: Final = (REQUESTS, BYTES, TIME, SLOWEST)

UNKNOWN: Final = -1  # a percentile that is not known


class TopRow(NamedTuple):
    """One name and what was counted of it; a copy that does not change any more.

    A number with an error is a lower bound: the true one is between it and it plus the
    error. The errors are 0 as long as no row was ever evicted.
    """

    name: str  # printable, on one line
    requests: int = 0
    bytes: int = 0  # of requests and replies
    time_ns: int = 0  # the sum of the latencies
    timed: int = 0  # requests with a latency
    max_ns: int = 0  # the slowest reply
    hits: int = 0  # values found, of `lookups` asked for
    lookups: int = 0  # 0: there is no hit rate
    p50_ns: int = UNKNOWN  # 1 % too high at most; UNKNOWN: no reply was timed, or no room
    p99_ns: int = UNKNOWN
    requests_error: int = 0
    bytes_error: int = 0
    time_error: int = 0
    rate: float = 0.0  # requests a second, over the last interval
    bytes_rate: float = 0.0
