"""The reply stream of a Redis connection: each message is the oldest request's, or a push.

The plain case, the next reply to the oldest request, takes the short way.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK, SIGN
from tcpkit.protocols.message import (
    BLOCKING,
    ERROR,
    LATE,
    OK,
    OUT_OF_ORDER,
    TRANSACTION,
    Exchange,
    PairingCounts,
    Recorder,
)
from tcpkit.protocols.pairing import EXACT, INFERRED, LOST, Request, RequestPool
from tcpkit.protocols.redis.command import LOOK_UPS, keys_of, may_answer
from tcpkit.protocols.redis.echo import EchoProof, is_echo
from tcpkit.protocols.redis.exchange import (
    arguments_of,
    describe_request,
    error_code,
    found,
    is_refusal,
    name_of,
)
from tcpkit.protocols.redis.mode import BREAKS, ECHOES, ORDINARY, SECRET, SUBSCRIBES
from tcpkit.protocols.redis.replication import ReplicationStream
from tcpkit.protocols.redis.reply import HEAD_BYTES, PUSH, ReplyScanner
from tcpkit.protocols.redis.requests import (
    LET_GO,
    MAX_NONSENSE,
    WORD_END,
    RequestSide,
    Scanners,
)
from tcpkit.protocols.tally import NOT_LOOKED_UP, Tally

HIDDEN_REPLY: Final = b"+***\r\n"

_LF: Final = 10
_BULK_ERROR: Final = 33
_BULK: Final = 36
_SIMPLE: Final = 43
_ERROR: Final = 45


def is_error(kind: i64) -> bool:
    return kind == _ERROR or kind == _BULK_ERROR


@final
class Multi:
    """The begin of a reply that consists of several messages."""

    __slots__ = ("first_ns", "seq", "ack", "size", "flags", "head")

    def __init__(self, first_ns: i64, seq: i64, ack: i64) -> None:
        self.first_ns = first_ns
        self.seq = seq
        self.ack = ack
        self.size: i64 = 0
        self.flags: i64 = 0
        self.head = b""


class ReplySide(RequestSide):
    """Reads RESP2 and RESP3 messages and pairs them.

    `_replies` is there while a piece is read, and between pieces where a message goes on.
    """

    __slots__ = (
        "_replies", "_multi", "_proof", "_in_step", "_keep_head", "_replication",
    )  # fmt: skip

    def __init__(
        self,
        ends: Endpoints,
        recorder: Recorder,
        counts: PairingCounts,
        pool: RequestPool,
        scanners: Scanners,
        timeout_ns: i64,
        client_start: bool,
        server_start: bool,
    ) -> None:
        super().__init__(
            ends, recorder, counts, pool, scanners, timeout_ns, client_start, server_start
        )
        self._replies: ReplyScanner | None = None
        self._multi: Multi | None = None
        self._proof: EchoProof | None = None
        self._in_step = server_start  # where a reply begins is known
        self._replication: ReplicationStream | None = None
        self._keep_head = False
        self.refresh()

    def reply_data(self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> None:
        if self._request_state == LET_GO:
            return
        replies = self._replies
        if replies is None:
            replies = self._replies = self.scanners.take()
            replies.keep_head = self._keep_head
            replies.keep_lists = not self.plain
        try:
            if self._replication is not None:
                self._replicate(replies, data, start, end, ts_ns)
            else:
                pos = start
                if self.trust == LOST:
                    pos = self._find_reply(replies, data, start, end, seq, ack)
                self._read_replies(replies, data, pos, end, ts_ns, (seq + pos - start) & MASK, ack)
        except ProtocolError:
            self._in_step = False
            replies.reset()
            self.unread(end - start)
            self._bad_reply()
        if not replies.begun:
            self._replies = None
            self.scanners.put(replies)
        self.server_ack = ack
        self.reply_end = (seq + end - start) & MASK
        self.last_ns = ts_ns

    def _find_reply(
        self, replies: ReplyScanner, data: bytes, start: i64, end: i64, seq: i64, ack: i64
    ) -> i64:
        """The position in the piece where a reply begins that can be paired, or `end`."""
        at = self.seek(seq, end - start, ack)
        pos = end if at < 0 else start + at
        mode = self.mode
        if at < 0 and mode is not None and mode.reply_unknown:
            mode.reply_unknown = mode.reply_off = False  # it does reply
        if pos > start:
            self._pass_over(replies, data, start, pos)
        if at >= 0 and self._in_step and replies.begun:
            self.contradicted("contradiction")  # a reply is still going on there
            return end
        if at >= 0:
            replies.reset()
            self._in_step = True
            self.refresh()
        return pos

    def _pass_over(self, replies: ReplyScanner, data: bytes, pos: i64, end: i64) -> None:
        """Read replies that are not paired: only how many they are is of interest."""
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
        self, replies: ReplyScanner, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> None:
        self.replied_since = True
        begin = pos
        while pos < end:
            if not replies.begun:
                replies.first_ns = ts_ns
                replies.seq = (seq + pos - begin) & MASK
                replies.ack = ack
                replies.size = 0
                replies.flags = 0
                if self._syncing and self._begins_replication(replies, data, pos):
                    if data[pos] == _LF:
                        pos += 1
                        continue
                    self._replicate(replies, data, pos, end, ts_ns)
                    return
            if self.notes:
                replies.flags = replies.flags | OUT_OF_ORDER
            stop = replies.feed(data, pos, end)
            replies.size += stop - pos
            pos = stop
            if not replies.done:
                return
            replies.last_ns = ts_ns
            if self.explains:
                self.shares = pos < end
            head = self.queue.head
            if (
                self.plain
                and head is not None
                and head.kind == ORDINARY
                and replies.kind != PUSH
                and not (ack - head.end) & SIGN
            ):
                self._answer(head, replies)
            elif not self._unusual_reply(replies):
                replies.next_message()
                self._pass_over(replies, data, pos, end)
                return
            replies.next_message()

    def _answer(self, request: Request, replies: ReplyScanner) -> None:
        """The reply just read is that of `request`, the oldest one."""
        self.queue.pop()
        self.owed -= 1
        if self.explains:
            self.take_turn(request, replies.first_ns, replies.last_ns)
        if self.count_answer(request, replies.first_ns - request.last_ns):
            tally = self.recorder.tally
            if tally is None or not self._tally(tally, request, replies):
                self.recorder.report(self.answered_exchange(request))
        self.replied_ns = replies.last_ns
        self.pool.put(request)

    def _tally(self, tally: Tally, request: Request, replies: ReplyScanner) -> bool:
        """Tell of a plain request in short; False where an Exchange has to be made."""
        kind = replies.kind
        if is_error(kind) or request.arguments is not None:
            return False
        wanted = self.recorder.wanted
        if wanted is not None and replies.first_ns - request.last_ns >= wanted.from_ns:
            return False
        outline = self.scanners.outline
        if request.flags & (LATE | BLOCKING) or not outline.read(request.raw):
            return False
        plan = outline.plan
        tally.answered(
            self.ends,
            plan.label,
            outline.keys,
            found(kind, replies.size) if plan.looks_up else NOT_LOOKED_UP,
            request.first_ns,
            replies.last_ns,
            replies.first_ns - request.last_ns,
            request.size + replies.size,
            self.trust == EXACT,
        )
        return True

    def _unusual_reply(self, replies: ReplyScanner) -> bool:
        """Deal with a message off the plain path; False if nothing more can be read."""
        request = self.queue.head
        kind = replies.kind
        head = replies.head
        if self._is_push(kind, head, request):
            self.counts.pushes += 1
            return True
        if request is None:
            self.owed -= 1
            self.contradicted("reply without request")
            return False
        failed = is_error(kind)
        if failed and self._silent_since and is_refusal(head):
            self.owed -= 1
            self.contradicted("silent or refused")
            return False
        if not self._is_echo(request, head) or not self.believable(request, kind, replies.ack):
            self.owed -= 1
            self.contradicted("contradiction")
            return False
        subscribes = request.kind == SUBSCRIBES and not failed
        if subscribes and not self._confirmation(request, replies):
            return self.trust != LOST
        mode = self.mode
        clear = mode is None or mode.ended(request, failed) or self.queue.size == 1
        if request.kind == BREAKS:
            self.queue.pop()  # nobody knows how far its reply goes
            self.owed -= 1
            self.contradicted("unclear what is replied")
            return False
        ordinary = request.kind == ORDINARY and not self._silent_since
        self._silence_proven = self._silence_proven or self._silent_since
        self._silent_since = False
        self._settle(request, replies)  # and the request is another one's
        if not clear:
            self.contradicted("unclear what is replied")
            return False
        if not ordinary:
            self.refresh()
        return True

    def _is_push(self, kind: i64, head: bytes, request: Request | None) -> bool:
        mode = self.mode
        if mode is None:
            return kind == PUSH
        return mode.is_push(kind, head, request)

    def _settle(self, request: Request, replies: ReplyScanner) -> None:
        """The reply just read belongs to the oldest request: report it, or keep it on trial."""
        if self.trial is None:
            self._answer(request, replies)
            return
        self.queue.pop()
        self.owed -= 1
        if self.explains:
            self.take_turn(request, replies.first_ns, replies.last_ns)
        exchange = self.answered_exchange(request)
        self.replied_ns = replies.last_ns
        self.try_out(request, exchange, replies.kind)
        self.pool.put(request)

    def _confirmation(self, request: Request, replies: ReplyScanner) -> bool:
        """Take one of the replies to SUBSCRIBE and the like; True if it was the last one."""
        mode = self._mode_made()
        if request.expected < 0 and not mode.certain:
            request.expected = 1  # how many there will be is not known
            mode.ended(request, True)
            self.contradicted("unknown subscriptions")
            return False
        first = self._multi
        if first is None:
            first = self._multi = Multi(replies.first_ns, replies.seq, replies.ack)
        first.size += replies.size
        first.flags = first.flags | replies.flags
        if len(first.head) < HEAD_BYTES:
            first.head += replies.head
        if not mode.confirmed(request, replies.head):
            return False
        replies.first_ns = first.first_ns
        replies.seq = first.seq
        replies.ack = first.ack
        replies.size = first.size
        replies.flags = first.flags
        replies.head = first.head
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
        self.contradicted("not a reply")

    def _drop_message(self) -> None:
        """A message that has begun cannot be read to its end."""
        replies = self._replies
        if replies is not None:
            replies.reset()
            self._replies = None
            self.scanners.put(replies)

    def refresh(self) -> None:
        mode = self.mode
        watchful = mode is not None and mode.watchful
        trusted = self.trust >= INFERRED and self.checks == 0
        self.plain = trusted and not watchful and not self._silent_since
        self._keep_head = self._keeps_heads or watchful or self.recorder.keeps_replies
        if self._replies is not None:
            self._replies.keep_head = self._keep_head
            self._replies.keep_lists = not self.plain

    def _begins_replication(self, replies: ReplyScanner, data: bytes, pos: i64) -> bool:
        """Whether the byte at `pos` begins the answer to a PSYNC or SYNC, or stands before it."""
        raise NotImplementedError

    def _replicate(
        self, replies: ReplyScanner, data: bytes, pos: i64, end: i64, ts_ns: i64
    ) -> None:
        """Read on in the answer to PSYNC, and in the commands behind it."""
        raise NotImplementedError

    # Exchanges

    def answered_exchange(self, request: Request) -> Exchange:
        exchange = self.request_exchange(request)
        replies = self._replies
        assert replies is not None
        if is_error(replies.kind):
            exchange.status = ERROR
            exchange.code = error_code(replies.head)
        else:
            exchange.status = OK
            if exchange.command in LOOK_UPS:
                exchange.found = found(replies.kind, replies.size)
        exchange.flags = request.flags | replies.flags
        exchange.time_ns = replies.first_ns
        exchange.reply_first_ns = replies.first_ns
        exchange.reply_last_ns = replies.last_ns
        exchange.latency_ns = replies.first_ns - request.last_ns
        exchange.reply_bytes = replies.size
        exchange.reply_seq = replies.seq
        self.tell_wait(request, exchange)
        if self.recorder.keeps_replies:
            exchange.reply = self._kept_reply(request, replies)
        return exchange

    def _kept_reply(self, request: Request, replies: ReplyScanner) -> bytes:
        """The reply's beginning, or what stands for one that is secret."""
        kind = replies.kind
        if request.kind == SECRET and kind != _ERROR and kind != _BULK_ERROR:
            return HIDDEN_REPLY
        return replies.head

    def request_exchange(self, request: Request) -> Exchange:
        exchange = describe_request(request, self.ends, self.trust == EXACT)
        if self.recorder.keeps_keys:
            exchange.keys = keys_of(arguments_of(request))
        return exchange

    def is_answering(self) -> bool:
        return self._replies is not None and self._replies.begun

    def fits(self, request: Request, kind: int) -> bool:
        raw = request.raw
        if request.arguments is not None or request.flags & TRANSACTION or len(raw) < WORD_END:
            return super().fits(request, kind)
        fitting = self.scanners.fitting
        if fitting.knows(raw, kind):
            return True
        if not super().fits(request, kind):
            return False
        fitting.remember(raw, kind)
        return True

    def command_name(self, request: Request) -> bytes:
        if request.flags & TRANSACTION:
            return b""  # QUEUED may answer any
        return name_of(request)

    def may_answer(self, name: bytes, kind: int) -> bool:
        return may_answer(name, kind)
