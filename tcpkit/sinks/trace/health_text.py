"""The health of a connection as a block of lines: one column for each side."""

from typing import Final

from tcpkit.flow.health import Health
from tcpkit.sinks.local_time import milliseconds
from tcpkit.sinks.summary import percent
from tcpkit.sinks.trace.health_sum import SideNumbers
from tcpkit.sinks.trace.talk import Talk
from tcpkit.sinks.units import duration

_LABEL_WIDTH: Final = 18
_WIDTH: Final = 28

# What went wrong, shown where it is not zero on one side; and the number that goes with it.
_MISHAPS: Final = (
    ("retransmissions", "retransmissions", "retransmitted_bytes"),
    ("out of order", "out_of_order", ""),
    ("duplicate acks", "duplicate_acks", ""),
    ("zero windows", "zero_windows", "zero_window_ns"),
    ("probes", "probes", ""),
    ("resets", "resets", ""),
    ("lost by capture", "gaps", "gap_bytes"),
    ("captured twice", "copies", ""),
)


def table(client: SideNumbers, server: SideNumbers) -> list[str]:
    """What each side sent, how far it is, and what went wrong on its way."""
    lines = [
        _row("", "client", "server"),
        _row("packets sent", *[f"{_n(side, 'packets'):,}" for side in (client, server)]),
        _row("payload bytes", *[f"{_n(side, 'payload_bytes'):,}" for side in (client, server)]),
        _row("overhead bytes", *[_overhead(side) for side in (client, server)]),
        _row("rtt min/avg/max", *[_round_trip(side) for side in (client, server)]),
    ]
    for label, name, more in _MISHAPS:
        if _n(client, name) or _n(server, name):
            lines.append(_row(label, *[_mishap(side, name, more) for side in (client, server)]))
    return lines


def handshake_text(health: Health) -> str:
    """How long each side took for its part of the handshake, as far as that was captured."""
    parts = (("server", health.connect_server_ns), ("client", health.connect_client_ns))
    known = [f"{side} {milliseconds(ns)} ms" for side, ns in parts if ns >= 0]
    retries = max(health.client.syns - 1, 0) + max(health.server.syns - 1, 0)
    if retries:
        known.append(f"sent again {retries} times" if retries > 1 else "sent again once")
    return ", ".join(known)


def hurt_text(talk: Talk) -> str:
    """`#3, #17`: the requests that retransmissions were part of."""
    text = ", ".join([f"#{number}" for number in sorted(talk.hurt)])
    return f"{text} and {talk.hurt_more:,} more" if talk.hurt_more else text


def labelled(label: str, text: str) -> str:
    return f"{label:<{_LABEL_WIDTH}}{text}"


def _row(label: str, client: str, server: str) -> str:
    return f"{label:<{_LABEL_WIDTH}}{client:<{_WIDTH}}{server}".rstrip()


def _n(side: SideNumbers, name: str) -> int:
    return side.get(name) or 0


def _overhead(side: SideNumbers) -> str:
    """The bytes of the headers, and their share of all."""
    whole = _n(side, "wire_bytes")
    overhead = whole - _n(side, "payload_bytes")
    return f"{overhead:,} ({percent(overhead, whole)})" if whole else "0"


def _round_trip(side: SideNumbers) -> str:
    """Least, average and most."""
    times = [side.get(name) for name in ("rtt_min_ns", "rtt_avg_ns", "rtt_max_ns")]
    known = [milliseconds(ns) for ns in times if ns is not None]
    return f"{' / '.join(known)} ms" if len(known) == len(times) else "-"


def _mishap(side: SideNumbers, name: str, more: str) -> str:
    count = _n(side, name)
    if not count or not more:
        return f"{count:,}"
    if more.endswith("_ns"):
        return f"{count:,} ({duration(_n(side, more))})"
    return f"{count:,} ({_n(side, more):,} bytes)"
