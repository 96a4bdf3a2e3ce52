"""Which reply belongs to which request, worked out from whole streams.

A language (`oracle_text`, `oracle_binary`) reads requests, and says what an answer to
one would be at a place among the replies. Every way to lay all replies on the requests,
in order, is followed; a request for which they all agree is certain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.protocols.memcached.oracle_stream import Bytes, Connection

ONE, NONE, PERHAPS = "one", "none", "perhaps"


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
    """Rows that must be there; and, for each request in doubt, the rows that may be."""

    certain: list[Row]
    doubtful: list[list[Row]]


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
    ways = _ways(asked, connection.replies.data, read)
    found = Expected([], [])
    for request, open_ways in zip(asked, ways, strict=True):
        rows = [_row(connection, request, way) for way in open_ways]
        if len(rows) == 1:
            found.certain.append(rows[0])
        else:
            found.doubtful.append(rows)
    return found


def _ways(asked: Sequence[Asked], replies: bytes, read: Reader) -> list[list[Way]]:
    """For each request, all that leads to the end of the replies."""
    steps: list[list[Way]] = []
    places = {0}
    for request in asked:
        ways: list[Way] = []
        for place in sorted(places):
            if request.answers != ONE:
                ways.append(Way(place, None))
            answer = read(request, replies, place) if request.answers != NONE else None
            if answer is not None:
                ways.append(Way(place, answer))
        steps.append(ways)
        places = {way.end for way in ways}
        assert places, f"nothing answers {request.words[:3]}"
    assert len(replies) in places, "replies are left"
    goals = {len(replies)}
    for at in range(len(steps) - 1, -1, -1):
        steps[at] = [way for way in steps[at] if way.end in goals]
        goals = {way.start for way in steps[at]}
    return [_distinct(ways) for ways in steps]


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
        request.end - request.start,
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
        reply_bytes=answer.end - start,
        status=answer.status,
        code=answer.code,
        hits=answer.hits,
    )


def printable(text: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in text)
