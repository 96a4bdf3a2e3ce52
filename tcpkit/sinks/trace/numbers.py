"""The numbers of requests: on their connection, and in all."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.protocols.message import LATE, TIMEOUT, Exchange

MAX_LATE: Final = 1024  # requests of a connection that timed out and may be answered late


@final
class Talk:
    """What a trace knows of one connection."""

    __slots__ = ("requests", "shown", "colour", "started_ns", "late")

    def __init__(self, colour: i64) -> None:
        self.requests: i64 = 0
        self.shown = False  # its start was printed
        self.colour = colour
        self.started_ns: i64 = -1
        self.late: dict[int, tuple[int, int]] | None = (
            None  # of requests that timed out, by position
        )


@final
class Numbers(ExchangeSink):
    """Hears every exchange first; then `number` and `total` are those of this one.

    Requests are numbered in the order in which they are decided. One that timed out keeps its
    number when it is answered after all. Over UDP `number` is 0, and `talk` None.
    """

    __slots__ = ("number", "total", "requests", "talk", "talks", "_begun", "_last")

    def __init__(self) -> None:
        self.number: i64 = 0
        self.total: i64 = 0
        self.requests: i64 = 0  # in all
        self.talk: Talk | None = None
        self.talks: dict[Endpoints, Talk] = {}
        self._begun: i64 = 0
        self._last: Endpoints | None = None

    def begin(self, ends: Endpoints) -> Talk:
        """A connection begins, or is met for the first time."""
        talk = self.talks[ends] = Talk(self._begun)
        self._begun += 1
        return talk

    def end(self, ends: Endpoints) -> Talk | None:
        """Forget a connection; what was known of it."""
        if self._last is ends:
            self._last = None
        return self.talks.pop(ends, None)

    def exchange(self, exchange: Exchange) -> None:
        if exchange.transport == "udp":
            self.requests += 1
            self.total = self.requests
            return
        ends = exchange.ends
        assert ends is not None
        talk = self.talk
        if talk is None or self._last is not ends:
            talk = self.talks.get(ends)
            if talk is None:
                talk = self.begin(ends)
            self.talk = talk
            self._last = ends
        if exchange.flags & LATE and self._answers_late(talk, exchange):
            return
        talk.requests += 1
        self.requests += 1
        self.number = talk.requests
        self.total = self.requests
        if exchange.status == TIMEOUT:
            self._wait_on(talk, exchange)

    def _wait_on(self, talk: Talk, exchange: Exchange) -> None:
        if talk.late is None:
            talk.late = {}
        if len(talk.late) < MAX_LATE:
            talk.late[int(exchange.request_seq)] = (int(self.number), int(self.total))

    def _answers_late(self, talk: Talk, exchange: Exchange) -> bool:
        """Whether the numbers are those that the request had when it timed out."""
        if talk.late is None:
            return False
        numbers = talk.late.pop(int(exchange.request_seq), None)
        if numbers is None:
            return False
        self.number, self.total = numbers
        return True
