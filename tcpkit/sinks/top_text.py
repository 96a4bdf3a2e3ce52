"""A report of `top` as text: a header, and a table that fits a terminal."""

from collections.abc import Sequence
from typing import Final

from tcpkit.metrics.top_row import UNKNOWN, TopRow
from tcpkit.sinks.local_time import LocalTime
from tcpkit.sinks.quantity import per_second, size
from tcpkit.sinks.summary import percent
from tcpkit.sinks.top_report import TopReport
from tcpkit.sinks.units import duration

WIDTH: Final = 100
NAME_WIDTH: Final = 16  # at least, whatever that makes of the table
_BETWEEN: Final = "  "
_CUT: Final = "..."
_UNKNOWN: Final = "-"
_TITLES: Final = {
    "keys": "key", "patterns": "pattern", "commands": "command", "clients": "client",
    "servers": "server",
}  # fmt: skip


def text_of(report: TopReport, times: LocalTime) -> str:
    """The whole report, with a newline at its end."""
    lines = [_title(report, times), *_totals(report), _bounds(report)]
    if report.rows:
        lines += ["", *_table(report)]
    return "".join([f"{line}\n" for line in lines])


def _title(report: TopReport, times: LocalTime) -> str:
    if report.end_ns <= 0:
        return f"top {report.view} by {report.sort}, nothing was counted"
    begin, end = times.text(report.begin_ns)[:-3], times.text(report.end_ns)[:-3]
    if begin[:10] == end[:10]:
        end = end[11:]
    took = duration(report.end_ns - report.begin_ns)
    return f"top {report.view} by {report.sort}, {begin} to {end} ({took})"


def _totals(report: TopReport) -> list[str]:
    totals = report.totals
    first = [
        f"requests {int(totals.requests):,} ({per_second(report.rate)}/s)",
        f"{size(int(totals.bytes))} ({size(report.bytes_rate)}/s)",
        f"time {duration(int(totals.time_ns))}",
    ]
    if totals.lookups:
        first.append(f"hits {percent(int(totals.hits), int(totals.lookups))}")
    pairs = int(totals.exact + totals.inferred)
    second = [f"pairs {percent(int(totals.exact), pairs)} exact" if pairs else "pairs none"]
    if report.dropped is not None:
        second.append(f"dropped {report.dropped:,}")
    others = {
        "unpaired": report.unpaired,
        "errors": int(totals.errors),
        "timeouts": int(totals.timeouts),
        "aborted": int(totals.aborted),
        "silent": int(totals.silent),
        "without key": int(totals.without_key),
    }
    second += [f"{name} {count:,}" for name, count in others.items() if count]
    return ["   ".join(first), "   ".join(second)]


def _bounds(report: TopReport) -> str:
    """What the bound on the rows made of the numbers."""
    bounds = report.bounds
    rows = f"rows {bounds['rows']:,} of at most {bounds['capacity']:,}"
    if not bounds["evicted"]:
        return f"{rows}, none evicted: all numbers are whole"
    missing = (
        f"{bounds['requests_error']:,} requests, {size(bounds['bytes_error'])}, "
        f"{duration(bounds['time_error'])}"
    )
    return f"{rows}, {bounds['evicted']:,} evicted: of a row may be missing up to {missing}"


def _table(report: TopReport) -> list[str]:
    hits = any([row.lookups for row in report.rows])
    titles = ["requests", "/s", *(["hit %"] if hits else []), "bytes/s", "time"]
    rows = [[*titles, "p50", "p99", "max"], *[_cells(row, hits) for row in report.rows]]
    widths = [max([len(row[place]) for row in rows]) for place in range(len(rows[0]))]
    room = WIDTH - sum(widths) - len(_BETWEEN) * len(widths)
    names = [_TITLES[report.view], *[row.name for row in report.rows]]
    room = max(room, NAME_WIDTH)
    return [
        _line(cells, widths) + _BETWEEN + cut(name, room)
        for cells, name in zip(rows, names, strict=True)
    ]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)]
    return _BETWEEN.join(padded)


def _cells(row: TopRow, hits: bool) -> list[str]:
    requests = f"{row.requests:,}"
    if row.requests_error:
        requests += f" +{row.requests_error:,}"
    share = f"{row.hits * 100 / row.lookups:.1f}" if row.lookups else _UNKNOWN
    return [
        requests,
        per_second(row.rate),
        *([share] if hits else []),
        size(row.bytes_rate),
        duration(row.time_ns),
        _time(row.p50_ns),
        _time(row.p99_ns),
        duration(row.max_ns) if row.timed else _UNKNOWN,
    ]


def _time(ns: int) -> str:
    return _UNKNOWN if ns == UNKNOWN else duration(ns)


def cut(name: str, room: int) -> str:
    """At most `room` characters; what is too much is taken from the middle.

    >>> cut("session:0123456789:cart", 16), cut("session:1", 16)
    ('session...9:cart', 'session:1')
    """
    if len(name) <= room:
        return name
    kept = room - len(_CUT)
    return name[: kept - kept // 2] + _CUT + name[len(name) - kept // 2 :]
