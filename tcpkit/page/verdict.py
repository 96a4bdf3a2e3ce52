"""What a page says first, in sentences: was it slow, when, for whom, why; and what limits that."""

from typing import Final, NamedTuple, cast

from tcpkit.page.cause import cause
from tcpkit.page.doubts import doubts
from tcpkit.page.shape import Model, Named
from tcpkit.page.slowness import Limit, is_slow, limit_of, slow_in_columns
from tcpkit.page.span import Clock, when
from tcpkit.page.words import counted, joined, share
from tcpkit.sinks.units import duration

UNSEEN, GOOD, SOME, BAD = "unseen", "good", "some", "bad"
MANY: Final = 0.01  # of the requests: more slow ones are a bad sign, not a few
MOST: Final = 3  # names in a sentence
TEN_MINUTES_NS: Final = 600_000_000_000  # so long is the map of the live page


class Answer(NamedTuple):
    """One of the four: a few words, and a sentence with the numbers."""

    question: str
    short: str
    more: str


class Verdict(NamedTuple):
    level: str  # one of the four above
    answers: list[Answer]
    doubts: list[str]


class Counted(NamedTuple):
    """What the columns of the map have together: of a file all, live the latest ten minutes."""

    requests: int
    slow: int
    timeouts: int

    @property
    def is_bad(self) -> bool:
        return self.slow + self.timeouts > MANY * self.requests


def verdict_of(model: dict[str, object], utc_offset_s: int) -> Verdict:
    """`model` is an Overview's; clock times are told with that offset from UTC."""
    return _verdict(cast(Model, model), Clock(utc_offset_s))


def _verdict(model: Model, clock: Clock) -> Verdict:
    total = model["total"]
    if not total["requests"] and not total["timeouts"]:
        return Verdict(UNSEEN, [_unseen(model)], doubts(model, False))
    limit = limit_of(model)
    columns = model["timeline"]["columns"]
    seen = Counted(
        sum(column["requests"] for column in columns),
        sum(count for _, count in slow_in_columns(model, limit)),
        sum(column["timeouts"] for column in columns),
    )
    if not seen.slow and not seen.timeouts:
        return Verdict(GOOD, [_not_slow(model, limit, seen)], doubts(model, False))
    answers = [
        _was_it_slow(model, limit, seen),
        Answer("When?", *when(model, limit, clock)),
        _for_whom(model, limit),
        Answer("Why?", *cause(model, [each for each in model["slowest"] if is_slow(each, limit)])),
    ]
    return Verdict(BAD if seen.is_bad else SOME, answers, doubts(model, True))


def _unseen(model: Model) -> Answer:
    source = model["source"]
    ports = joined([str(port) for port in source["ports"]])
    total = model["total"]
    others = total["blocking"] + total["silent"] + total["aborted"]
    if others:
        more = (
            f"{counted(others, 'request')} had no latency: blocking, without a reply, or cut off."
        )
    else:
        more = f"No {source['mode']} request with a reply was found on port {ports}."
    return Answer("Was it slow?", "Not known: nothing was timed.", more)


def _not_slow(model: Model, limit: Limit, seen: Counted) -> Answer:
    more = f"None of {counted(seen.requests, 'request')}{_lately(model)} took {limit.text}."
    if seen.requests:
        more += f" {_level(model)}"
    if limit.is_given:
        return Answer("Was it slow?", "No.", more)
    return Answer("Was it slow?", "Nothing stands out.", more + _judged(limit))


def _lately(model: Model) -> str:
    begin_ns, end_ns = model["begin_ns"], model["end_ns"]
    if not _is_live(model) or begin_ns is None or end_ns is None:
        return ""
    return " of the last ten minutes" if end_ns - begin_ns > TEN_MINUTES_NS else ""


def _is_live(model: Model) -> bool:
    return model["source"]["kind"] == "live"


def _level(model: Model) -> str:
    total = model["total"]
    since = "Since the start, half" if _is_live(model) else "Half"
    return (
        f"{since} took at most {duration(total['p50_ns'])}, 99 % at most "
        f"{duration(total['p99_ns'])}, the longest {duration(total['max_ns'])}."
    )


def _judged(limit: Limit) -> str:
    return (
        f" No limit was given with -t: {duration(limit.ns)} is where ten times the median, "
        "and 1 ms at least, is rounded up to."
    )


def _was_it_slow(model: Model, limit: Limit, seen: Counted) -> Answer:
    parts: list[str] = []
    if seen.slow:
        of = counted(seen.requests, "request")
        part = share(seen.slow, seen.requests)
        parts.append(f"{seen.slow:,} of {of}{_lately(model)} ({part}) took {limit.text}")
    if seen.timeouts:
        waited = duration(model["source"]["timeout_ns"])
        parts.append(f"{seen.timeouts:,} got no reply within {waited}")
    more = "; ".join(parts) + "."
    if model["total"]["requests"]:
        more += f" {_level(model)}"
    if seen.slow and not limit.is_given:
        more += _judged(limit)
    return Answer("Was it slow?", _how_slow(limit, seen), more)


def _how_slow(limit: Limit, seen: Counted) -> str:
    if seen.timeouts:
        return "Yes: replies did not come in time."
    if limit.is_given:
        return "Yes." if seen.is_bad else "Yes, for a few requests."
    return "Some requests stand out." if seen.is_bad else "A few requests stand out."


def _for_whom(model: Model, limit: Limit) -> Answer:
    slowest = [each for each in model["slowest"] if is_slow(each, limit)]
    clients = _counts([_host(each["client"]) for each in slowest])
    commands = _counts([each["command"] for each in slowest])
    if not clients:
        return Answer("For whom?", "Not known.", "None of them is among the slowest kept.")
    short = (
        f"{_most(commands, len(slowest), 'command')} from {_most(clients, len(slowest), 'client')}"
    )
    kept = f"Of the {len(slowest):,} slowest" if len(slowest) > 1 else "The one slow request"
    more = f"{kept}: {_listed(clients)}; {_listed(commands)}."
    if limit.is_given:
        more += _of_commands(model["commands"], _is_live(model))
    servers = _counts([each["server"] for each in slowest])
    if len(model["servers"]) > 1:
        more += f" By server: {_listed(servers)}."
    return Answer("For whom?", short[0].upper() + short[1:], more)


def _of_commands(rows: list[Named], live: bool) -> str:
    """All slow ones by command, since those are counted and not only kept."""
    worst = sorted((row for row in rows if row["slow"]), key=lambda row: -row["slow"])[:MOST]
    if not worst:
        return ""
    texts = [f"{row['name']} {row['slow']:,} of {row['requests']:,}" for row in worst]
    return f" {'Slow since the start' if live else 'Slow in all'}: {joined(texts)}."


def _counts(names: list[str]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])


def _most(counts: list[tuple[str, int]], total: int, what: str) -> str:
    name, count = counts[0]
    if count == total:
        return name
    return f"mostly {name}" if 2 * count > total else f"{len(counts)} {what}s"


def _listed(counts: list[tuple[str, int]]) -> str:
    texts = [f"{name} {count:,}" for name, count in counts[:MOST]]
    rest = sum(count for _, count in counts[MOST:])
    return ", ".join([*texts, f"{len(counts) - MOST} others {rest:,}"] if rest else texts)


def _host(client: str) -> str:
    return client.rpartition(":")[0].strip("[]")
