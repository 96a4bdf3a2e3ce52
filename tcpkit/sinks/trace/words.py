"""What a trace says of a connection's start and end."""

from typing import Final

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.flow.half_stream import NOT_KNOWN
from tcpkit.flow.stream import (
    END_CAPTURE,
    END_FIN,
    END_FORGOTTEN,
    END_LOST,
    END_RESET,
    END_REUSED,
)
from tcpkit.sinks.local_time import milliseconds
from tcpkit.sinks.summary import duration
from tcpkit.sinks.trace.talk import Talk

_NS_PER_S: Final = 1_000_000_000

CODES: Final = {
    END_FIN: "closed",
    END_RESET: "reset",
    END_REUSED: "replaced",
    END_FORGOTTEN: "forgotten",
    END_CAPTURE: "open",
    END_LOST: "lost",
}
_HOW: Final = {
    END_FIN: "closed",
    END_REUSED: "replaced by a new connection",
    END_FORGOTTEN: "forgotten",
    END_CAPTURE: "still open",
    END_LOST: "lost track",
}


def connect_ns_of(conn: Connection) -> i64:
    """How long the handshake took; NOT_KNOWN."""
    return NOT_KNOWN if conn.health is None else conn.health.connect_ns


def start_text(conn: Connection) -> str:
    """`connected to 10.0.0.2:6379 in 0.061 ms`."""
    connect_ns = connect_ns_of(conn)
    if connect_ns >= 0:
        return f"connected to {conn.server} in {milliseconds(connect_ns)} ms"
    health = conn.health
    if health is not None and health.syn_ns >= 0:
        return f"connects to {conn.server}, the handshake was not seen whole"
    return f"talks to {conn.server}, already in progress"


def end_text(conn: Connection, talk: Talk, end: i64, time_ns: i64) -> str:
    """`closed after 12.3 s, 120 requests, 9.8 a second`."""
    duration_ns = time_ns - talk.started_ns
    how = _reset_by(conn) if end == END_RESET else _HOW[int(end)]
    many = "1 request" if talk.requests == 1 else f"{talk.requests:,} requests"
    text = f"{how} after {duration(duration_ns)}, {many}"
    per_second = rate(talk.requests, duration_ns)
    return text if per_second is None or talk.requests < 2 else f"{text}, {per_second:,} a second"


def _reset_by(conn: Connection) -> str:
    health = conn.health
    if health is None or health.client.reset_ns >= 0 <= health.server.reset_ns:
        return "reset"
    return "reset by the client" if health.client.reset_ns >= 0 else "reset by the server"


def rate(requests: i64, duration_ns: i64) -> float | None:
    """Per second, with one decimal; None where there is no time to speak of.

    >>> rate(3, 2_000_000_000), rate(1, 0)
    (1.5, None)
    """
    if duration_ns <= 0:
        return None
    return int(requests * _NS_PER_S * 10 // duration_ns) / 10
