"""Why an exchange took its time: one short reason, or none.

The first that accounts for most of it is told, and only where the packets prove it: a vague
or a wrong one would mislead. To add one, write a function and put it in its place: it takes
the exchange and its evidence, and gives a text or "".
"""

from collections.abc import Callable
from typing import Final

from mypy_extensions import i64

from tcpkit.protocols.message import (
    ABORTED,
    BLOCKING,
    LATE,
    NO_TIME,
    OK,
    TIMEOUT,
    Evidence,
    Exchange,
)
from tcpkit.sinks.health_reason import NOTICEABLE_NS, came_late, reply_again, window_closed
from tcpkit.sinks.units import amount, duration

BLOCKED_NS: Final = 1_000_000  # a blocking command that found something takes less
NAME_LIMIT: Final = 48  # characters of another request

_NONE: Final = Evidence()


def reason_of(exchange: Exchange) -> str:
    """The reason, "" where none is proven.

    >>> reason_of(Exchange())
    ''
    """
    evidence = exchange.evidence or _NONE
    if exchange.status == TIMEOUT or exchange.status == ABORTED:
        reasons = _WITHOUT_REPLY
    elif exchange.answered:
        reasons = _OF_A_REPLY
    else:
        return ""
    for reason in reasons:
        text = reason(exchange, evidence)
        if text:
            return text
    return ""


def _queued(exchange: Exchange, evidence: Evidence) -> str:
    """At least half of the latency went by before the turn of this request."""
    if not _is_most(evidence.behind_ns, exchange):
        return ""
    others = f"{exchange.depth} requests" if exchange.depth > 1 else "another request"
    behind = shortened(evidence.behind) if evidence.behind else others
    return f"queued {duration(evidence.behind_ns)} behind {behind}"


def _sent_again(exchange: Exchange, evidence: Evidence) -> str:
    """At least half of the latency went by before it was sent for the last time."""
    resent_ns = evidence.resent_ns
    if resent_ns == NO_TIME or (exchange.answered and resent_ns > exchange.reply_first_ns):
        return ""
    after_ns = resent_ns - exchange.request_last_ns
    if exchange.answered and not _is_most(after_ns, exchange):
        return ""
    return f"request sent again, the last time after {duration(after_ns)}"


def _transfer(exchange: Exchange, evidence: Evidence) -> str:
    """The request or the reply was longer on its way than the reply let wait for it."""
    upload_ns = exchange.request_last_ns - exchange.request_first_ns
    download_ns = exchange.reply_last_ns - exchange.reply_first_ns
    if max(upload_ns, download_ns) <= max(exchange.latency_ns, NOTICEABLE_NS):
        return ""
    if upload_ns >= download_ns:
        return f"upload of {amount(exchange.request_bytes)} took {duration(upload_ns)}"
    return f"download of {amount(exchange.reply_bytes)} took {duration(download_ns)}"


def _blocked(exchange: Exchange, evidence: Evidence) -> str:
    """A command that waits by itself did wait; an error would have come at once."""
    if exchange.flags & BLOCKING and exchange.status == OK and exchange.latency_ns >= BLOCKED_NS:
        return "blocked by design"
    return ""


def _together(exchange: Exchange, evidence: Evidence) -> str:
    """Which of the requests that one packet answers took the time cannot be told."""
    together = evidence.together and exchange.latency_ns >= NOTICEABLE_NS
    return "answered together with others" if together else ""


def _late(exchange: Exchange, evidence: Evidence) -> str:
    return "late, logged as timeout before" if exchange.flags & LATE else ""


def _behind_unanswered(exchange: Exchange, evidence: Evidence) -> str:
    if not evidence.behind:
        return ""
    return f"no reply to {shortened(evidence.behind)} before it either"


_OF_A_REPLY: Final[list[Callable[[Exchange, Evidence], str]]] = [
    _queued,
    _sent_again,
    window_closed,
    came_late,
    reply_again,
    _transfer,
    _blocked,
    _together,
    _late,
]
_WITHOUT_REPLY: Final[list[Callable[[Exchange, Evidence], str]]] = [
    window_closed,
    _behind_unanswered,
    _sent_again,
]


def _is_most(part_ns: i64, exchange: Exchange) -> bool:
    return part_ns >= NOTICEABLE_NS and 2 * part_ns >= exchange.latency_ns


def shortened(text: str) -> str:
    """
    >>> shortened("GET " + "k" * 60)
    'GET kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk...'
    """
    return text if len(text) <= NAME_LIMIT else text[: NAME_LIMIT - 3] + "..."
