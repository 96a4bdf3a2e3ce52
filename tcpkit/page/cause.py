"""Why: what the packets prove of the slowest requests, and what only happened beside them."""

import re
from typing import Final, NamedTuple

from tcpkit.page.shape import Model, Slow
from tcpkit.page.words import joined, share
from tcpkit.sinks.units import duration

MOST: Final = 3
UNKNOWN: Final = "no reason proven"
BESIDE: Final = "none proven, but answered only after another connection's"
_AMOUNT: Final = r"-?[\d.]+ (?:ns|us|ms|s|B|kB|MB|GB)"
_KINDS: Final = (
    (re.compile(rf"^queued {_AMOUNT} behind "), "waited on their connection behind "),
    (re.compile(rf"(?:,? the last time)? after {_AMOUNT}$"), ""),
    (re.compile(rf" for {_AMOUNT}$"), ""),
    (re.compile(rf" came {_AMOUNT} late"), " came late"),
    (re.compile(rf" of {_AMOUNT} took {_AMOUNT}$"), " took longer than the server"),
)


class Share(NamedTuple):
    """Slow requests of one kind."""

    text: str  # of what kind
    number: int
    waited_ns: int
    is_proven: bool


def cause(model: Model, slow: list[Slow]) -> tuple[str, str]:
    """A few words and a sentence, about `slow`, which are of the slowest."""
    if not slow:
        return "Not known.", "None of them is among the slowest requests that are kept."
    if not model["source"]["explains"]:
        return "Not looked for.", "The packets were read without --explain. " + _spent(slow)
    shares = shares_of(slow, model["slowest"])
    whole_ns = sum(share.waited_ns for share in shares)
    if len(slow) == 1:
        return _short(
            shares, whole_ns
        ), f"The slow request: {shares[0].text}. {_spent(slow)}".strip()
    texts = [
        f"{each.text} {share(each.waited_ns, whole_ns)} ({each.number:,})" for each in shares[:MOST]
    ]
    rest = sum(each.number for each in shares[MOST:])
    if rest:
        texts.append(f"others ({rest:,})")
    kept = f"Share of the time that the {len(slow):,} slowest took: {'; '.join(texts)}."
    return _short(shares, whole_ns), f"{kept} {_spent(slow)}".strip()


def shares_of(slow: list[Slow], kept: list[Slow]) -> list[Share]:
    """`slow` by what is known of each, that with the most waiting first."""
    found: dict[str, Share] = {}
    for request in slow:
        reason, other = request["reason"], None
        if reason is not None:
            text = kind_of(reason)
        else:
            other = held_up_beside(request, kept)
            text = UNKNOWN
        if other is not None:
            text = f"{BESIDE} {other['command']}"
        before = found.get(text, Share(text, 0, 0, reason is not None))
        waited_ns = before.waited_ns + _waited_ns(request)
        found[text] = Share(text, before.number + 1, waited_ns, reason is not None)
    return sorted(found.values(), key=lambda share: (-share.waited_ns, -share.number))


def _waited_ns(request: Slow) -> int:
    parts = (request["upload_ns"], request["latency_ns"], request["download_ns"])
    return sum(max(part, 0) for part in parts if part is not None)


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
    busy with it. Of several that with the longest latency.
    """
    reply_ns, latency_ns = request["reply_first_ns"], request["latency_ns"]
    if reply_ns is None or latency_ns is None:
        return None
    found: Slow | None = None
    half_ns = request["request_last_ns"] + latency_ns // 2
    longest_ns = latency_ns
    for other in others:
        its_ns, its_latency_ns = other["reply_first_ns"], other["latency_ns"]
        if its_ns is None or its_latency_ns is None or "blocking" in other["flags"]:
            continue
        if other["client"] == request["client"] or other["server"] != request["server"]:
            continue
        if its_latency_ns <= longest_ns or other["request_last_ns"] > request["request_last_ns"]:
            continue
        if half_ns <= its_ns <= reply_ns:
            found, longest_ns = other, its_latency_ns
    return found


def _short(shares: list[Share], whole_ns: int) -> str:
    first = shares[0]
    if 2 * first.waited_ns < whole_ns:
        proven = sum(each.waited_ns for each in shares if each.is_proven)
        return "Several reasons" if 2 * proven >= whole_ns else "Mostly no reason is proven"
    if first.text == UNKNOWN:
        return "No reason is proven" if len(shares) == 1 else "Mostly no reason is proven"
    if not first.is_proven:
        return f"Not proven, but most waited while {first.text[len(BESIDE) + 1 :]} ran"
    return f"{'All' if len(shares) == 1 else 'Mostly'}: {first.text}"


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
    words = ("upload", "queued on the connection", "the server's turn", "download")
    texts = [
        f"{word} {share(part, sum(sums))}" for word, part in zip(words, sums, strict=True) if part
    ]
    return f"Of {duration(sum(sums))} in all: {joined(texts)}."
