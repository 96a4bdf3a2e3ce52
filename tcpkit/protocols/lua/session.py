"""One connection of a protocol in Lua: what the script's functions say, paired as any other."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK, SIGN, distance
from tcpkit.protocols.command_numbers import NOT_KNOWN, CommandNumbers
from tcpkit.protocols.lua.ahead import AHEAD, SilentAhead
from tcpkit.protocols.lua.exchange import (
    describe,
    describe_reply,
    flags_of,
    known_number,
    learned_number,
)
from tcpkit.protocols.lua.parser import Parser, number, text
from tcpkit.protocols.lua.reply import LuaReply
from tcpkit.protocols.message import NO_TIME, Exchange, PairingCounts, Recorder
from tcpkit.protocols.ordered import IN_STEP, INSIDE, LET_GO, OrderedSession
from tcpkit.protocols.pairing import EXACT, INFERRED, LOST, TRIAL, Request, RequestPool
from tcpkit.script.driver import BEGINNING, FITS, MESSAGE, NOTHING, PUSH, Driver, Encrypted

# Request.kind
HAS_ID: Final = 1
REUSED_ID: Final = 2  # another request waits, or waited, with the same one
MAX_SEARCHED: Final = 1024  # waiting requests looked at for the one whose id a reply has
FORGETS: Final = 255  # Lua is told after so many requests which of them do not wait any more


@final
class LuaSession(OrderedSession):
    """Pairs in order, and by id where requests have one.

    Of a Request, `tag` is the number by which Lua knows it; `raw` is its id, where `kind` is
    HAS_ID. Command, key and text are asked for when they are to be shown.
    """

    __slots__ = ("_ahead", "_connection", "_driver", "_has_ids", "_last", "_parser", "_reply")

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
        self._has_ids = False  # a request had one
        self._last: i64 = 0  # number of the last request
        self._ahead: SilentAhead | None = None
        super().__init__(
            ends, recorder, counts, pool, timeout_ns, client_start, server_start, self._reply
        )
        self.keeps_replies = False  # the script says what there is to be shown of them
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
        behind = parser.behind
        if behind > 0:  # they came before, and begin the next request
            end = (end - behind) & MASK
            self.request_size -= behind
        parser.next_message()
        if parser.state == MESSAGE:
            self._take_message(ts_ns, end, ack)
        else:
            self.request_state = IN_STEP
        if behind > 0:
            self.request_state = INSIDE
            self.request_seq = end
            self.request_size = behind

    def _take_message(self, ts_ns: i64, end: i64, ack: i64) -> None:
        request = self.pool.take()
        self.end_request(request)
        self._last += 1
        request.tag = self._last
        special = self._parser.special
        if special:
            self._take_special(request, special, ts_ns, end, ack)
        else:
            self.arrived(request, self.request_seq, end, ts_ns, ack)
        if self._last & FORGETS == 0:
            self._driver.forget(self._connection, self._oldest())

    def _take_special(
        self, request: Request, special: tuple[object, ...], ts_ns: i64, end: i64, ack: i64
    ) -> None:
        """A request that has an id, flags, or not just one reply."""
        if len(special) > 2 and special[2] is not None:
            request.flags = request.flags | flags_of(text(special[2]))
        if number(special[1]) == 0:
            self.silent(request, self.request_seq, ts_ns, ack)
            return
        id_ = text(special[3]) if len(special) > 3 else b""
        if id_:
            self._has_ids = True
            self.explains = False  # nobody waits for another
            self._give_id(request, id_)
        self.arrived(request, self.request_seq, end, ts_ns, ack)

    def _give_id(self, request: Request, id_: bytes) -> None:
        request.raw = id_
        request.kind = HAS_ID
        other = self._find(id_)
        if other is not None:
            if other.kind == HAS_ID:
                self._doubt_id(other)
            self._doubt_id(request)
        elif self.queue.size > MAX_SEARCHED:
            self._doubt_id(request)  # one further behind may have it

    def _doubt_id(self, request: Request) -> None:
        """Several requests with this id wait: whose a reply with it is cannot be told."""
        self.counts.drop("request id reused", 1)
        request.kind = REUSED_ID
        request.timed_out = True  # not to be reported

    def complete_request(self, ts_ns: i64, seq: i64, ack: i64) -> bool:
        try:
            if not self._parser.complete():
                return False
        except Encrypted:
            self._leave_encrypted()
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
        ahead = self._ahead
        if ahead is not None and distance(ahead.until, self.reply_end) <= 0:
            self._report_ahead(True)

    def reply_gap(self, size: i64, seq: i64) -> None:
        self._report_ahead(False)
        super().reply_gap(size, seq)

    def report_silent(self, exchange: Exchange, anchor: i64) -> None:
        unseen = self.reply_end >= 0 and distance(anchor, self.reply_end) > 0
        if not (unseen and exchange.exact):
            super().report_silent(exchange, anchor)
            return
        ahead = self._ahead
        if ahead is None:
            ahead = self._ahead = SilentAhead()
        ahead.exchanges.append(exchange)
        ahead.until = anchor
        if len(ahead.exchanges) >= AHEAD:
            self._report_ahead(False)

    def _report_ahead(self, proven: bool) -> None:
        ahead = self._ahead
        if ahead is None:
            return
        self._ahead = None
        for exchange in ahead.exchanges:
            exchange.exact = exchange.exact and proven
            self.recorder.report(exchange)

    def _find_reply(self, data: bytes, start: i64, end: i64, seq: i64, ack: i64) -> i64:
        pos = super()._find_reply(data, start, end, seq, ack)
        if pos < end and self.trust != LOST and not self._begins_reply(data, pos, end):
            self.contradicted("not a reply")
            self.in_step = False
            return end
        return pos

    def _begins_reply(self, data: bytes, pos: i64, end: i64) -> bool:
        stop = end if end - pos < BEGINNING else pos + BEGINNING
        return self._driver.starts(data[pos:stop], False)

    def miss_replies(self, flags: i64) -> None:
        super().miss_replies(flags)
        self._reply.reset()

    def _bad_reply(self) -> None:
        if self._reply.encrypted:
            self._leave_encrypted()
        else:
            super()._bad_reply()

    def _oldest(self) -> i64:
        """The number of the oldest request that waits, of the next one if none does."""
        head = self.queue.head
        return self._last + 1 if head is None else head.tag

    def _tell_oldest(self) -> None:
        """Whose reply the next one is, by what is known: the script may want to see it."""
        oldest = self._oldest()
        self._reply.parser.oldest = oldest if self.trust > LOST else -oldest

    def refresh(self) -> None:
        super().refresh()
        self._tell_oldest()

    def settle(self) -> bool:
        parser = self._reply.parser
        behind = parser.behind
        if behind > 0:  # they came before, and begin the next reply
            self.reply_size -= behind
        settled = True
        if parser.state == MESSAGE:
            settled = self._settle_message(parser)
        elif parser.state == PUSH:
            self.counts.pushes += 1
        if behind > 0:
            self.reply_seq = (self.reply_seq + self.reply_size) & MASK
            self.reply_size = behind
            self.replied_ns = NO_TIME  # which of the pieces held its last byte is not known
        self._tell_oldest()
        return settled

    def _settle_message(self, parser: Parser) -> bool:
        special = parser.special
        if len(special) > 2:
            self.counts.pushes += number(special[2])  # between several replies
        waiting = self.queue.size
        if self._has_ids or self._reply.id:
            settled = self._settle_among_ids()
        else:
            settled = super().settle()
        if parser.stalled and settled and self.queue.size == waiting:
            self.contradicted("contradiction")  # it would be read again and again
            return False
        return settled

    def _settle_among_ids(self) -> bool:
        """Some requests have an id: give the reply to that of its id, or the oldest without."""
        id_ = self._reply.id
        head = self.queue.head
        if not id_ and (self.trust == TRIAL or head is None or head.kind == 0):
            return super().settle()
        request = self._find(id_)
        if request is None or (self.reply_ack - request.end) & SIGN:  # sent before it came
            self.owed -= 1
            self.counts.drop("reply without request", 1)
            self._distrust()
            return True
        self._take_out(request)
        if request.kind == REUSED_ID:
            self._distrust()
        elif not self.matches(request):
            self.counts.drop("contradiction", 1)
            self._distrust()
        else:
            self._answer_by_id(request)
        if request.tag > self._oldest():
            self._driver.forget_one(self._connection, request.tag)
        self.pool.put(request)
        return True

    def _answer_by_id(self, request: Request) -> None:
        if self.trial is not None and not self.trial.exchanges:
            self.confirm_trial()  # nothing depends on the order
        if self.count_answer(request, self.reply_first_ns - request.last_ns):
            self.recorder.report(self.answered_exchange(request))

    def tell_wait(self, request: Request, exchange: Exchange) -> None:
        if self._has_ids:
            exchange.queue_ns = 0  # no reply has to wait for another
        else:
            super().tell_wait(request, exchange)

    def _distrust(self) -> None:
        """Something does not fit: what pairs by its id is likely still, and not proven."""
        if self.trust == EXACT:
            self.trust = INFERRED
            self.refresh()

    def _find(self, id_: bytes) -> Request | None:
        """The oldest request that waits with an id; with b"" the oldest that has none."""
        request = self.queue.head
        looked: i64 = 0
        while request is not None and looked < MAX_SEARCHED:
            if request.raw == id_ if request.kind != 0 else not id_:
                return request
            request = request.next
            looked += 1
        return None

    def _take_out(self, request: Request) -> None:
        """Out of the queue, wherever it stands."""
        before: Request | None = None
        each = self.queue.head
        while each is not None and each is not request:
            before = each
            each = each.next
        self.queue.remove(before, request)
        self._owes_less(request)

    def is_push(self) -> bool:
        return self._reply.parser.state != MESSAGE

    def matches(self, request: Request) -> bool:
        if request.kind != 0 and not self._reply.id:
            return False
        parser = self._reply.parser
        if parser.fits != NOTHING and parser.asked_of == request.tag:
            return parser.fits == FITS
        connection = self._connection
        return self._driver.matches(connection, request.tag, connection)

    def reply_kind(self) -> i64:
        return 0

    def command_name(self, request: Request) -> bytes:
        return self._driver.request_text(self._connection, request.tag)[0]

    def may_answer(self, name: bytes, kind: int) -> bool:
        return True  # `matches` has asked the script

    def finish(self, end: i64, ts_ns: i64) -> None:
        self._report_ahead(False)
        super().finish(end, ts_ns)
        self._driver.close(self._connection)

    def command_number(self, request: Request, commands: CommandNumbers, replied: bool) -> i64:
        command = self._driver.request_text(self._connection, request.tag)[0]
        number = known_number(command, commands)
        if number == NOT_KNOWN:
            served = replied and not self._driver.reply_text(self._connection)[0]
            number = learned_number(command, commands, served)
        return number

    def is_error_reply(self) -> bool:
        return self._driver.reply_text(self._connection)[0]

    # Exchanges

    def describe_request(self, request: Request, exchange: Exchange) -> None:
        describe(self._driver.request_text(self._connection, request.tag), exchange)

    def describe_reply(self, request: Request, exchange: Exchange) -> None:
        words = self._driver.reply_text(self._connection)
        describe_reply(words, self.recorder.keeps_replies, exchange)
