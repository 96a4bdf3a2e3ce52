"""One Redis connection: requests and replies, paired in order.

The plain case, a whole request in a piece and the next reply to the oldest request,
takes the short way; whatever changes the rules is `mode`'s, and how far the order is
believed is the base's.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK, SIGN, distance
from tcpkit.protocols.message import (
    ERROR,
    GAP,
    NO_TIME,
    OK,
    OUT_OF_ORDER,
    RETRANSMISSION,
    TRANSACTION,
    TRUNCATED,
    Exchange,
    PairingCounts,
    Recorder,
)
from tcpkit.protocols.pairing import EXACT, INFERRED, LOST, Request, RequestPool
from tcpkit.protocols.redis.command import may_answer
from tcpkit.protocols.redis.echo import EchoProof, is_echo
from tcpkit.protocols.redis.exchange import (
    arguments_of,
    begins_request,
    describe_request,
    error_code,
    is_refusal,
    take_apart,
)
from tcpkit.protocols.redis.mode import (
    BREAKS,
    ECHOES,
    ORDINARY,
    SPECIAL,
    SUBSCRIBES,
    Mode,
    name_slot,
)
from tcpkit.protocols.redis.reply import PUSH, ReplyScanner
from tcpkit.protocols.redis.request import (
    RequestParser,
    RequestScanner,
)
from tcpkit.protocols.session import PairedSession

RAW_BYTES: Final = 1024  # of a request kept as it was captured; longer ones are taken apart
MAX_NONSENSE: Final = 16  # pieces that are no RESP before a connection is let go

_ERROR: Final = 45
_BULK_ERROR: Final = 33

# how the request stream is read
_IN_STEP: Final = 0  # the next byte begins a request
_INSIDE: Final = 1  # a request has begun
_SEARCHING: Final = 2  # bytes are missing: a piece that begins with a request is looked for
_FRESH: Final = 3  # the next byte is the connection's first
_DEAF: Final = 4  # a request was no RESP: the server will close
_LET_GO: Final = 5  # not Redis, or nothing that can be followed


@final
class Multi:
    """The begin of a reply that consists of several messages."""

    __slots__ = ("first_ns", "seq", "ack", "size", "flags")

    def __init__(self, first_ns: i64, seq: i64, ack: i64) -> None:
        self.first_ns = first_ns
        self.seq = seq
        self.ack = ack
        self.size: i64 = 0
        self.flags: i64 = 0


@final
class RedisSession(PairedSession):
    """Reads RESP2, RESP3 and inline commands."""

    __slots__ = (
        "mode", "_scanner", "_parser", "_request_state", "_replies", "_request_first_ns",
        "_request_seq", "_request_size", "_request_flags",
        "_reply_first_ns", "_reply_last_ns", "_reply_seq", "_reply_ack", "_reply_size",
        "_reply_flags", "_multi", "_nonsense", "_proof", "_silent_since",
        "_keeps_heads", "_intercepts", "_in_step",
    )  # fmt: skip

    def __init__(
        self,
        ends: Endpoints,
        recorder: Recorder,
        counts: PairingCounts,
        pool: RequestPool,
        scanner: RequestScanner,
        timeout_ns: i64,
        client_start: bool,
        server_start: bool,
    ) -> None:
        super().__init__(ends, recorder, counts, pool, timeout_ns, client_start, server_start)
        self.mode = Mode(client_start and server_start)
        self._scanner = scanner
        self._parser: RequestParser | None = None
        self._request_state: i64 = _FRESH if client_start else _SEARCHING
        self._replies = ReplyScanner()
        self._request_first_ns: i64 = NO_TIME
        self._request_seq: i64 = 0
        self._request_size: i64 = 0
        self._request_flags: i64 = 0
        self._reply_first_ns: i64 = NO_TIME
        self._reply_last_ns: i64 = NO_TIME
        self._reply_seq: i64 = -1
        self._reply_ack: i64 = 0
        self._reply_size: i64 = 0
        self._reply_flags: i64 = 0
        self._in_step = server_start  # where a reply begins is known
        self._multi: Multi | None = None
        self._keeps_heads = False  # a command came whose reply has to be looked at
        self._intercepts = False  # what came before may change what any request gets
        self._nonsense: i64 = 0
        self._proof: EchoProof | None = None
        self._silent_since = False  # a request without a reply came since the last reply
        self.refresh()

    # Requests

    def request_data(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> None:
        if self._request_state == _LET_GO:
            return
        try:
            self._read_requests(data, start, end, ts_ns, seq, ack)
        except ProtocolError:
            self._bad_request()

    def _read_requests(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> None:
        pos = start
        if self._request_state != _IN_STEP:
            pos = self._resume_request(data, start, end, ts_ns, seq, ack)
        scanner = self._scanner
        notes = OUT_OF_ORDER if self.notes else 0
        while pos < end:
            stop = scanner.whole(data, pos, end)
            if stop < 0:
                self._begin_parser(ts_ns, (seq + pos - start) & MASK, notes)
                pos = self._feed_parser(data, pos, end, ts_ns, (seq + pos - start) & MASK, ack)
                continue
            size = stop - pos
            if scanner.count == 0:
                self.unbroken = True
                pos = stop  # the server says nothing to an empty request
                continue
            request = self.pool.take()
            if size <= RAW_BYTES:
                request.raw = data[pos:stop]
            else:
                request.arguments = take_apart(data, pos, stop)
            request.count = scanner.count
            request.size = size
            request.first_ns = ts_ns
            request.flags = notes
            name = scanner.name
            interest = SPECIAL[name_slot(scanner.name_size, data[name], data[name + 1])]
            at = (seq + pos - start) & MASK
            pos = stop
            if self._intercepts or interest == 1 or (interest and scanner.count > 1):
                self._special_request(request, at, ts_ns, ack)
            else:
                self.arrived(request, at, (at + size) & MASK, ts_ns, ack)

    def _special_request(self, request: Request, seq: i64, ts_ns: i64, ack: i64) -> None:
        mode = self.mode
        mode.request(request, arguments_of(request))
        self._intercepts = mode.in_transaction or mode.hides
        if request.kind != ORDINARY:
            self._keeps_heads = True
            self.refresh()
        if request.expected != 0:
            self.arrived(request, seq, (seq + request.size) & MASK, ts_ns, ack)
            return
        self._silent_since = True
        if request.kind == BREAKS:
            self.lose(0)
            mode.reply_unknown = mode.reply_off
        if mode.reply_unknown:
            self.counts.drop("unknown whether replied", 1)
            self.pool.put(request)
            return
        self.silent(request, seq, ts_ns, ack)

    def _begin_parser(self, ts_ns: i64, seq: i64, flags: i64) -> None:
        self._parser = RequestParser()
        self._request_state = _INSIDE
        self._request_first_ns = ts_ns
        self._request_seq = seq
        self._request_size = 0
        self._request_flags = flags

    def _feed_parser(self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> i64:
        """Go on with a request that comes in parts; the position behind what was read."""
        parser = self._parser
        assert parser is not None
        stop = parser.feed(data, pos, end)
        self._request_size += stop - pos
        if self.notes:
            self._request_flags = self._request_flags | OUT_OF_ORDER
        if parser.done:
            self._end_parser(parser, ts_ns, (seq + stop - pos) & MASK, ack)
        return stop

    def _end_parser(self, parser: RequestParser, ts_ns: i64, end: i64, ack: i64) -> None:
        self._parser = None
        self._request_state = _IN_STEP
        if not parser.arguments:
            self.unbroken = True
            return
        request = self.pool.take()
        request.arguments = parser.arguments
        request.count = parser.count
        request.size = self._request_size
        request.first_ns = self._request_first_ns
        request.flags = self._request_flags
        self._special_request(request, self._request_seq, ts_ns, ack)

    def _resume_request(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> i64:
        """The position in the piece where a request begins, or `end`."""
        state = self._request_state
        if state == _INSIDE:
            return self._feed_parser(data, start, end, ts_ns, seq, ack)
        if state == _DEAF:
            return end
        first = state == _FRESH or self.first_seen
        if first and end - start > 2 and data[start + 1] == 3 and 0x14 <= data[start] <= 0x17:
            self.counts.encrypted += 1
            self._request_state = _LET_GO
            self.drop_waiting("encrypted")
            return end
        if state == _SEARCHING and not begins_request(data, start, end):
            self.first_seen = False
            return end
        self._request_state = _IN_STEP
        return start

    def _bad_request(self) -> None:
        """The request stream is no RESP."""
        if self.trust == EXACT:
            self.counts.not_protocol += 1
            self._request_state = _DEAF
            self._parser = None
            return
        self._nonsense += 1
        self._break_requests()
        self.lose(0)
        if self._nonsense >= MAX_NONSENSE:
            self._let_go()

    def _break_requests(self) -> None:
        """Where the next request begins is not known."""
        self._parser = None
        self._request_state = _SEARCHING
        self.unbroken = False

    def _let_go(self) -> None:
        self.counts.not_protocol += 1
        self.lose(0)
        self.drop_waiting("not Redis")
        self._request_state = _LET_GO
        self._parser = None

    # Replies

    def reply_data(self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> None:
        if self._request_state == _LET_GO:
            return
        if self.mode.replicating:
            self.counts.pushes += 1
            return
        try:
            pos = start
            if self.trust == LOST:
                pos = self._find_reply(data, start, end, seq, ack)
            self._read_replies(data, pos, end, ts_ns, (seq + pos - start) & MASK, ack)
        except ProtocolError:
            self._in_step = False
            self.unread(end - start)
            self._bad_reply()
        self.server_ack = ack
        self.reply_end = (seq + end - start) & MASK
        self.last_ns = ts_ns

    def _find_reply(self, data: bytes, start: i64, end: i64, seq: i64, ack: i64) -> i64:
        """The position in the piece where a reply begins that can be paired, or `end`."""
        at = self.seek(seq, end - start, ack)
        pos = end if at < 0 else start + at
        if at < 0 and self.mode.reply_unknown:
            self.mode.reply_unknown = self.mode.reply_off = False  # it does reply
        if pos > start:
            self._pass_over(data, start, pos)
        if at >= 0 and self._in_step and self._replies.begun:
            self.contradicted("contradiction")  # a reply is still going on there
            return end
        if at >= 0:
            self._replies.reset()
            self._in_step = True
            self.refresh()
        return pos

    def _pass_over(self, data: bytes, pos: i64, end: i64) -> None:
        """Read replies that are not paired: only how many they are is of interest."""
        replies = self._replies
        while self._in_step and pos < end:
            pos = replies.feed(data, pos, end)
            if not replies.done:
                return
            if replies.kind != PUSH:
                self.owed -= 1
            replies.next_message()
        if pos < end:
            self.unread(end - pos)

    def _read_replies(
        self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> None:
        replies = self._replies
        self.replied_since = True
        begin = pos
        while pos < end:
            if not replies.begun:
                self._reply_first_ns = ts_ns
                self._reply_seq = (seq + pos - begin) & MASK
                self._reply_ack = ack
                self._reply_size = 0
                self._reply_flags = 0
            if self.notes:
                self._reply_flags = self._reply_flags | OUT_OF_ORDER
            stop = replies.feed(data, pos, end)
            self._reply_size += stop - pos
            pos = stop
            if not replies.done:
                return
            self._reply_last_ns = ts_ns
            head = self.queue.head
            if (
                self.plain
                and head is not None
                and head.kind == ORDINARY
                and replies.kind != PUSH
                and not (ack - head.end) & SIGN
            ):
                self._answer(head)
            elif not self._unusual_reply(replies.kind):
                replies.next_message()
                self._pass_over(data, pos, end)
                return
            replies.next_message()

    def _answer(self, request: Request) -> None:
        """The reply just read is that of `request`, the oldest one."""
        self.queue.pop()
        self.owed -= 1
        self._silent_since = False
        if self.count_answer(request, self._reply_first_ns - request.last_ns):
            self.recorder.report(self.answered_exchange(request))
        self.pool.put(request)

    def _unusual_reply(self, kind: i64) -> bool:
        """Deal with a message off the plain path; False if nothing more can be read."""
        request = self.queue.head
        head = self._replies.head
        watches = kind == PUSH or self.mode.watchful or not self.mode.certain
        if watches and self.mode.is_push(kind, head, request):
            self.counts.pushes += 1
            return True
        if request is None:
            self.owed -= 1
            self.contradicted("reply without request")
            return False
        failed = kind == _ERROR or kind == _BULK_ERROR
        if failed and self._silent_since and is_refusal(head):
            self.owed -= 1
            self.contradicted("silent or refused")
            return False
        if not self._is_echo(request, head) or not self.believable(request, kind, self._reply_ack):
            self.owed -= 1
            self.contradicted("contradiction")
            return False
        subscribes = request.kind == SUBSCRIBES and not failed
        if subscribes and not self._confirmation(request, head):
            return self.trust != LOST
        clear = self.mode.ended(request, failed) or self.queue.size == 1
        breaks = request.kind == BREAKS or not clear
        if self.trial is not None:
            self.queue.pop()
            self.owed -= 1
            self.try_out(request, self.answered_exchange(request), kind)
            self.pool.put(request)
        else:
            self._answer(request)
        if breaks:
            self.contradicted("unclear what is replied")
            return False
        self.refresh()
        return True

    def _confirmation(self, request: Request, head: bytes) -> bool:
        """Take one of the replies to SUBSCRIBE and the like; True if it was the last one."""
        if request.expected < 0 and not self.mode.certain:
            request.expected = 1  # how many there will be is not known
            self.mode.subscribing -= 1
            self.contradicted("unknown subscriptions")
            return False
        first = self._multi
        if first is None:
            first = self._multi = Multi(self._reply_first_ns, self._reply_seq, self._reply_ack)
        first.size += self._reply_size
        first.flags = first.flags | self._reply_flags
        if not self.mode.confirmed(request, head):
            return False
        self._reply_first_ns = first.first_ns
        self._reply_seq = first.seq
        self._reply_ack = first.ack
        self._reply_size = first.size
        self._reply_flags = first.flags
        self._multi = None
        return True

    def _is_echo(self, request: Request, head: bytes) -> bool:
        """Compare an echoed text; False if it is not the one that was sent."""
        if request.kind != ECHOES or not head:
            return True
        text = arguments_of(request)[1]
        if not is_echo(text, head):
            return False
        if self.trust == EXACT:
            return True
        proof = self._proof
        if proof is None:
            proof = self._proof = EchoProof()
        if proof.repeated(text):
            self.confirm_trial()
            self.trust = EXACT
            self.refresh()
        return True

    def _bad_reply(self) -> None:
        """The reply stream is no RESP, or was read from a wrong place."""
        self._nonsense += 1
        if self.trust == EXACT or self._nonsense >= MAX_NONSENSE:
            self._let_go()
            return
        self.contradicted("no RESP")

    def refresh(self) -> None:
        self.plain = self.trust >= INFERRED and self.checks == 0 and not self.mode.watchful
        self._replies.keep_head = self._keeps_heads or not self.plain

    # Loss

    def request_gap(self, size: i64, seq: i64) -> None:
        if self._request_state == _LET_GO:
            return
        parser = self._parser
        if parser is not None and size < parser.countdown() and parser.skip(size):
            self._request_size += size
            self._request_flags = self._request_flags | GAP
            self._doubt()
            return
        self._miss_requests("request lost", GAP)

    def reply_gap(self, size: i64, seq: i64) -> None:
        if self._request_state == _LET_GO:
            return
        replies = self._replies
        if self.trust != LOST and replies.begun and size < replies.countdown():
            replies.skip(size)
            self._reply_size += size
            self._reply_flags = self._reply_flags | GAP
            self._doubt()
            return
        self.unread(size)
        self._miss_replies(GAP)

    def _miss_requests(self, reason: str, flags: i64) -> None:
        self.owed += 1  # what is missing held a request, or the end of one
        self._unprove()
        self._break_requests()
        self.one_by_one = False
        self.drop_waiting(reason)
        self.mode.missed(True)
        self.lose(flags)

    def _miss_replies(self, flags: i64) -> None:
        self._unprove()
        self._multi = None
        self._in_step = False
        self.mode.missed(False)
        self.lose(flags)

    def _doubt(self) -> None:
        """Bytes of a value are missing: the order holds, but it is not proven any more."""
        self._unprove()
        if self.trust == EXACT:
            self.trust = INFERRED

    def _unprove(self) -> None:
        if self._proof is not None:
            self._proof.forget()

    def request_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        if self._request_state == _LET_GO:
            return
        parser = self._parser
        if parser is not None and self._request_state == _INSIDE and parser.skip(size):
            self._request_size += size
            self._request_flags = self._request_flags | TRUNCATED
            if parser.done:
                self._end_parser(parser, ts_ns, (seq + size) & MASK, self.previous_anchor)
            return
        self._miss_requests("cut off", TRUNCATED)

    def reply_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        if self._request_state == _LET_GO:
            return
        replies = self._replies
        if self.trust == LOST:
            self._in_step = False
            self.unread(size)
        elif replies.begun and replies.skip_to_end(size):
            self._reply_size += size
            self._reply_flags = self._reply_flags | TRUNCATED
            if replies.done:
                self._reply_last_ns = ts_ns
                self._unusual_reply(replies.kind)
                replies.next_message()
        else:
            self.unread(size)
            self._miss_replies(TRUNCATED)

    def retransmitted(self, from_client: bool, first: i64, last: i64) -> None:
        if not from_client:
            if self._replies.begun and distance(last, self._reply_seq) > 0:
                self._reply_flags = self._reply_flags | RETRANSMISSION
            return
        request = self.queue.head
        while request is not None and distance(last, request.seq) > 0:
            if distance(request.end, first) > 0:
                request.flags = request.flags | RETRANSMISSION
            request = request.next
        if self._parser is not None and distance(last, self._request_seq) > 0:
            self._request_flags = self._request_flags | RETRANSMISSION

    # Exchanges

    def answered_exchange(self, request: Request) -> Exchange:
        exchange = self.request_exchange(request)
        kind = self._replies.kind
        if kind == _ERROR or kind == _BULK_ERROR:
            exchange.status = ERROR
            exchange.code = error_code(self._replies.head)
        else:
            exchange.status = OK
        exchange.flags = request.flags | self._reply_flags
        exchange.time_ns = self._reply_first_ns
        exchange.reply_first_ns = self._reply_first_ns
        exchange.reply_last_ns = self._reply_last_ns
        exchange.latency_ns = self._reply_first_ns - request.last_ns
        exchange.reply_bytes = self._reply_size
        exchange.reply_seq = self._reply_seq
        return exchange

    def request_exchange(self, request: Request) -> Exchange:
        return describe_request(request, self.ends, self.trust == EXACT)

    def is_answering(self) -> bool:
        return self._replies.begun

    def command_name(self, request: Request) -> bytes:
        if request.flags & TRANSACTION:
            return b""  # QUEUED may answer any
        arguments = arguments_of(request)
        return arguments[0] if arguments else b""

    def may_answer(self, name: bytes, kind: int) -> bool:
        return may_answer(name, kind)
