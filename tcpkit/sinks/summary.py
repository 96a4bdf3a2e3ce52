"""What a run says at its end: the ports, where their time went, what can be doubted.

The ports come first, with what an engineer on call asks for; then a histogram for
each; then every counter of every room that is not zero, so that no loss is hidden.
"""

from collections.abc import Sequence
from typing import Final

from tcpkit.metrics.port_stats import PortStats
from tcpkit.protocols.message import PairingCounts
from tcpkit.sinks.units import duration

_WIDTH: Final = 79  # a terminal of 80 columns, whose last one makes some wrap
_LABEL: Final = 10
_BAR: Final = 40
_PERCENTS: Final = (50.0, 90.0, 99.0, 99.9)
_ROOM_FOR_BLANKS: Final = 23  # of the widths left of the times
_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000
_BUCKETS: Final = (
    "<= 100 us", "<= 200 us", "<= 500 us", "<= 1 ms", "<= 5 ms", "<= 10 ms", "<= 20 ms",
    "<= 50 ms", "<= 100 ms", "<= 200 ms", "<= 500 ms", "<= 1 s", "<= 2 s", "<= 3 s", "<= 5 s",
    "<= 10 s", "<= 20 s", "> 20 s",
)  # fmt: skip

# Shown even when they are zero: that they are is news.
ALWAYS_SHOWN: Final = frozenset({"packets", "dropped by the kernel"})


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
    if ports:
        parts.append(_table(ports))
    parts += [_histogram(port) for port in ports if port.total_reqs]
    lines: list[str] = []
    for room, counts in counters:
        lines += _paragraph(room, _items(counts))
    if pairing is not None:
        lines += _paragraph("pairs", [_exact_share(pairing), *_items(pairing_numbers(pairing))])
        reasons = sorted(pairing.unpaired.items(), key=lambda item: (-item[1], item[0]))
        lines += _paragraph("unpaired", _items(dict(reasons)))
    parts.append(lines)
    return "\n".join("".join(f"{line}\n" for line in part) for part in parts if part)


def _table(ports: Sequence[PortStats]) -> list[str]:
    slow = _slow_title(ports[0].threshold_ns)
    widths = [5, 11, *([max(len(slow), 7)] if slow else [])]
    # Two blanks between the times where there is room for them.
    widths += [8 if sum(widths) <= _ROOM_FOR_BLANKS else 7] * (len(_PERCENTS) + 2)
    titles = ["port", "requests", *([slow] if slow else []), "average"]
    lines = [_row([*titles, *(f"p{value:g}" for value in _PERCENTS), "max"], widths)]
    for port in ports:
        numbers = [str(port.port), f"{port.total_reqs:,}"]
        if slow:
            numbers.append(f"{port.slow_reqs:,}")
        lines.append(_row([*numbers, *_times(port)], widths))
        others = {
            "timeouts": int(port.timeouts),
            "aborted": int(port.aborted),
            "silent": int(port.silent),
            "blocking": int(port.blocking),
            "negative latencies": int(port.histogram.negative),
        }
        lines += [f"      {line}" for line in _wrap(_items(others), _WIDTH - 6)]
    return lines


def _slow_title(threshold_ns: int | None) -> str:
    if threshold_ns is None:
        return ""
    if threshold_ns < _NS_PER_S:
        return f">={threshold_ns / _NS_PER_MS:g} ms"
    return f">={threshold_ns / _NS_PER_S:g} s"


def _times(port: PortStats) -> list[str]:
    """Average, percentiles and maximum of one port."""
    if not port.total_reqs:
        return ["-"] * (len(_PERCENTS) + 2)
    histogram = port.histogram
    average_ns = histogram.total_ns // port.total_reqs
    percentiles = [histogram.percentile(value) for value in _PERCENTS]
    return [duration(ns) for ns in (average_ns, *percentiles, histogram.max_ns)]


def _row(texts: Sequence[str], widths: Sequence[int]) -> str:
    return " ".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=True))


def _histogram(port: PortStats) -> list[str]:
    counts = port.histogram.contract_buckets()
    top, total = max(counts), sum(counts)
    used = [place for place, count in enumerate(counts) if count]
    lines = [f"port {port.port}, requests by latency"]
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


def _items(counts: dict[str, int]) -> list[str]:
    return [f"{name} {n:,}" for name, n in counts.items() if n or name in ALWAYS_SHOWN]


def _paragraph(label: str, items: Sequence[str]) -> list[str]:
    """The items behind the label, none broken; no line at all without items."""
    lines = _wrap(items, _WIDTH - _LABEL)
    heads = [label, *[""] * len(lines)]
    return [f"{head:<{_LABEL}}{line}" for head, line in zip(heads, lines, strict=False)]


def _wrap(items: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + 3 + len(item) <= width:
            lines[-1] += f"   {item}"
        else:
            lines.append(item)
    return lines
