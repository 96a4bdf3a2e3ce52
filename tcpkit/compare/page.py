"""A comparison as one self-contained page, without any script."""

from collections.abc import Sequence
from html import escape
from typing import Final

from tcpkit.compare.bars import bar
from tcpkit.compare.changes import FASTER, GONE, MIXED, NEW, SLOWER, TOO_FEW, Change
from tcpkit.compare.names import OnlyIn
from tcpkit.compare.result import Comparison
from tcpkit.compare.style import CSS
from tcpkit.compare.text import note
from tcpkit.compare.words import Cells, about, cells_of, share_text

MAX_COMMANDS: Final = 300
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def render(comparison: Comparison, sheet: str) -> str:
    """The page; `sheet` is the style sheet of all pages.

    Every name in it comes from packets, and is escaped.
    """
    a, b = comparison.a, comparison.b
    parts = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(f'{a.name} and {b.name}')}: what changed</title>",
        f"<style>{sheet}{CSS}</style></head><body><main>",
        f"<h1>What changed: {escape(comparison.mode)}</h1>",
        f'<p class="what">{escape(answer(comparison))}</p>',
    ]
    for side in (a, b):
        parts.append(f"<div><b>{side.label}</b> {escape(side.name)}")
        parts.append(f'<span class="dim">{escape(about(side))}</span></div>')
    parts += [f'<p class="warn">{escape(doubt)}</p>' for doubt in comparison.doubts]
    parts += _changes(comparison)
    parts += _keys("Keys that only B has", comparison.new_keys)
    parts += _keys("Keys that only A has", comparison.gone_keys)
    parts += _errors(comparison)
    parts += _hit_rates(comparison)
    parts.append("</main></body></html>\n")
    return "\n".join(parts)


def answer(comparison: Comparison) -> str:
    """The first thing to know, in one sentence."""
    words: list[str] = []
    for verdict in (SLOWER, MIXED, FASTER, NEW, GONE):
        names = [each.name for each in comparison.commands if each.verdict == verdict]
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            words.append(f"{verdict}: {', '.join(names[:5])}{more}")
    fresh = sum(1 for each in comparison.errors if each.verdict == "new")
    if fresh:
        words.append(f"new errors: {fresh}")
    return f"All requests: {comparison.total.verdict}. {'; '.join(words)}".rstrip() + (
        "." if words else ""
    )


def _table(titles: Sequence[str], rows: Sequence[str]) -> list[str]:
    heads = "".join(f"<th>{title}</th>" for title in titles)
    return [
        '<div class="wide"><table><thead><tr>',
        f"{heads}</tr></thead><tbody>",
        *rows,
        "</tbody></table></div>",
    ]


def _changes(comparison: Comparison) -> list[str]:
    rows: list[str] = []
    for change in comparison.changes[: MAX_COMMANDS + 1]:
        rows += _command(change)
    axis = "B / A, with its interval: 1/10 to 10"
    titles = ("", "A", "B", "change", "95 % interval", axis)
    left = len(comparison.commands) - MAX_COMMANDS
    more = [f"<p>... and {left} commands more</p>"] if left > 0 else []
    dim = f'<p class="dim">{escape(note(comparison))}</p>'
    return ["<h2>By command, the most changed first</h2>", *_table(titles, rows), *more, dim]


def _command(change: Change) -> list[str]:
    css = {SLOWER: "worse", MIXED: "worse", FASTER: "better"}.get(change.verdict, "dim")
    counts = f"{change.requests[0]:,} &rarr; {change.requests[1]:,} requests"
    rows = [
        f'<tr class="command"><td colspan="6"><b>{escape(change.name)}</b>'
        f' <span class="{css}">{escape(change.verdict)}</span>'
        f' <span class="dim">{counts}</span></td></tr>'
    ]
    if change.verdict in (NEW, GONE) or (change.verdict == TOO_FEW and not any(change.requests)):
        return rows
    estimates = (change.rate, change.p50, change.p99)
    for cells, estimate in zip(cells_of(change), estimates, strict=False):
        colour = ""
        if estimate is not change.rate and cells.clear:
            colour = "worse" if cells.clear > 0 else "better"
        rows.append(_row(cells, bar(estimate, colour)))
    return rows


def _row(cells: Cells, drawn: str) -> str:
    texts = (cells.label, cells.a, cells.b, cells.change, cells.interval)
    return f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in texts)}<td>{drawn}</td></tr>"


def _keys(title: str, only: OnlyIn) -> list[str]:
    if not only.proven and not only.doubtful:
        return []
    lines = [f"<h2>{title}: {only.proven:,}</h2>"]
    if only.doubtful:
        lines.append(
            f'<p class="warn">{only.doubtful:,} more may be: the other capture has more keys'
            " than are kept</p>"
        )
    rows = [
        f'<tr><td class="name">{escape(key)}</td><td>{requests:,}</td></tr>'
        for key, requests in only.listed
    ]
    left = only.proven - len(only.listed)
    more = [f"<p>... and {left:,} more</p>"] if left else []
    return [*lines, *_table(("key", "requests"), rows), *more]


def _errors(comparison: Comparison) -> list[str]:
    if not comparison.errors:
        return []
    rows: list[str] = []
    for change in comparison.errors[:MAX_COMMANDS]:
        first, second = (share_text(share) for share in change.shares)
        css = "worse" if change.verdict == NEW else "dim"
        rows.append(
            f'<tr><td class="name">{escape(f"{change.command} {change.code}")}</td>'
            f"<td>{change.counts[0]:,}</td><td>{first}</td><td>{change.counts[1]:,}</td>"
            f'<td>{second}</td><td class="{css}">{change.verdict}</td></tr>'
        )
    titles = ("command and code", "A", "of its requests", "B", "of its requests", "")
    return ["<h2>Errors</h2>", *_table(titles, rows)]


def _hit_rates(comparison: Comparison) -> list[str]:
    if not comparison.hit_rates:
        return []
    rows: list[str] = []
    for rate in comparison.hit_rates:
        first, second = (
            share_text(hits / of) for hits, of in zip(rate.hits, rate.lookups, strict=True)
        )
        rows.append(
            f'<tr><td class="name">{escape(rate.command)}</td>'
            f"<td>{first}</td><td>{second}</td></tr>"
        )
    return ["<h2>Values found</h2>", *_table(("command", "A", "B"), rows)]
