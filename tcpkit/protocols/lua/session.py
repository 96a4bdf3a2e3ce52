"""One connection of a protocol in Lua: what the script's functions say, paired as any other."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK, SIGN
from tcpkit.protocols.lua.exchange import CODE_LIMIT, describe, flags_of
from tcpkit.protocols.lua.parser import Parser, number, text
from tcpkit.protocols.lua.reply import LuaReply
from tcpkit.protocols.message import ERROR, OK, Exchange, PairingCounts, Recorder
from tcpkit.protocols.ordered import IN_STEP, INSIDE, LET_GO, OrderedSession
from tcpkit.protocols.pairing import DOUBTFUL, EXACT, LOST, TRIAL, Request, RequestPool
from tcpkit.script.driver import BEGINNING, MESSAGE, NOTHING, Driver, Encrypted
from tcpkit.wire.printable import printable

HAS_ID: Final = 1  # Request.kind
MAX_SEARCHED: Final = 1024  # waiting requests looked at for the one whose id a reply has


@final
class LuaSession(OrderedSession):
    """Pairs in order, and by id where requests have one.

    Of a Request, `tag` is the number by which Lua knows it; `raw` is its id, where `kind` is
    HAS_ID. Command, key and text are asked for when they are to be shown.
    """

    __slots__ = ("_connection", "_driver", "_last", "_parser", "_reply")

    def __init__(
        self,
        driver: Driver,
        ends: Endpoints,
        recorder: Recorder,
        counts: PairingCounts,
        pool: RequestPool,
        timeout_ns: i64,
        client_start: bool,
        server_start: bool,
    ) -> None:
        self._driver = driver
        self._connection = driver.open()
        self._parser = Parser(driver, self._connection, True)
        self._reply = LuaReply(Parser(driver, self._connection, False))
        self._last: i64 = 0  # number of the last request
        super().__init__(
            ends, recorder, counts, pool, timeout_ns, client_start, server_start, self._reply
        )
        if not client_start:
            driver.reset(self._connection, True)
        if not server_start:
            driver.reset(self._connection, False)

    def protocol_name(self) -> str:
        return self._driver.definition.name

    # Requests

    def read_request(self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> i64:
        if self.request_state != INSIDE:
            self.begin_request(ts_ns, seq)
        parser = self._parser
        try:
            stop = parser.feed(data, pos, end)
        except Encrypted:
            self._leave_encrypted()
            return end
        self.request_part(stop - pos)
        if parser.done:
            self._take_request(ts_ns, (seq + stop - pos) & MASK, ack)
        return stop

    def _take_request(self, ts_ns: i64, end: i64, ack: i64) -> None:
        parser = self._parser
        parser.next_message()
        if parser.state != MESSAGE:
            self.request_state = IN_STEP
            return
        request = self.pool.take()
        self.end_request(request)
        self._last += 1
        request.tag = self._last
        if parser.special:
            self._take_special(request, parser.special, ts_ns, end, ack)
        else:
            self.arrived(request, self.request_seq, end, ts_ns, ack)

    def _take_special(
        self, request: Request, special: tuple[object, ...], ts_ns: i64, end: i64, ack: i64
    ) -> None:
        """A request that has an id, flags, or not just one reply."""
        if special[2] is not None:
            request.flags = request.flags | flags_of(text(special[2]))
        if number(special[1]) == 0:
            self.silent(request, self.request_seq, ts_ns, ack)
            return
        id_ = text(special[3])
        if id_:
            request.raw = id_
            request.kind = HAS_ID
            if self._find(id_, False) is not None:
                request.expected = DOUBTFUL
                request.timed_out = True
        self.arrived(request, self.request_seq, end, ts_ns, ack)

    def complete_request(self, ts_ns: i64, seq: i64, ack: i64) -> bool:
        try:
            if not self._parser.complete():
                return False
        except ProtocolError:
            self._bad_request()
            return False
        self._take_request(ts_ns, seq, ack)
        return True

    def begins_request(self, data: bytes, start: i64, end: i64) -> bool:
        stop = end if end - start < BEGINNING else start + BEGINNING
        return self._driver.starts(data[start:stop], True)

    def request_countdown(self) -> i64:
        return self._parser.countdown

    def skip_request(self, size: i64) -> bool:
        return self._parser.skip(size)

    def forget_request(self) -> None:
        self._parser.reset()

    def _leave_encrypted(self) -> None:
        self.counts.encrypted += 1
        self.lose(0)
        self.drop_waiting("encrypted")
        self.request_state = LET_GO

    # Replies

    def reply_data(self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> None:
        self._tell_oldest()
        super().reply_data(data, start, end, ts_ns, seq, ack)

    def _bad_reply(self) -> None:
        if self._reply.encrypted:
            self._leave_encrypted()
        else:
            super()._bad_reply()

    def _tell_oldest(self) -> None:
        """Whose reply the next one is, by what is known: the script may want to see it."""
        parser = self._reply.parser
        head = self.queue.head
        oldest = self._last + 1 if head is None else head.tag
        parser.oldest = oldest if self.trust > LOST else -oldest

    def refresh(self) -> None:
        super().refresh()
        self._tell_oldest()

    def settle(self) -> bool:
        reply = self._reply
        settled = True
        state = reply.parser.state
        if state == MESSAGE and reply.id:
            settled = self._settle_by_id()
        elif state != NOTHING:
            settled = super().settle()
        self._tell_oldest()
        return settled

    def _settle_by_id(self) -> bool:
        """Give the reply to the request of its id."""
        request = self._find(self._reply.id, True)
        if request is None:
            self.owed -= 1
            if self.trust == EXACT:
                self.contradicted("reply without request")
                return False
            self.counts.drop("reply without request", 1)
            return True
        if self.trust == TRIAL:
            self.confirm_trial()
        self._owes_less(request)
        if request.expected == DOUBTFUL or not self.matches(request):
            self.counts.drop("request id reused", 1)
        elif self.count_answer(request, self.reply_first_ns - request.last_ns):
            self.recorder.report(self.answered_exchange(request))
        self.pool.put(request)
        return True

    def _find(self, id_: bytes, take: bool) -> Request | None:
        """The oldest request that waits with an id; `take` it out of the queue."""
        before: Request | None = None
        request = self.queue.head
        looked: i64 = 0
        while request is not None and looked < MAX_SEARCHED:
            if request.kind == HAS_ID and request.raw == id_:
                if take and (self.reply_ack - request.end) & SIGN:
                    return None  # sent before the server had it
                if take:
                    self.queue.remove(before, request)
                return request
            before = request
            request = request.next
            looked += 1
        return None

    def is_push(self) -> bool:
        return self._reply.parser.state != MESSAGE

    def matches(self, request: Request) -> bool:
        if self.is_push() or (request.kind == HAS_ID and not self._reply.id):
            return False
        return self._driver.matches(self._connection, request.tag)

    def reply_kind(self) -> i64:
        return 0

    def command_name(self, request: Request) -> bytes:
        return self._driver.request_text(self._connection, request.tag)[0]

    def may_answer(self, name: bytes, kind: int) -> bool:
        return True  # `matches` has asked the script

    def finish(self, end: i64, ts_ns: i64) -> None:
        super().finish(end, ts_ns)
        self._driver.close(self._connection)

    # Exchanges

    def describe_request(self, request: Request, exchange: Exchange) -> None:
        describe(self._driver.request_text(self._connection, request.tag), exchange)

    def describe_reply(self, request: Request, exchange: Exchange) -> None:
        is_error, code = self._driver.reply_text(self._connection)
        exchange.status = ERROR if is_error else OK
        if code is not None:
            exchange.code = printable(code, CODE_LIMIT)
