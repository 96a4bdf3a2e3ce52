"""Which reply belongs to which request, worked out from whole streams.

A language (`oracle_text`, `oracle_binary`) reads requests, and says what an answer to
one would be at a place among the replies. Every way to lay all replies on the requests,
in order, is followed; a request for which they all agree is decided. It is so at once if
nothing behind its own reply was needed to tell.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.protocols.memcached.oracle_stream import Bytes, Connection

ONE, NONE, PERHAPS = "one", "none", "perhaps"
OPEN = "left open"  # a key that may be shown in any way


@dataclass(frozen=True)
class Asked:
    """A request. `command`, `key` are None where the contract leaves them open."""

    start: int
    end: int
    words: tuple[bytes, ...]
    command: str | None
    key: str | None
    answers: str  # ONE, NONE or PERHAPS


@dataclass(frozen=True)
class Answer:
    """A reply; what is None is left open by the contract."""

    end: int
    status: str
    code: str | None
    hits: int | None = None


Reader = Callable[[Asked, bytes, int], Answer | None]


@dataclass(frozen=True)
class Row:
    """An exchange as it is to be logged."""

    client: str
    request_first_ns: int
    request_last_ns: int
    request_bytes: int
    reply_first_ns: int | None
    reply_last_ns: int | None
    reply_bytes: int
    status: str
    command: str | None
    key: str | None
    code: str | None
    hits: int | None


@dataclass(frozen=True)
class Expected:
    """What must be logged, what may be, and for each request in doubt what it may be."""

    certain: list[Row]
    late: list[Row]  # decided by replies that came later
    doubtful: list[list[Row]]

    def add(self, other: "Expected") -> None:
        self.certain.extend(other.certain)
        self.late.extend(other.late)
        self.doubtful.extend(other.doubtful)


@dataclass(frozen=True)
class Way:
    """A request that is answered by the bytes from `start` on, or, without `answer`, not at all."""

    start: int
    answer: Answer | None

    @property
    def end(self) -> int:
        return self.answer.end if self.answer is not None else self.start


def expected(connection: Connection, asked: Sequence[Asked], read: Reader) -> Expected:
    """What is to be logged of a connection whose requests were all served."""
    found = Expected([], [], [])
    open_ways = _forward(asked, connection.replies.data, read)
    closed_ways = _pruned(open_ways, len(connection.replies.data))
    for request, before, after in zip(asked, open_ways, closed_ways, strict=True):
        rows = [_row(connection, request, way) for way in _distinct(after)]
        if len(rows) > 1:
            found.doubtful.append(rows)
        elif len(_distinct(before)) > 1:
            found.late.extend(rows)
        else:
            found.certain.extend(rows)
    return found


def _forward(asked: Sequence[Asked], replies: bytes, read: Reader) -> list[list[Way]]:
    """For each request, all ways that begin where one of the request before ends."""
    steps: list[list[Way]] = []
    places = {0}
    for request in asked:
        ways: list[Way] = []
        for place in sorted(places):
            answer = read(request, replies, place) if request.answers != NONE else None
            if request.answers != ONE:
                ways.append(Way(place, None))
            if answer is not None:
                ways.append(Way(place, answer))
        assert ways, f"nothing answers {request.words[:3]}"
        steps.append(ways)
        places = {way.end for way in ways}
    return steps


def _pruned(steps: list[list[Way]], end: int) -> list[list[Way]]:
    """Only those that lead to the end of the replies."""
    goals = {end}
    pruned: list[list[Way]] = []
    for ways in reversed(steps):
        pruned.append([way for way in ways if way.end in goals])
        goals = {way.start for way in pruned[-1]}
    assert goals == {0}, "the replies do not fit"
    return pruned[::-1]


def _distinct(ways: list[Way]) -> list[Way]:
    """Not to be answered is the same wherever it happens."""
    silent = [way for way in ways if way.answer is None]
    return [way for way in ways if way.answer is not None] + silent[:1]


def _row(connection: Connection, request: Asked, way: Way) -> Row:
    asks = connection.requests
    row = Row(
        connection.client,
        asks.time(request.start),
        asks.time(request.end - 1),
        asks.wire_size(request.start, request.end),
        None,
        None,
        0,
        "silent",
        request.command,
        request.key,
        None,
        None,
    )
    return row if way.answer is None else _answered(row, connection.replies, way.start, way.answer)


def _answered(row: Row, replies: Bytes, start: int, answer: Answer) -> Row:
    return replace(
        row,
        reply_first_ns=replies.time(start),
        reply_last_ns=replies.time(answer.end - 1),
        reply_bytes=replies.wire_size(start, answer.end),
        status=answer.status,
        code=answer.code,
        hits=answer.hits,
    )


def printable(text: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in text)
