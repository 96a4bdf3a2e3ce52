"""What a tracer exposes, as far as the rules and the dashboard use it."""

import re
from typing import Final

_OF_A_REQUEST: Final = frozenset({"protocol", "server", "command", "status"})

# The name of a metric, and its labels; tests/live/test_prometheus.py asks a real one for them.
METRICS: Final[dict[str, frozenset[str]]] = {
    "tcpkit_request_duration_seconds_bucket": _OF_A_REQUEST | {"le"},
    "tcpkit_request_duration_seconds_count": _OF_A_REQUEST,
    "tcpkit_requests_total": _OF_A_REQUEST,
    "tcpkit_timeouts_total": _OF_A_REQUEST - {"status"},
    "tcpkit_pairs_total": frozenset({"protocol", "quality"}),
    "tcpkit_unpaired_total": frozenset({"protocol", "reason"}),
    "tcpkit_connections_total": frozenset(),
    "tcpkit_retransmissions_total": frozenset(),
    "tcpkit_capture_packets_total": frozenset(),
    "tcpkit_capture_dropped_total": frozenset({"where"}),
}
# What Prometheus adds.
_OF_A_TARGET: Final = frozenset({"job", "instance"})
# The labels of a recording rule, by the first word of its name.
_RECORDED: Final = {
    "protocol": frozenset({"job", "protocol", "le"}),
    "server": frozenset({"job", "protocol", "server", "le"}),
    "command": frozenset({"job", "protocol", "command", "le"}),
    "instance": frozenset({"job", "instance"}),
}
_NAME: Final = r"\b(?:\w+:)?tcpkit_\w+(?::\w+)?"


def names_in(text: str) -> set[str]:
    """The metrics and recording rules that are named in expressions."""
    return set(re.findall(_NAME, text))


def labels_of(name: str) -> frozenset[str]:
    """The labels that a metric or a recording rule has."""
    level, colon, _ = name.partition(":")
    return _RECORDED[level] if colon else METRICS[name] | _OF_A_TARGET


def labels_asked(expression: str) -> set[tuple[str, str]]:
    """The labels that are chosen by, each with the name of what shall have it."""
    return {
        (name, label)
        for name, chosen in re.findall(rf"({_NAME})\{{([^}}]*)\}}", expression)
        for label in re.findall(r"(\w+)=", chosen)
    }


def labels_kept(expression: str) -> set[str]:
    """The labels that sums are divided by."""
    lists = re.findall(r"by \(([^)]*)\)", expression)
    return {label.strip() for each in lists for label in each.split(",")}
