"""What a tracer exposes, as far as the rules and the dashboard use it."""

import re
from typing import Final

_OF_A_REQUEST: Final = frozenset({"protocol", "server", "command", "status"})

# The name of a metric, and its labels; tests/live/test_prometheus.py asks a real one for them.
METRICS: Final[dict[str, frozenset[str]]] = {
    "tcpkit_request_duration_seconds_bucket": _OF_A_REQUEST | {"le"},
    "tcpkit_request_duration_seconds_count": _OF_A_REQUEST,
    "tcpkit_requests_total": frozenset({"protocol", "server", "command"}),
    "tcpkit_timeouts_total": frozenset({"protocol", "server", "command"}),
    "tcpkit_unpaired_total": frozenset({"reason"}),
    "tcpkit_capture_packets_total": frozenset(),
    "tcpkit_capture_dropped_total": frozenset({"where"}),
}


def names_in(text: str) -> set[str]:
    """The metrics and recording rules that are named in expressions."""
    return set(re.findall(r"\b(?:\w+:)?tcpkit_\w+(?::\w+)?", text))
