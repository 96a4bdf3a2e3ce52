"""Why: what the packets prove of the slowest requests, and what only happened beside them."""

import re
from typing import Final

from tcpkit.page.shape import Model, Slow
from tcpkit.page.words import counted, joined, share
from tcpkit.sinks.units import duration

MOST: Final = 3
SHOWN: Final = 60  # characters of a request that is named
_AMOUNT: Final = r"-?[\d.]+ (?:ns|us|ms|s|B|kB|MB|GB)"
_KINDS: Final = (
    (re.compile(rf"^queued {_AMOUNT} behind "), "waited on their connection behind "),
    (re.compile(rf"(?:,? the last time)? after {_AMOUNT}$"), ""),
    (re.compile(rf" for {_AMOUNT}$"), ""),
    (re.compile(rf" came {_AMOUNT} late"), " came late"),
    (re.compile(rf" of {_AMOUNT} took {_AMOUNT}$"), " took longer than the server"),
)


def cause(model: Model, slow: list[Slow]) -> tuple[str, str]:
    """A few words and a sentence, about `slow`, which are of the slowest."""
    if not slow:
        return "Not known.", "None of them is among the slowest requests that are kept."
    if not model["source"]["explains"]:
        return "Not looked for.", "The packets were read without --explain. " + _spent(slow)
    kinds: dict[str, int] = {}
    beside: dict[str, int] = {}
    unknown = 0
    for request in slow:
        if request["reason"] is not None:
            kind = kind_of(request["reason"])
            kinds[kind] = kinds.get(kind, 0) + 1
            continue
        unknown += 1
        other = held_up_beside(request, model["slowest"])
        if other is not None:
            beside[_named(other)] = beside.get(_named(other), 0) + 1
    parts = [f"{count:,} {kind}" for kind, count in _most(kinds)[:MOST]]
    rest = sum(count for _, count in _most(kinds)[MOST:])
    if rest:
        parts.append(f"{rest:,} for other reasons (see the list)")
    if unknown:
        parts.append(f"for {unknown:,} the packets prove no reason")
    of = f"Of {counted(len(slow), 'slow request')} that are kept: {'; '.join(parts)}. "
    for name, count in _most(beside)[:1]:
        of += (
            f"{count:,} of those without one were answered only after {name} on another "
            "connection to the same server: it may have held them up, which packets cannot prove. "
        )
    return _short(kinds, unknown, beside), of + _spent(slow)


def kind_of(reason: str) -> str:
    """A reason without its numbers.

    >>> kind_of("queued 11.9 ms behind KEYS *"), kind_of("upload of 8.0 MB took 80.2 ms")
    ('waited on their connection behind KEYS *', 'upload took longer than the server')
    >>> kind_of("request sent again, the last time after 203 ms")
    'request sent again'
    """
    for pattern, instead in _KINDS:
        reason = pattern.sub(instead, reason)
    return reason


def held_up_beside(request: Slow, others: list[Slow]) -> Slow | None:
    """The request of another connection to the server that took at least half of this one's wait.

    It was sent before, took longer, and was answered before: a server with one thread would be
    busy with it. The one that was answered last.
    """
    reply_ns, latency_ns = request["reply_first_ns"], request["latency_ns"]
    if reply_ns is None or latency_ns is None:
        return None
    found: Slow | None = None
    found_ns = request["request_last_ns"] + latency_ns // 2
    for other in others:
        its_ns, its_latency_ns = other["reply_first_ns"], other["latency_ns"]
        if its_ns is None or its_latency_ns is None or "blocking" in other["flags"]:
            continue
        if other["client"] == request["client"] or other["server"] != request["server"]:
            continue
        if its_latency_ns <= latency_ns or other["request_last_ns"] > request["request_last_ns"]:
            continue
        if found_ns <= its_ns <= reply_ns:
            found, found_ns = other, its_ns
    return found


def _short(kinds: dict[str, int], unknown: int, beside: dict[str, int]) -> str:
    total = sum(kinds.values()) + unknown
    if not kinds:
        if beside:
            return f"Not proven; {_most(beside)[0][0]} ran meanwhile."
        return "No reason is proven."
    kind, count = _most(kinds)[0]
    if 2 * count > total:
        return f"Mostly: {kind}"
    return f"{counted(len(kinds), 'reason')}, none for most" if unknown else "Several reasons"


def _spent(slow: list[Slow]) -> str:
    """Where the time of the slow ones went, in sum."""
    names = ("upload_ns", "queue_ns", "service_ns", "download_ns")
    sums = [0, 0, 0, 0]
    whole = 0
    for request in slow:
        parts = [
            request["upload_ns"],
            request["queue_ns"],
            request["service_ns"],
            request["download_ns"],
        ]
        known = [part for part in parts if part is not None]
        if len(known) < len(names):
            continue
        whole += 1
        sums = [total + max(part, 0) for total, part in zip(sums, known, strict=True)]
    if not sum(sums):
        return ""
    words = ("upload", "waiting behind others of the connection", "the server's turn", "download")
    texts = [
        f"{word} {share(part, sum(sums))}" for word, part in zip(words, sums, strict=True) if part
    ]
    return f"Their time, {duration(sum(sums))} in all: {joined(texts)}."


def _named(request: Slow) -> str:
    text = request["request"]
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])
