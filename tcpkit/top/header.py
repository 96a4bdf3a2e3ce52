"""The lines over the table: how fast, how sure, and what was missed."""

import time
from collections.abc import Mapping, Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style

from tcpkit.metrics.top_tables import TopTables
from tcpkit.metrics.top_totals import TopTotals
from tcpkit.top.cells import clock, safe, share, short, span
from tcpkit.top.lines import ALARM, FAINT, MARKED, PLAIN, STRONG, Line, spread
from tcpkit.top.source import Figures, Source
from tcpkit.top.view import View

HEIGHT: Final = 4
GAP: Final = "   "
Pair = tuple[str, str, Style]
_NS_PER_S: Final = 1_000_000_000


def header(
    source: Source, figures: Figures, packet_rate: float, view: View, width: int
) -> list[Line]:
    """HEIGHT lines; what is too much for `width` characters is left out at their ends."""
    tables = source.tables
    return [
        _title(source, figures, view.paused, width),
        _fitting(_rates(tables, figures, packet_rate), width),
        _fitting(_outcomes(tables.totals), width),
        _fitting(_doubts(source, figures, tables.bounds(view.view)), width),
    ]


def _title(source: Source, figures: Figures, paused: bool, width: int) -> Line:
    left = [
        Segment("tcpkit top  ", STRONG),
        Segment(safe(f"{source.place}  {source.what}"), PLAIN),
    ]
    if paused:
        left += [Segment("  ", PLAIN), Segment(" PAUSED ", MARKED)]
    if not figures.begin_ns:
        return left
    passed_s = max(figures.now_ns - figures.begin_ns, 0) // _NS_PER_S
    at = time.strftime("%H:%M:%S", time.localtime(figures.now_ns // _NS_PER_S))
    return spread(left, [Segment(f"{at}  {clock(passed_s)}", FAINT)], width)


def _rates(tables: TopTables, figures: Figures, packet_rate: float) -> list[Pair]:
    return [
        ("requests/s", short(tables.rate), STRONG),
        ("bytes/s", short(tables.bytes_rate), STRONG),
        ("packets/s", short(packet_rate), STRONG),
        ("requests", f"{int(tables.totals.requests):,}", PLAIN),
        ("packets", f"{figures.packets:,}", PLAIN),
    ]


def _outcomes(totals: TopTotals) -> list[Pair]:
    exact, inferred = int(totals.exact), int(totals.inferred)
    pairs: list[Pair] = [
        ("exact", share(exact, exact + inferred) or "-", STRONG),
        _bad("errors", int(totals.errors)),
        _bad("timeouts", int(totals.timeouts)),
        _bad("aborted", int(totals.aborted)),
    ]
    if totals.lookups:
        pairs.append(("hits", share(int(totals.hits), int(totals.lookups)), STRONG))
    if totals.timed:
        pairs.append(("average", span(int(totals.time_ns // totals.timed)), STRONG))
    return pairs


def _doubts(source: Source, figures: Figures, bounds: Mapping[str, int]) -> list[Pair]:
    """What may be missing: packets, pairs, and rows of the view."""
    drops: list[Pair] = []
    if source.live:
        drops = [
            _bad("dropped: kernel", figures.dropped_by_kernel),
            _bad("interface", figures.dropped_by_interface),
        ]
    return [
        *drops,
        _bad("unpaired", figures.unpaired),
        ("rows", short(bounds["rows"]), PLAIN),
        ("evicted", short(bounds["evicted"]), PLAIN),
        _bad("±", bounds["requests_error"]),
    ]


def _bad(label: str, number: int) -> Pair:
    """A number that should be 0."""
    return label, short(number), ALARM if number else PLAIN


def _fitting(pairs: Sequence[Pair], width: int) -> Line:
    """Labels and values one behind the other, as many as there is room for."""
    found: Line = []
    for label, value, style in pairs:
        gap = GAP if found else ""
        width -= len(gap) + len(label) + 1 + len(value)
        if width < 0:
            break
        found += [Segment(f"{gap}{label} ", FAINT), Segment(value, style)]
    return found
