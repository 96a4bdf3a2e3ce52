"""The reasons that the health of an exchange's connection gives; see `reason`.

Each is told where it took a QUARTER of the exchange at least, from the request's first byte to
the reply's last one. There is none where no health is kept, which --explain asks for.
"""

from typing import Final

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.flow.health import Health
from tcpkit.protocols.message import NO_TIME, Evidence, Exchange
from tcpkit.sinks.units import duration

NOTICEABLE_NS: Final = 100_000  # nobody asks why something took less
QUARTER: Final = 4


def window_closed(exchange: Exchange, evidence: Evidence) -> str:
    """One side told the other that it takes nothing, while that had something left to send."""
    health = _health_of(exchange)
    if health is None:
        return ""
    sent_ns = exchange.request_last_ns
    client_ns = health.client.zero_window.closed_between(sent_ns, _end_ns(exchange))
    server_ns = health.server.zero_window.closed_between(exchange.request_first_ns, sent_ns)
    if not _tells(max(client_ns, server_ns), exchange):
        return ""
    if server_ns > client_ns:
        return f"upload delayed by a zero window of the server for {duration(int(server_ns))}"
    return f"delayed by a zero window of the client for {duration(int(client_ns))}"


def came_late(exchange: Exchange, evidence: Evidence) -> str:
    """A part of the request or reply was captured after what follows it, or answers it."""
    health = _health_of(exchange)
    if health is None:
        return ""
    request_ns = health.client.mishaps.late_ns(
        exchange.request_seq, exchange.request_bytes, exchange.request_first_ns
    )
    reply_ns: i64 = 0
    if exchange.reply_seq >= 0:
        reply_ns = health.server.mishaps.late_ns(
            exchange.reply_seq, exchange.reply_bytes, exchange.request_last_ns
        )
    if not _tells(max(request_ns, reply_ns), exchange):
        return ""
    if request_ns > reply_ns:
        return f"a part of the request came {duration(int(request_ns))} late"
    return f"a part of the reply came {duration(int(reply_ns))} late"


def reply_again(exchange: Exchange, evidence: Evidence) -> str:
    """Bytes of the reply were seen again before its last one came."""
    health = _health_of(exchange)
    if health is None or exchange.reply_seq < 0:
        return ""
    first_ns, last_ns = exchange.reply_first_ns, exchange.reply_last_ns
    again_ns = health.server.mishaps.sent_again(exchange.reply_seq, exchange.reply_bytes, first_ns)
    if again_ns < first_ns or again_ns > last_ns or not _tells(again_ns - first_ns, exchange):
        return ""
    return f"reply retransmitted after {duration(int(again_ns - first_ns))}"


def _health_of(exchange: Exchange) -> Health | None:
    conn = exchange.ends
    return conn.health if isinstance(conn, Connection) else None


def _end_ns(exchange: Exchange) -> i64:
    """The reply's last byte, or when it was given up."""
    return exchange.time_ns if exchange.reply_last_ns == NO_TIME else exchange.reply_last_ns


def _tells(part_ns: i64, exchange: Exchange) -> bool:
    whole_ns = _end_ns(exchange) - exchange.request_first_ns
    return part_ns >= NOTICEABLE_NS and part_ns * QUARTER >= whole_ns
