"""Tables for a reader without scripts: the commands, and the slowest requests."""

import html
from typing import Final, cast

from tcpkit.page.shape import Model

MOST: Final = 20


def tables(model: dict[str, object]) -> str:
    """A `noscript` element."""
    shape = cast(Model, model)
    commands = [
        [
            row["name"],
            f"{row['requests']:,}",
            *(_ms(ns) for ns in (row["p50_ns"], row["p99_ns"], row["max_ns"])),
            f"{row['errors']:,}",
            f"{row['timeouts']:,}",
        ]
        for row in shape["commands"][:MOST]
    ]
    slow = [
        [
            "-" if row["latency_ns"] is None else _ms(row["latency_ns"]),
            row["status"],
            row["client"],
            row["request"],
            row["reason"] or "-",
        ]
        for row in shape["slowest"][:MOST]
    ]
    heads = ["command", "requests", "p50 ms", "p99 ms", "max ms", "errors", "timeouts"]
    return (
        "<noscript>"
        + _table("Commands", heads, commands)
        + _table("Slowest requests", ["ms", "status", "client", "request", "reason"], slow)
        + "</noscript>"
    )


def _table(caption: str, heads: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(text)}</td>' for text in row)}</tr>" for row in rows
    )
    return (
        f'<div class="scroll"><table><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _ms(ns: int) -> str:
    return f"{ns / 1e6:,.3f}"
