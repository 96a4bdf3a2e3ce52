"""One HTML document with everything in it: style, program and, of a report, the numbers.

What came over the network is untrusted. It gets into the document in two ways only: as JSON in
which no `<` is left, and as text that is escaped here. The program shows it as text, never as
markup, and the policy lets nothing run, load or connect beside what is here.
"""

import base64
import hashlib
import html
import json
import time
from functools import cache
from pathlib import Path
from typing import Final

from tcpkit.page.fallback import tables
from tcpkit.page.verdict import Verdict, verdict_of

_ASSETS: Final = Path(__file__).parent / "assets"
_SCRIPTS: Final = (
    "format.js", "dom.js", "table.js", "scale.js", "chart.js", "columns.js", "sections.js",
    "verdict.js", "page.js", "live.js", "start.js",
)  # fmt: skip


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    parts = "\n".join(_asset(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _policy(connects: str) -> str:
    """Only this script and this style; `connects` is where the script may ask."""
    return (
        f"default-src 'none'; script-src {_hash(_script())}; "
        f"style-src {_hash(_asset('page.css'))}; img-src data:; connect-src {connects}; base-uri 'none'; form-action 'none'"
    )


def content_security_policy() -> str:
    """The header's value for the live page."""
    return _policy("'self'") + "; frame-ancestors 'none'"


def live_page() -> bytes:
    """The page that asks `/overview.json` each second. Always the same bytes."""
    return _document("tcpkit", "live", _policy("'self'"), "", "null")


def report_page(model: dict[str, object], title: str, problem: str = "") -> bytes:
    """A report of an Overview's `model`; local time is that of this machine at its begin.

    `problem` is what ended the read before the capture's end, "" for nothing.
    """
    offset_s = utc_offset_s(model)
    verdict = verdict_of(model, offset_s)
    if problem:
        verdict.doubts.insert(0, f"Only a part was read: {problem}.")
    data = {
        "title": title,
        "utc_offset_s": offset_s,
        "verdict": verdict_fields(verdict),
        "model": model,
    }
    first = _verdict_html(verdict) + tables(model)
    return _document(title, "report", _policy("'none'"), first, _json(data))


def live_model(model: dict[str, object]) -> dict[str, object]:
    """What `/overview.json` says: a live Overview's `model`, with its verdict."""
    offset_s = utc_offset_s(model)
    fields = verdict_fields(verdict_of(model, offset_s))
    return {**model, "utc_offset_s": offset_s, "verdict": fields}


def utc_offset_s(model: dict[str, object]) -> int:
    """That of this machine's local time when the capture began."""
    begin_ns = model["begin_ns"]
    moment = begin_ns // 1_000_000_000 if isinstance(begin_ns, int) else 0
    return time.localtime(moment).tm_gmtoff


def verdict_fields(verdict: Verdict) -> dict[str, object]:
    """For JSON."""
    return {
        "level": verdict.level,
        "answers": [answer._asdict() for answer in verdict.answers],
        "doubts": verdict.doubts,
    }


def _document(title: str, kind: str, policy: str, first: str, data: str) -> bytes:
    places = {
        "title": html.escape(title),
        "kind": kind,
        "policy": html.escape(policy),
        "style": _asset("page.css"),
        "first": first,
        "data": data,
        "script": _script(),
    }
    pieces = _asset("page.html").split("{{")
    text = pieces[0]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}}")
        text += places[name] + rest
    return text.encode("utf-8", "backslashreplace")


def _json(data: dict[str, object]) -> str:
    """JSON that ends no script element and starts no comment in one, ASCII throughout."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _verdict_html(verdict: Verdict) -> str:
    """What is to be read without the program too."""
    answers = "".join(
        f'<div class="answer"><h2>{html.escape(answer.question)}</h2>'
        f'<p class="short">{html.escape(answer.short)}</p><p>{html.escape(answer.more)}</p></div>'
        for answer in verdict.answers
    )
    doubts = "".join(f"<li>{html.escape(text)}</li>" for text in verdict.doubts)
    notes = f'<ul class="doubts">{doubts}</ul>' if doubts else ""
    return (
        f'<section id="verdict" class="{html.escape(verdict.level)}" aria-label="Verdict">'
        f'<div class="answers">{answers}</div>{notes}</section>'
    )


CONTENT_SECURITY_POLICY: Final = content_security_policy()
