"""Requests and their latencies in columns: a line for each port, command or server."""

from collections.abc import Sequence
from typing import Final

from tcpkit.metrics.row import Row
from tcpkit.protocols.command_numbers import OTHER_NAME
from tcpkit.sinks.units import duration

WIDTH: Final = 79  # a terminal of 80 columns, whose last one makes some wrap
MAX_SHOWN: Final = 20  # rows of a port's commands, and of its servers

# A list: mypyc takes a constant tuple of floats for one that was not set.
_PERCENTS: Final[list[float]] = [50.0, 90.0, 99.0, 99.9]
_TIME_WIDTH: Final = 7
_REQUESTS: Final = "requests"
_INDENT: Final = " " * 6
_ROOM_FOR_BLANKS: Final = 23  # of the widths left of the times
_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000

# Shown even when they are zero: that they are is news.
ALWAYS_SHOWN: Final = frozenset({"packets", "dropped by the kernel"})


def slow_title(threshold_ns: int | None) -> str:
    """The column of the slow requests; "" where there is none.

    >>> slow_title(250_000), slow_title(None)
    ('>=0.25 ms', '')
    """
    if threshold_ns is None:
        return ""
    if threshold_ns < _NS_PER_S:
        return f">={threshold_ns / _NS_PER_MS:g} ms"
    return f">={threshold_ns / _NS_PER_S:g} s"


def port_table(ports: Sequence[Row], slow: str) -> list[str]:
    """A line for each port, and below it what is not in its histogram; `slow` is its title."""
    widths = [5, 11, *([max(len(slow), 7)] if slow else [])]
    # Two blanks between the times where there is room for them.
    blanks = sum(widths) <= _ROOM_FOR_BLANKS
    widths += [8 if blanks else _TIME_WIDTH] * (len(_PERCENTS) + 2)
    lines = [_line(["port", *_titles(slow)], widths)]
    for port in ports:
        lines += [_line([port.name, *_numbers(port, slow)], widths), *_others(port)]
    return lines


def divided_table(port: str, what: str, rows: Sequence[Row], slow: str) -> list[str]:
    """The first MAX_SHOWN of `rows`, each a `what`: a command or a server of `port`.

    There is one at least; OTHER_NAME is shown in any case, as the last. A name that is too
    long for its column has a line of its own.
    """
    lines = [f"port {port}, requests by {what}"]
    named = [row for row in rows if row.name != OTHER_NAME]
    other = [row for row in rows if row.name == OTHER_NAME]
    shown, left = named[:MAX_SHOWN], named[MAX_SHOWN:]
    wide = [*shown, *other]
    requests = max(len(_REQUESTS), *(len(f"{row.total_reqs:,}") for row in wide))
    widths = [requests, *([max(len(slow), 7)] if slow else [])]
    widths += [_TIME_WIDTH] * (len(_PERCENTS) + 2)
    room = WIDTH - sum(widths) - len(widths)
    names = min(room, max(len(what), *(len(row.name) for row in wide)))
    lines.append(f"{what:<{names}} {_line(_titles(slow), widths)}")
    for row in shown:
        lines += _named_lines(row, names, slow, widths)
    if left:
        more = sum(row.total_reqs for row in left)
        lines.append(f"... and {len(left)} more, with {more:,} requests")
    for row in other:
        lines += _named_lines(row, names, slow, widths)
    return lines


def _named_lines(row: Row, names: int, slow: str, widths: Sequence[int]) -> list[str]:
    """A row of `divided_table`, whose column of names is `names` wide."""
    name = row.name
    numbers = _line(_numbers(row, slow), widths)
    if len(name) > names:
        return [name, f"{'':<{names}} {numbers}", *_others(row)]
    return [f"{name:<{names}} {numbers}", *_others(row)]


def _titles(slow: str) -> list[str]:
    percents = [f"p{value:g}" for value in _PERCENTS]
    return [_REQUESTS, *([slow] if slow else []), "average", *percents, "max"]


def _numbers(row: Row, slow: str) -> list[str]:
    counts = [f"{row.total_reqs:,}", *([f"{row.slow_reqs:,}"] if slow else [])]
    if not row.total_reqs:
        return [*counts, *["-"] * (len(_PERCENTS) + 2)]
    histogram = row.histogram
    average_ns = histogram.total_ns // row.total_reqs
    percentiles = [histogram.percentile(value) for value in _PERCENTS]
    times = [duration(ns) for ns in (average_ns, *percentiles, histogram.max_ns)]
    return [*counts, *times]


def _others(row: Row) -> list[str]:
    """What is in no histogram, and what is in one and cannot be right."""
    counts = {
        "timeouts": int(row.timeouts),
        "aborted": int(row.aborted),
        "silent": int(row.silent),
        "blocking": int(row.blocking),
        "negative latencies": int(row.histogram.negative),
    }
    return [f"{_INDENT}{line}" for line in wrapped(items(counts), WIDTH - len(_INDENT))]


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    return " ".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=True))


def items(counts: dict[str, int]) -> list[str]:
    """The counters that are not zero, and those of ALWAYS_SHOWN."""
    return [f"{name} {n:,}" for name, n in counts.items() if n or name in ALWAYS_SHOWN]


def wrapped(words: Sequence[str], width: int) -> list[str]:
    """Lines of `words`, none broken."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 3 + len(word) <= width:
            lines[-1] += f"   {word}"
        else:
            lines.append(word)
    return lines
