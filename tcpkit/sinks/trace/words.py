"""What a trace says of a connection's start and end."""

from typing import Final

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.flow.health import Health
from tcpkit.sinks.local_time import milliseconds
from tcpkit.sinks.trace.talk import Talk
from tcpkit.sinks.units import duration

_NS_PER_S: Final = 1_000_000_000


def health_of(conn: Connection) -> Health:
    """What is kept of every connection of a trace."""
    health = conn.health
    assert health is not None
    return health


def start_text(conn: Connection) -> str:
    """`connected to 10.0.0.2:6379 in 0.061 ms`."""
    health = health_of(conn)
    if health.connect_ns >= 0:
        return f"connected to {conn.server} in {milliseconds(health.connect_ns)} ms"
    if health.syn_ns < 0:
        return f"talks to {conn.server}, already in progress"
    if health.syn_ack_ns < 0:
        return f"asked {conn.server} for a connection"
    return f"connected to {conn.server}, the handshake was not seen whole"


def end_text(conn: Connection, talk: Talk, time_ns: i64) -> str:
    """`closed by the client after 12.3 s, 120 requests, 9.8 a second`."""
    health = health_of(conn)
    duration_ns = time_ns - health.first_ns
    many = counted(talk.requests, "request")
    text = f"{health.ending} after {duration(duration_ns)}, {many}"
    per_second = rate(talk.requests, duration_ns)
    return text if per_second is None or talk.requests < 2 else f"{text}, {per_second:,} a second"


def counted(number: i64, noun: str) -> str:
    """
    >>> counted(1, "request"), counted(1200, "request")
    ('1 request', '1,200 requests')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def rate(requests: i64, duration_ns: i64) -> float | None:
    """Per second, with one decimal; None where there is no time to speak of.

    >>> rate(3, 2_000_000_000), rate(1, 0)
    (1.5, None)
    """
    if duration_ns <= 0:
        return None
    return int(requests * _NS_PER_S * 10 // duration_ns) / 10
