"""A comparison for a terminal of 80 columns."""

import textwrap
from typing import Final

from tcpkit.compare.changes import GONE, NEW, TOO_FEW, Change
from tcpkit.compare.names import OnlyIn
from tcpkit.compare.result import Comparison
from tcpkit.compare.words import Cells, about, cells_of, share_text
from tcpkit.sinks.latency_table import WIDTH
from tcpkit.wire.printable import shortened

MAX_COMMANDS: Final = 20
MAX_NAMES: Final = 10
_NAME: Final = 40
_WIDTHS: Final = (12, 11, 11, 11)
_TITLE: Final = Cells("", "A", "B", "change", "95 % interval", 0)


def render(comparison: Comparison) -> str:
    """All of it, with a newline at its end."""
    lines: list[str] = []
    for side in (comparison.a, comparison.b):
        lines += _wrapped(f"{side.label}  {side.name}", "   ")
        lines += _wrapped(f"   {about(side)}", "   ")
    for doubt in comparison.doubts:
        lines += _wrapped(f"warning: {doubt}", "         ")
    lines += ["", _line(_TITLE), *_command(comparison.total)]
    for change in comparison.commands[:MAX_COMMANDS]:
        lines += _command(change)
    left = len(comparison.commands) - MAX_COMMANDS
    if left > 0:
        lines.append(f"... and {left} commands more: -j tells all")
    lines += _wrapped(note(comparison), "")
    lines += _keys("keys that only B has", comparison.new_keys)
    lines += _keys("keys that only A has", comparison.gone_keys)
    lines += _errors(comparison)
    lines += _hit_rates(comparison)
    return "".join(f"{line}\n" for line in lines)


def note(comparison: Comparison) -> str:
    """How the intervals came about."""
    text = f"{comparison.resamples:,} resamples of slices of time, seed {comparison.seed}"
    if comparison.intervals:
        text += f"; {comparison.intervals} intervals of latencies: 1 in 20 excludes 0 by chance"
    return f"({text})"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text.strip(),
        WIDTH,
        initial_indent=text[: len(text) - len(text.lstrip())],
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _line(cells: Cells) -> str:
    columns = (f"  {cells.label}", cells.a, cells.b, cells.change)
    left, *right = (f"{text:>{width}}" for text, width in zip(columns, _WIDTHS, strict=True))
    left = f"{columns[0]:<{_WIDTHS[0]}}"
    mark = "  *" if cells.clear else ""
    return f"{left}{''.join(right)}   {cells.interval}{mark}".rstrip()


def _command(change: Change) -> list[str]:
    counts = f"{change.requests[0]:,} -> {change.requests[1]:,} requests"
    lines = [f"{shortened(change.name, _NAME)}: {change.verdict}, {counts}"]
    if change.verdict in (NEW, GONE) or (change.verdict == TOO_FEW and not any(change.requests)):
        return lines
    return lines + [_line(cells) for cells in cells_of(change)]


def _keys(title: str, only: OnlyIn) -> list[str]:
    if not only.proven and not only.doubtful:
        return []
    lines = ["", f"{title}: {only.proven:,}, with {only.requests:,} requests"]
    if only.doubtful:
        lines += _wrapped(
            f"  {only.doubtful:,} more may be: the other capture has more keys than are kept", "  "
        )
    for key, requests in only.listed[:MAX_NAMES]:
        lines.append(f"  {requests:>11,}  {shortened(key, WIDTH - 18)}")
    left = only.proven - len(only.listed[:MAX_NAMES])
    if left:
        lines.append(f"  ... and {left:,} more")
    return lines


def _errors(comparison: Comparison) -> list[str]:
    if not comparison.errors:
        return []
    lines = ["", f"errors{'':<32}{'A':>9}{'of all':>9}{'B':>9}{'of all':>9}"]
    for change in comparison.errors[:MAX_COMMANDS]:
        name = shortened(f"{change.command} {change.code}", 32)
        first, second = (share_text(share) for share in change.shares)
        lines.append(
            f"  {name:<36}{change.counts[0]:>9,}{first:>9}{change.counts[1]:>9,}{second:>9}"
            f" {change.verdict}".rstrip()
        )
    left = len(comparison.errors) - MAX_COMMANDS
    if left > 0:
        lines.append(f"  ... and {left} more: -j tells all")
    return lines


def _hit_rates(comparison: Comparison) -> list[str]:
    if not comparison.hit_rates:
        return []
    lines = ["", f"values found{'':<28}{'A':>18}{'B':>18}"]
    for rate in comparison.hit_rates[:MAX_NAMES]:
        first, second = (
            share_text(hits / of) for hits, of in zip(rate.hits, rate.lookups, strict=True)
        )
        lines.append(f"  {shortened(rate.command, 34):<38}{first:>18}{second:>18}")
    return lines
