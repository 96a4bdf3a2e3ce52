"""Answers that were captured before their queries.

A card with several queues, or files that were merged, may put an answer before its query;
their times tell. An answer that finds no query is kept for a moment, for the query that
comes after it and has an earlier time.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.protocols.dns.message import HEADER, opcode_of, same_question, u16
from tcpkit.protocols.dns.waiting import Query
from tcpkit.protocols.message import NO_TIME, PairingCounts
from tcpkit.wire.segment import IPV6_BIT, Datagram

MAX_EARLY: Final = 32  # packets are swapped with near ones; more would be a flood's
EARLY_NS: Final = 1_000_000_000  # no capture is out of order by more


@final
class EarlyAnswers:
    """The newest answers without a query; one is counted as unpaired when it is let go.

    No query of `newest_ns` or later has its answer here.
    """

    __slots__ = ("newest_ns", "_counts", "_kept", "_next")

    def __init__(self, counts: PairingCounts) -> None:
        self.newest_ns: i64 = NO_TIME
        self._counts = counts
        self._kept: list[Datagram | None] = [None] * MAX_EARLY
        self._next: i64 = 0

    def keep(self, datagram: Datagram) -> None:
        """Take an answer, which has a header at least."""
        at = self._next
        kept = self._kept[at]
        if kept is None:
            kept = self._kept[at] = Datagram()
        else:
            self._let_go()
        self._next = at + 1 if at + 1 < MAX_EARLY else 0
        kept.a0 = datagram.a0
        kept.a1 = datagram.a1
        kept.a2 = datagram.a2
        kept.a3 = datagram.a3
        kept.ports = datagram.ports
        kept.data = datagram.data[datagram.start : datagram.end]
        kept.start = 0
        kept.end = datagram.end - datagram.start
        kept.size = datagram.size
        kept.ts_ns = datagram.ts_ns
        kept.first_ns = datagram.first_ns
        kept.last_ns = datagram.last_ns
        kept.mark = datagram.mark
        if datagram.ts_ns > self.newest_ns:
            self.newest_ns = datagram.ts_ns

    def take(self, query: Query) -> Datagram | None:
        """The answer to `query` that came first, if there is one."""
        at = self._next
        for _ in range(MAX_EARLY):
            kept = self._kept[at]
            if kept is not None and _answers(kept, query):
                self._kept[at] = None
                return kept
            at = at + 1 if at + 1 < MAX_EARLY else 0
        return None

    def expire(self, now_ns: i64) -> None:
        """Let go of all when the newest of them is too old."""
        if self.newest_ns != NO_TIME and now_ns - self.newest_ns > EARLY_NS:
            self.finish()

    def finish(self) -> None:
        for at in range(MAX_EARLY):
            if self._kept[at] is not None:
                self._kept[at] = None
                self._let_go()
        self.newest_ns = NO_TIME

    def _let_go(self) -> None:
        self._counts.drop("reply without request", 1)


def _answers(kept: Datagram, query: Query) -> bool:
    client = query.client
    if kept.ports != client.ports or kept.a0 != client.a0:
        return False
    if kept.ports & IPV6_BIT and (
        kept.a1 != client.a1 or kept.a2 != client.a2 or kept.a3 != client.a3
    ):
        return False
    wait_ns = kept.first_ns - query.last_ns
    if wait_ns < 0 or wait_ns > EARLY_NS:
        return False
    data = kept.data
    if u16(data, 0) != query.id or opcode_of(u16(data, 2)) != query.opcode:
        return False
    end = kept.end if u16(data, 4) == 1 else HEADER
    return same_question(query.question, data, HEADER, end)
