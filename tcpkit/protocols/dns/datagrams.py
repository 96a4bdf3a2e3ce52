"""DNS over UDP: pairs datagrams by both addresses, both ports, id, opcode and question.

A query that comes again while it waits is an attempt. It is not known which of several
attempts was answered, so these pairs are inferred; likewise a query that is asked anew
after its answer, or after it was given up, since the answer may be a late or second one
to the query before. Answered queries and those given up are remembered for that, and to
tell duplicates and late answers from strays, as long as the bounds below allow.

Whether a query was answered at all is never certain: the capture may have lost the
answer, and nothing would tell. So a `timeout` is inferred too.
"""

from typing import Final, final

from librt.strings import read_i32_be
from mypy_extensions import i64

from tcpkit.flow.datagrams import CANNOT_TELL, REPLY, REQUEST, DatagramReader
from tcpkit.protocols.command_numbers import NOT_KNOWN
from tcpkit.protocols.dns.clients import Clients
from tcpkit.protocols.dns.exchange import (
    answered_exchange,
    known_number,
    learned_number,
    query_exchange,
    tell_command,
)
from tcpkit.protocols.dns.message import HEADER, QR, opcode_of, question_end, u16, why_not
from tcpkit.protocols.dns.records import RecordWalk
from tcpkit.protocols.dns.waiting import (
    ANSWERED,
    GIVEN_UP,
    STRAY,
    WAITING,
    Client,
    Query,
    QueryQueue,
    QueryTable,
    Reply,
    is_copy,
    remembered,
)
from tcpkit.protocols.dns.words import is_answer
from tcpkit.protocols.message import (
    RETRANSMISSION,
    TIMEOUT,
    TRUNCATED,
    PairingCounts,
    Recorder,
)
from tcpkit.protocols.reply_line import KEPT_OF_REPLY
from tcpkit.wire.segment import Datagram

MAX_WAITING: Final = 245760  # with the two below, what the table holds
MAX_ANSWERED: Final = 8192  # a second answer comes soon; more would only fill the caches
MAX_GIVEN_UP: Final = 8192
REMEMBERED_NS: Final = 30_000_000_000  # since the last datagram of an answered query
LATE_NS: Final = 60_000_000_000  # since a query was given up


@final
class DnsReader(DatagramReader):
    """`recorders` by server port; `timeout_ns` is how long an answer may take."""

    __slots__ = (
        "_clients", "_table", "_waiting", "_answered", "_given_up", "_counts", "_timeout_ns",
        "_walk", "_reply",
    )  # fmt: skip

    def __init__(
        self, recorders: dict[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> None:
        self._clients = Clients(recorders)
        self._table = QueryTable()
        self._waiting = QueryQueue()
        self._answered = QueryQueue()
        self._given_up = QueryQueue()
        self._counts = counts
        self._timeout_ns = timeout_ns
        self._walk = RecordWalk()
        self._reply = Reply()

    def direction(self, datagram: Datagram) -> i64:
        start = datagram.start
        if datagram.end - start < HEADER:
            return CANNOT_TELL
        return REPLY if u16(datagram.data, start + 2) & QR else REQUEST

    # Queries

    def request(self, datagram: Datagram) -> None:
        data, start, end = datagram.data, datagram.start, datagram.end
        stop = question_end(data, start, end)
        if stop < 0:
            self._counts.drop(why_not(stop, end - start < datagram.size), 1)
            return
        head = i64(read_i32_be(data, start))
        if head & QR:
            self._counts.drop("reply without request", 1)
            return
        id_ = (head >> 16) & 0xFFFF
        opcode = opcode_of(head)
        table = self._table
        client = self._clients.find(datagram)
        if client is not None:
            query = table.find(client, id_, opcode, data, start + HEADER, stop)
            if query is not None:
                self._again(query, datagram)
                return
        if self._waiting.size >= MAX_WAITING:
            self._forget_oldest()
            client = self._clients.find(datagram)  # that may have freed it
        if client is None:
            client = self._clients.add(datagram)
        query = None
        if client is not None:
            query = table.add(client, id_, opcode, data[start + HEADER : stop])
            if query is None and client.queries == 0:
                self._clients.free(client)
        if query is None:
            self._counts.drop("too many alike", 1)
            return
        self._begin(query, datagram)

    def _begin(self, query: Query, datagram: Datagram) -> None:
        """`query` waits from now on."""
        client = query.client
        query.depth = client.waiting
        client.waiting += 1
        query.first_ns = datagram.first_ns
        query.last_ns = datagram.last_ns
        query.size = datagram.size
        query.marks = datagram.mark
        query.marked_ns = datagram.ts_ns
        if datagram.end - datagram.start < datagram.size:
            query.flags = TRUNCATED
        self._waiting.append(query)

    def _again(self, query: Query, datagram: Datagram) -> None:
        """A query came whose like is remembered."""
        ts_ns = datagram.ts_ns
        may_be_copy = query.state != STRAY and query.size == datagram.size
        if may_be_copy and is_copy(query.marks, query.marked_ns, datagram.mark, ts_ns):
            return
        if query.state == WAITING:
            if datagram.last_ns - query.last_ns < self._timeout_ns:
                query.attempts += 1
                query.flags = query.flags | RETRANSMISSION
                query.marks = remembered(query.marks, datagram.mark)
                query.marked_ns = ts_ns
                query.resent_ns = ts_ns
                self._counts.retries += 1
                return
            self._give_up(query)
        if query.state != GIVEN_UP and datagram.last_ns <= query.replied_ns:
            self._behind_its_answer(query, datagram)
            return
        (self._given_up if query.state == GIVEN_UP else self._answered).remove(query)
        query.state = WAITING
        query.attempts = 1
        query.flags = 0
        query.doubtful = True
        self._begin(query, datagram)

    def _behind_its_answer(self, query: Query, datagram: Datagram) -> None:
        """The capture has a query and the answer that came after it in the wrong order."""
        if query.state == STRAY:
            query.state = ANSWERED
            self._counts.drop("captured after its reply", 1)
        else:
            self._counts.retries += 1
        query.marks = remembered(query.marks, datagram.mark)
        query.marked_ns = datagram.ts_ns

    # Answers

    def reply(self, datagram: Datagram) -> None:
        data, start, end = datagram.data, datagram.start, datagram.end
        if end - start < HEADER:
            cut = end - start < datagram.size
            self._counts.drop("cut off" if cut else "malformed", 1)
            return
        head = i64(read_i32_be(data, start))
        if not head & QR:
            self._counts.drop("request of a server", 1)
            return
        client = self._clients.find(datagram)
        query: Query | None = None
        if client is not None:
            id_ = (head >> 16) & 0xFFFF
            opcode = opcode_of(head)
            questions = u16(data, start + 4)
            if questions == 1:
                query = self._table.find(client, id_, opcode, data, start + HEADER, end)
            elif questions == 0:
                self._reply_without_question(client, id_, opcode, datagram)
                return
        if query is None:
            self._stray(client, datagram)
        elif query.state == WAITING:
            self._answer(query, datagram, True)
        else:
            self._more(query, datagram)

    def _stray(self, client: Client | None, datagram: Datagram) -> None:
        """An answer to nothing known. A query that follows is one that is asked anew."""
        data, start, end = datagram.data, datagram.start, datagram.end
        stop = question_end(data, start, end)
        if stop < 0:
            self._counts.drop(why_not(stop, end - start < datagram.size), 1)
            return
        self._counts.drop("reply without request", 1)
        if client is None:
            client = self._clients.add(datagram)
            if client is None:
                return
        opcode = opcode_of(u16(data, start + 2))
        query = self._table.add(client, u16(data, start), opcode, data[start + HEADER : stop])
        if query is None:
            if client.queries == 0:
                self._clients.free(client)
            return
        query.state = STRAY
        query.marks = 0
        query.reply_marks = datagram.mark
        query.replied_ns = datagram.ts_ns
        self._answered.append(query)
        if self._answered.size > MAX_ANSWERED:
            self._forget(self._answered)

    def _reply_without_question(
        self, client: Client, id_: i64, opcode: i64, datagram: Datagram
    ) -> None:
        """Only the id tells; and that is enough only if one query has it."""
        query = self._table.find_alone(client, id_, opcode, WAITING)
        if query is not None:
            self._answer(query, datagram, False)
            return
        for state in (ANSWERED, GIVEN_UP, STRAY):
            query = self._table.find_alone(client, id_, opcode, state)
            if query is not None:
                self._more(query, datagram)
                return
        self._stray(client, datagram)

    def _answer(self, query: Query, datagram: Datagram, proven: bool) -> None:
        """`query` is answered; `proven`: the answer repeats its question."""
        ts_ns, mark = datagram.ts_ns, datagram.mark
        if query.doubtful and mark and is_copy(query.reply_marks, query.replied_ns, mark, ts_ns):
            return  # of the answer to the same query before
        latency_ns = datagram.first_ns - query.last_ns
        if latency_ns >= self._timeout_ns:
            self._give_up(query)
            self._more(query, datagram)
            return
        query.reply_marks = remembered(query.reply_marks, mark)
        query.replied_ns = ts_ns
        client = query.client
        exact = proven and not query.doubtful and query.attempts == 1 and latency_ns >= 0
        if exact:
            self._counts.exact += 1
        else:
            self._counts.inferred += 1
        recorder = client.recorder
        commands = recorder.commands
        if commands is not None:
            number = known_number(query, commands)
            if number == NOT_KNOWN:
                self._fill(datagram, False)
                number = learned_number(query, commands, is_answer(self._reply.rcode))
            commands.current = number
            if commands.tells_errors:
                self._fill(datagram, False)
                commands.failed = not is_answer(self._reply.rcode)
        if recorder.answered(latency_ns):
            self._fill(datagram, recorder.keeps_replies)
            recorder.report(answered_exchange(query, self._reply, "udp", exact))
        client.waiting -= 1
        self._waiting.remove(query)
        query.state = ANSWERED
        self._answered.append(query)
        if self._answered.size > MAX_ANSWERED:
            self._forget(self._answered)

    def _fill(self, datagram: Datagram, keeps: bool) -> None:
        """What the log says of the answer; `keeps`: how it begins, too."""
        reply = self._reply
        data, start, end = datagram.data, datagram.start, datagram.end
        reply.first_ns = datagram.first_ns
        reply.last_ns = datagram.last_ns
        reply.size = datagram.size
        reply.answers = u16(data, start + 6)
        reply.flags = TRUNCATED if end - start < datagram.size else 0
        reply.rcode = u16(data, start + 2) & 0xF
        if keeps:
            reply.kept = data[start : min(end, start + KEPT_OF_REPLY)]
        additional = u16(data, start + 10)
        if additional > 0:
            walk = self._walk
            walk.begin(reply.answers, u16(data, start + 8), additional, None)
            at = question_end(data, start, end)
            if at > 0:
                walk.feed(data, at, end)
                reply.rcode = reply.rcode | (walk.extended << 4)

    def _more(self, query: Query, datagram: Datagram) -> None:
        """An answer to a query that does not wait any more."""
        ts_ns, mark = datagram.ts_ns, datagram.mark
        if query.replied_ns and is_copy(query.reply_marks, query.replied_ns, mark, ts_ns):
            return
        query.reply_marks = remembered(query.reply_marks, mark)
        query.replied_ns = ts_ns
        if query.state == STRAY:
            self._counts.drop("reply without request", 1)
        elif query.state == GIVEN_UP and not query.timed_out:
            query.timed_out = True
            self._counts.late += 1
        else:
            self._counts.duplicates += 1

    # Time

    def expire(self, now_ns: i64) -> None:
        query = self._waiting.head
        while query is not None and now_ns - query.last_ns >= self._timeout_ns:
            self._give_up(query)
            query = self._waiting.head
        query = self._answered.head
        while query is not None and now_ns - query.replied_ns >= REMEMBERED_NS:
            self._forget(self._answered)
            query = self._answered.head
        query = self._given_up.head
        while query is not None and now_ns - query.last_ns >= self._timeout_ns + LATE_NS:
            self._forget(self._given_up)
            query = self._given_up.head

    def finish(self, now_ns: i64) -> None:
        self._counts.unanswered += self._waiting.size
        for queue in (self._waiting, self._answered, self._given_up):
            while queue.head is not None:
                self._forget(queue)

    def _give_up(self, query: Query) -> None:
        """No answer came in time."""
        client = query.client
        client.waiting -= 1
        self._waiting.remove(query)
        query.state = GIVEN_UP
        query.timed_out = False
        self._counts.timeouts += 1
        tell_command(query, client.recorder)
        if client.recorder.wants(TIMEOUT, False):
            exchange = query_exchange(query, "udp", False)
            exchange.status = TIMEOUT
            exchange.time_ns = query.last_ns + self._timeout_ns
            client.recorder.report(exchange)
        self._given_up.append(query)
        if self._given_up.size > MAX_GIVEN_UP:
            self._forget(self._given_up)

    def _forget_oldest(self) -> None:
        query = self._waiting.head
        assert query is not None
        query.client.waiting -= 1
        self._counts.drop("too many waiting", 1)
        self._forget(self._waiting)

    def _forget(self, queue: QueryQueue) -> None:
        """Forget the oldest of `queue`."""
        query = queue.head
        assert query is not None
        queue.remove(query)
        client = query.client
        self._table.remove(query)
        if client.queries == 0:
            self._clients.free(client)
