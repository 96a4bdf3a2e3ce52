"""The queries of one TCP connection that wait, and what becomes of them."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.sequence import distance
from tcpkit.flow.stream import END_CAPTURE, END_FORGOTTEN, END_LOST, END_REFUSED, is_proven
from tcpkit.protocols.command_numbers import NOT_KNOWN
from tcpkit.protocols.dns.exchange import (
    answered_exchange,
    known_number,
    learned_number,
    query_exchange,
    tell_command,
)
from tcpkit.protocols.dns.waiting import MAX_QUERIES, Client, Query, QueryQueue, QueryTable, Reply
from tcpkit.protocols.dns.words import is_answer
from tcpkit.protocols.message import ABORTED, LATE, RETRANSMISSION, TIMEOUT, PairingCounts

MAX_NONSENSE: Final = 16  # messages or pieces that are no DNS before a connection is let go
MAX_FLAGGED: Final = 256  # queries, from the newest, that a retransmission is looked for in


@final
class Outstanding:
    """Both directions of a connection share one. `exact`: no pair can be another's so far.

    `losses` counts the times that replies were missed: a query that waited then may have
    been answered, so it is neither timed out nor aborted, but dropped.
    """

    __slots__ = (
        "client", "table", "counts", "timeout_ns", "exact", "losses", "reply_end", "let_go",
        "base_flags", "next_flags", "answering", "_nonsense", "_queue", "_overdue",
    )  # fmt: skip

    def __init__(
        self, client: Client, table: QueryTable, counts: PairingCounts, timeout_ns: i64
    ) -> None:
        self.client = client
        self.table = table
        self.counts = counts
        self.timeout_ns = timeout_ns
        self.exact = True
        self.losses: i64 = 0
        self.reply_end: i64 = -1  # position behind the last reply byte seen
        self.let_go = False  # nothing of the connection is read any more
        self.base_flags: i64 = 0  # of every exchange
        self.next_flags: i64 = 0  # of the next one only
        self.answering: Query | None = None  # whose reply is being read
        self._nonsense: i64 = 0
        self._queue = QueryQueue()
        self._overdue = QueryQueue()  # logged as timed out, and waiting still

    def alike(self, id_: i64, opcode: i64, question: bytes) -> Query | None:
        """The oldest that waits with this id and question."""
        return self.table.find(self.client, id_, opcode, question, 0, len(question))

    def add(self, id_: i64, opcode: i64, question: bytes, ack: i64) -> Query | None:
        """A new query, that waits from now on; None if there are too many.

        `ack` is the reply position that its client had come to: where it lies behind what
        was seen, one like it may have been answered.
        """
        table, client = self.table, self.client
        if self.reply_end < 0:
            self.reply_end = ack
        missed = distance(ack, self.reply_end) > 0
        older = self.alike(id_, opcode, question)
        if older is not None:
            self.exact = False  # against RFC 7766, section 6.2.1: which is answered is not known
        while older is not None and (missed or older.losses != self.losses):
            self.drop(older, "reply lost")
            older = self.alike(id_, opcode, question)
        if older is not None:
            older.doubtful = True
        query = table.add(client, id_, opcode, question)
        if query is None and table.size >= MAX_QUERIES:
            oldest = self._overdue.head
            if oldest is None:
                oldest = self._queue.head
            if oldest is not None:
                self.drop(oldest, "too many waiting")
                query = table.add(client, id_, opcode, question)
        if query is None:
            self.counts.drop("too many alike", 1)
            return None
        query.doubtful = older is not None
        query.depth = client.waiting
        client.waiting += 1
        query.losses = self.losses
        self._queue.append(query)
        return query

    def answered(self, query: Query, reply: Reply, proven: bool) -> None:
        """`reply` is whole and that of `query`; `proven`: it repeats the question."""
        counts = self.counts
        exact = self.exact and proven
        latency_ns = reply.first_ns - query.last_ns
        if latency_ns >= self.timeout_ns:
            if not query.timed_out:
                self._time_out(query)
            counts.late += 1
            query.flags = query.flags | LATE
        if exact:
            counts.exact += 1
        else:
            counts.inferred += 1
        query.flags = query.flags | self.next_flags
        self.next_flags = 0
        recorder = self.client.recorder
        commands = recorder.commands
        if commands is not None:
            number = known_number(query, commands)
            if number == NOT_KNOWN:
                number = learned_number(query, commands, is_answer(reply.rcode))
            commands.current = number
            commands.failed = not is_answer(reply.rcode)
        if recorder.answered(latency_ns):
            recorder.report(answered_exchange(query, reply, "tcp", exact))
        self._remove(query)

    def drop(self, query: Query, reason: str) -> None:
        self.counts.drop(reason, 1)
        self._remove(query)

    def retransmitted(self, first: i64, last: i64, ts_ns: i64) -> None:
        query = self._queue.tail
        steps: i64 = 0
        while query is not None and steps < MAX_FLAGGED and distance(query.end, first) > 0:
            if distance(last, query.seq) > 0:
                query.flags = query.flags | RETRANSMISSION
                query.resent_ns = ts_ns
            query = query.before
            steps += 1

    def expire(self, now_ns: i64) -> None:
        """Give up what waited too long and has no reply that has begun."""
        query = self._queue.head
        while query is not None and now_ns - query.last_ns >= self.timeout_ns:
            following = query.next
            if query.losses != self.losses:
                self.drop(query, "reply lost")
            elif query.reply is None:
                self._time_out(query)
            query = following

    def _time_out(self, query: Query) -> None:
        self._queue.remove(query)
        query.timed_out = True
        self._overdue.append(query)
        self.counts.timeouts += 1
        # Never proven: nothing tells that the capture lost the answer, until more comes.
        self._give_up(query, TIMEOUT, query.last_ns + self.timeout_ns, False)

    def _give_up(self, query: Query, status: str, ts_ns: i64, proven: bool) -> None:
        recorder = self.client.recorder
        tell_command(query, recorder)
        if recorder.wants(status, False):
            exchange = query_exchange(query, "tcp", self.exact and proven)
            exchange.status = status
            exchange.time_ns = ts_ns
            recorder.report(exchange)

    def finish(self, end: i64, ts_ns: i64) -> None:
        """The connection is over, for the reason `end`."""
        if end == END_LOST:
            self._drop_all("lost in step")
        newest = self._queue.tail
        if end == END_REFUSED and newest is not None:  # only that is sure to have had no answer
            refused_ns = newest.last_ns
            while self._queue.head is not None and self._queue.head.last_ns != refused_ns:
                self.drop(self._queue.head, "reply lost")
        for queue in (self._overdue, self._queue):
            while queue.head is not None:
                self._finish(queue.head, end, ts_ns)

    def _finish(self, query: Query, end: i64, ts_ns: i64) -> None:
        if query.losses != self.losses:
            self.drop(query, "reply lost")
            return
        if end == END_CAPTURE or end == END_FORGOTTEN:
            self.counts.unanswered += 1
        elif not query.timed_out:  # else it was logged once
            self.counts.aborted += 1
            self._give_up(query, ABORTED, ts_ns, is_proven(end))
        self._remove(query)

    def nonsense(self) -> None:
        """A message or a piece was no DNS."""
        self._nonsense += 1
        if self._nonsense >= MAX_NONSENSE:
            self.leave(False)

    def leave(self, encrypted: bool) -> None:
        """The connection is none that can be followed."""
        if encrypted:
            self.counts.encrypted += 1
        else:
            self.counts.not_protocol += 1
        self._drop_all("encrypted" if encrypted else "not the protocol")
        self.let_go = True

    def _drop_all(self, reason: str) -> None:
        for queue in (self._overdue, self._queue):
            while queue.head is not None:
                self.drop(queue.head, reason)

    def _remove(self, query: Query) -> None:
        """`query` waits no more."""
        if query is self.answering:
            self.answering = None
        self.client.waiting -= 1
        (self._overdue if query.timed_out else self._queue).remove(query)
        self.table.remove(query)
