"""What a run says at its end: the ports, where their time went, what can be doubted.

The ports come first, with what an engineer on call asks for; then a histogram for
each, and its commands and servers where they are told apart; then every counter of
every room that is not zero, so that no loss is hidden.
"""

from collections.abc import Sequence
from typing import Final

from tcpkit.metrics.port_stats import PortStats
from tcpkit.metrics.row import Row
from tcpkit.protocols.message import PairingCounts
from tcpkit.sinks.latency_table import WIDTH, divided_table, items, port_table, slow_title, wrapped

_LABEL: Final = 10
_BAR: Final = 40
_BUCKETS: Final = (
    "<= 100 us", "<= 200 us", "<= 500 us", "<= 1 ms", "<= 5 ms", "<= 10 ms", "<= 20 ms",
    "<= 50 ms", "<= 100 ms", "<= 200 ms", "<= 500 ms", "<= 1 s", "<= 2 s", "<= 3 s", "<= 5 s",
    "<= 10 s", "<= 20 s", "> 20 s",
)  # fmt: skip


def percent(part: int, whole: int) -> str:
    """Two decimals, rounded down, so that only all is 100.00; `whole` is not 0.

    >>> percent(1, 3), percent(99_999, 100_000), percent(1, 100_000)
    ('33.33 %', '99.99 %', '<0.01 %')
    """
    hundredths = part * 10_000 // whole
    if part and not hundredths:
        return "<0.01 %"
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


def render(
    ports: Sequence[PortStats],
    counters: Sequence[tuple[str, dict[str, int]]],
    pairing: PairingCounts | None = None,
) -> str:
    """The whole summary, with a newline at its end; empty where there is nothing to say.

    `counters` are rooms with their counters by name, shown in this order. Zeros are left
    out, except those of ALWAYS_SHOWN. `pairing` follows them, with the share of the
    answered exchanges whose pairing is exact, and what could not be paired by reason.
    """
    parts: list[list[str]] = []
    totals = [port.total() for port in ports]
    slow = slow_title(ports[0].threshold_ns) if ports else ""
    if ports:
        parts.append(port_table(totals, slow))
    for port, total in zip(ports, totals, strict=True):
        if total.total_reqs:
            parts.append(_histogram(total))
        parts += _divided(port, slow)
    lines: list[str] = []
    for room, counts in counters:
        lines += _paragraph(room, items(counts))
    if pairing is not None:
        lines += _paragraph("pairs", [_exact_share(pairing), *items(pairing_numbers(pairing))])
        reasons = sorted(pairing.unpaired.items(), key=lambda item: (-item[1], item[0]))
        lines += _paragraph("unpaired", items(dict(reasons)))
    parts.append(lines)
    return "\n".join("".join(f"{line}\n" for line in part) for part in parts if part)


def _divided(port: PortStats, slow: str) -> list[list[str]]:
    """What was counted by command and by server."""
    rows, name = port.rows, str(port.port)
    if rows is None:
        return []
    return [
        divided_table(name, what, parts, slow)
        for what, parts in (("command", rows.commands()), ("server", rows.servers()))
        if parts and what in rows.shown
    ]


def _histogram(port: Row) -> list[str]:
    counts = port.histogram.contract_buckets()
    top, total = max(counts), sum(counts)
    used = [place for place, count in enumerate(counts) if count]
    lines = [f"port {port.name}, requests by latency"]
    for place in range(used[0], used[-1] + 1):
        count = counts[place]
        line = f"{_BUCKETS[place]:>{_LABEL}}"
        if count:
            # A single slow request is what is looked for: it must not round to nothing.
            bar = "#" * ((count * _BAR * 2 + top) // (top * 2)) or "."
            line += f" {count:>13,} {percent(count, total):>9}  {bar}"
        lines.append(line)
    return lines


def _exact_share(pairing: PairingCounts) -> str:
    total = pairing.exact + pairing.inferred
    if not total:
        return "none"
    return f"{percent(pairing.exact, total)} exact ({pairing.exact:,} of {total:,})"


def pairing_numbers(pairing: PairingCounts) -> dict[str, int]:
    """The counters of all sessions by name, without the share of the exact ones."""
    return {
        "timeouts": int(pairing.timeouts),
        "late": int(pairing.late),
        "aborted": int(pairing.aborted),
        "unanswered": int(pairing.unanswered),
        "silent": int(pairing.silent),
        "blocking": int(pairing.blocking),
        "pushes": int(pairing.pushes),
        "sessions": int(pairing.sessions),
        "mid-stream": int(pairing.mid_stream),
        "encrypted": int(pairing.encrypted),
        "not the protocol": int(pairing.not_protocol),
        "resyncs": int(pairing.resyncs),
        "retries": int(pairing.retries),
        "duplicates": int(pairing.duplicates),
    }


def _paragraph(label: str, words: Sequence[str]) -> list[str]:
    """The words behind the label, none broken; no line at all without words."""
    lines = wrapped(words, WIDTH - _LABEL)
    heads = [label, *[""] * len(lines)]
    return [f"{head:<{_LABEL}}{line}" for head, line in zip(heads, lines, strict=False)]
