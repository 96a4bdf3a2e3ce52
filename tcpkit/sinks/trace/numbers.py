"""The numbers of requests: on their connection, and in all."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.protocols.message import LATE, TIMEOUT, Exchange
from tcpkit.sinks.trace.talk import Talk

MAX_LATE: Final = 1024  # requests of a connection that timed out and may be answered late


@final
class Numbers(ExchangeSink):
    """Hears every exchange first; then `number` and `total` are those of this one.

    Requests are numbered in the order in which they are decided. One that timed out keeps its
    number when it is answered after all. Over UDP `number` is 0, and `talk` None.
    `keeps_places`: each Talk remembers where its latest exchanges lie.
    """

    def __init__(self, keeps_places: bool) -> None:
        self._keeps_places = keeps_places
        self.number: i64 = 0
        self.total: i64 = 0
        self.requests: i64 = 0  # in all
        self.connections: i64 = 0
        self.talk: Talk | None = None
        self._talks: dict[Endpoints, Talk] = {}
        self._last: Endpoints | None = None  # whose `talk` is

    def begin(self, ends: Endpoints) -> Talk:
        """A connection begins, or is met for the first time."""
        self._last = None
        talk = self._talks[ends] = Talk(self.connections)
        self.connections += 1
        return talk

    def talk_of(self, ends: Endpoints) -> Talk:
        """What is known of a connection that has begun and not ended."""
        return self._talks[ends]

    def end(self, ends: Endpoints) -> Talk:
        """Forget a connection that has begun; what was known of it."""
        self._last = None
        return self._talks.pop(ends)

    def exchange(self, exchange: Exchange) -> None:
        if exchange.transport == "udp":
            self.talk = None
            self._last = None
            self.requests += 1
            self.total = self.requests
            return
        ends = exchange.ends
        assert ends is not None
        if self._last is not ends:
            self._last = ends
            self.talk = self._talks[ends]
        talk = self.talk
        assert talk is not None
        if not exchange.flags & LATE or not self._answers_late(talk, exchange):
            talk.requests += 1
            self.requests += 1
            self.number = talk.requests
            self.total = self.requests
            if exchange.status == TIMEOUT:
                self._wait_for(talk, exchange)
        if self._keeps_places:
            talk.take(exchange, self.number)

    def _wait_for(self, talk: Talk, exchange: Exchange) -> None:
        if talk.waits_for is None:
            talk.waits_for = {}
        if len(talk.waits_for) < MAX_LATE:
            talk.waits_for[int(exchange.request_seq)] = (int(self.number), int(self.total))

    def _answers_late(self, talk: Talk, exchange: Exchange) -> bool:
        """Whether the numbers are those that the request had when it timed out."""
        if talk.waits_for is None:
            return False
        numbers = talk.waits_for.pop(int(exchange.request_seq), None)
        if numbers is None:
            return False
        self.number, self.total = numbers
        return True
