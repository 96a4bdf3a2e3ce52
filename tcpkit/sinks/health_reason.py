"""What the connection's health has to do with the time of one exchange.

Only what the packets prove, and only where it took a tenth of the exchange's time, and a
tenth of a millisecond, at least:

- one side told the other, by a window of zero, that it takes nothing, while the other had
  still to send: the rest of the request, or of the reply
- a part of the request or reply was captured later than what follows it
- bytes of the request or reply were captured again before the exchange was complete
"""

from typing import Final, NamedTuple

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.flow.health import Health
from tcpkit.protocols.message import NO_TIME, Exchange

SHARE: Final = 10  # less than one part in so many explains nothing
LEAST_NS: Final = 100_000  # nor does less than what the text can show

_NS_PER_MS: Final = 1_000_000


class Delay(NamedTuple):
    """How long, at most, an exchange would have been faster, and why it was not."""

    time_ns: int
    reason: str


NO_DELAY: Final = Delay(0, "")


def delay_of(exchange: Exchange) -> Delay:
    """The longest delay that is proven; NO_DELAY where there is none, or no health is kept."""
    conn = exchange.ends
    if not isinstance(conn, Connection) or conn.health is None:
        return NO_DELAY
    end_ns = exchange.reply_last_ns
    if end_ns == NO_TIME:
        end_ns = exchange.time_ns
    longest = NO_DELAY
    for delay in _delays(exchange, conn.health, end_ns):
        if delay.time_ns > longest.time_ns:
            longest = delay
    if longest.time_ns < LEAST_NS:
        return NO_DELAY
    if longest.time_ns * SHARE < end_ns - exchange.request_first_ns:
        return NO_DELAY
    return longest


def _delays(exchange: Exchange, health: Health, end_ns: i64) -> list[Delay]:
    client, server = health.client, health.server
    begin_ns, sent_ns = exchange.request_first_ns, exchange.request_last_ns
    found: list[Delay] = []
    closed_ns = client.zero_window.closed_between(sent_ns, end_ns)
    found.append(_timed(closed_ns, "delayed by a zero window of the client for {}"))
    closed_ns = server.zero_window.closed_between(begin_ns, sent_ns)
    found.append(_timed(closed_ns, "upload delayed by a zero window of the server for {}"))
    seq, size = exchange.request_seq, exchange.request_bytes
    late_ns = client.mishaps.late_ns(seq, size, begin_ns)
    found.append(_timed(late_ns, "a part of the request came {} late"))
    again_ns = client.mishaps.sent_again(seq, size, sent_ns)
    if sent_ns <= again_ns <= end_ns:
        found.append(_timed(again_ns - sent_ns, "request retransmitted after {}"))
    if exchange.reply_seq < 0:
        return found
    seq, size = exchange.reply_seq, exchange.reply_bytes
    reply_ns = exchange.reply_first_ns
    late_ns = server.mishaps.late_ns(seq, size, sent_ns)
    found.append(_timed(late_ns, "a part of the reply came {} late"))
    again_ns = server.mishaps.sent_again(seq, size, reply_ns)
    if reply_ns <= again_ns <= end_ns:
        found.append(_timed(again_ns - reply_ns, "reply retransmitted after {}"))
    return found


def _timed(time_ns: i64, reason: str) -> Delay:
    return Delay(int(time_ns), reason.format(f"{int(time_ns) / _NS_PER_MS:.1f} ms"))
