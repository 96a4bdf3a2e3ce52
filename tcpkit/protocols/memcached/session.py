"""What the two protocols of memcached have in common on one connection.

Replies come in the order of the requests, but a request may be quiet: it is answered only
if something is to be told (a hit, an error). It waits in the queue as PERHAPS answered,
and what follows decides:

- a reply that it can have is its own, unless another quiet request behind it could have
  it as well: then neither is believed, both are DOUBTFUL, and nothing is made of them;
- a reply to a later request says that it was silent;
- so does its timeout where nothing behind it waits for a sure reply, and the connection's
  end: likely, not proven, since a lost reply looks the same. At the capture's end it is
  still open: unanswered.

A protocol's session reads requests (`read_request`), owns a ReplyReader, and says whether
the reply just read can be that of a request (`matches`).
"""

from typing import Final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK, SIGN, distance
from tcpkit.flow.stream import END_CAPTURE, END_FORGOTTEN, END_LOST
from tcpkit.protocols.memcached.reply_reader import ReplyReader
from tcpkit.protocols.message import (
    GAP,
    NO_TIME,
    OUT_OF_ORDER,
    RETRANSMISSION,
    SILENT,
    TRUNCATED,
    Exchange,
    PairingCounts,
    Recorder,
)
from tcpkit.protocols.pairing import (
    DOUBTFUL,
    EXACT,
    INFERRED,
    LOST,
    PERHAPS,
    TRIALS_TOTAL,
    Request,
    RequestPool,
    WaitingQueue,
)
from tcpkit.protocols.session import PairedSession

MAX_NONSENSE: Final = 16  # pieces that are not memcached's before a connection is let go
RIVALS_SEEN: Final = 1024  # waiting requests looked at for one that could have the same reply

# how the request stream is read: `request_state`
IN_STEP: Final = 0  # the next byte begins a request
INSIDE: Final = 1  # a request has begun
SEARCHING: Final = 2  # bytes are missing: a piece that begins with a request is looked for
DEAF: Final = 3  # the server will close, or reads no request any more
LET_GO: Final = 4  # not memcached, or nothing that can be followed


class MemcachedSession(PairedSession):
    """State of one connection. `reply_*` are facts of the reply being read, or just read."""

    __slots__ = (
        "replies", "request_state", "request_first_ns", "request_seq", "request_size",
        "request_flags", "reply_first_ns", "reply_last_ns", "reply_seq", "reply_ack",
        "reply_size", "reply_flags", "in_step", "nonsense", "quiet", "lossy",
    )  # fmt: skip

    def __init__(
        self,
        ends: Endpoints,
        recorder: Recorder,
        counts: PairingCounts,
        pool: RequestPool,
        timeout_ns: i64,
        client_start: bool,
        server_start: bool,
        replies: ReplyReader,
    ) -> None:
        super().__init__(ends, recorder, counts, pool, timeout_ns, client_start, server_start)
        self.replies = replies
        self.request_state: i64 = IN_STEP if client_start else SEARCHING
        self.request_first_ns: i64 = NO_TIME  # of the request that comes in parts
        self.request_seq: i64 = 0
        self.request_size: i64 = 0
        self.request_flags: i64 = 0
        self.reply_first_ns: i64 = NO_TIME
        self.reply_last_ns: i64 = NO_TIME
        self.reply_seq: i64 = -1
        self.reply_ack: i64 = 0  # request position acknowledged with the reply's first byte
        self.reply_size: i64 = 0
        self.reply_flags: i64 = 0
        self.in_step = server_start  # where a reply begins is known
        self.nonsense: i64 = 0
        self.quiet = False  # the client was seen to send requests that may get no reply
        self.lossy = False  # replies may be missing without a trace: over UDP
        self.refresh()

    # What a protocol adds

    def read_request(self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> i64:
        """Read one request, or the part of one, at `data[pos]`, whose position is `seq`.

        Returns the position behind what was read. What is complete is told by `asked`,
        `asked_quietly` or `silent`; what is not, kept, with `request_state` INSIDE (see
        `begin_request`). Raises ProtocolError at bytes that are no request.
        """
        raise NotImplementedError

    def begins_request(self, data: bytes, start: i64, end: i64) -> bool:
        """Whether a piece begins with a request, by all appearances."""
        raise NotImplementedError

    def request_countdown(self) -> i64:
        """Bytes of the value being read, in a request that has begun, still to come."""
        raise NotImplementedError

    def skip_request(self, size: i64) -> bool:
        """Pass over `size` bytes nobody has seen; False if they are not all of one value."""
        raise NotImplementedError

    def complete_request(self, ts_ns: i64, seq: i64, ack: i64) -> bool:
        """Tell the begun request if nothing of it is missing; `seq` is the position behind."""
        raise NotImplementedError

    def forget_request(self) -> None:
        """Drop what was read of a request that has begun."""
        raise NotImplementedError

    def matches(self, request: Request) -> bool:
        """Whether the reply just read can be that of `request`."""
        raise NotImplementedError

    def reply_kind(self) -> i64:
        """What `may_answer` is asked about the reply just read."""
        raise NotImplementedError

    def is_push(self) -> bool:
        """Whether what was just read answers no request."""
        return False

    def proves(self, request: Request) -> bool:
        """Whether the reply just read can be that of no other request that was ever sent."""
        return False

    def tells_success(self, request: Request) -> bool:
        """Whether a quiet request gets a reply when it succeeds: it is a get."""
        return False

    def is_whole(self, request: Request) -> bool:
        """Whether no part of the reply just read, a whole one by its end, can be missing."""
        return True

    def told_apart(self) -> bool:
        """Whether replies say which of the waiting requests they belong to, in any order."""
        return self.queue.size <= 1

    def proven_owner(self, data: bytes, start: i64, end: i64) -> Request | None:
        """Nothing is paired: the request that a reply which begins at `start` must belong to."""
        return None

    def breaks(self, request: Request) -> bool:
        """Whether after the reply just read it is not known what the server reads as requests."""
        return False

    def describe_request(self, request: Request, exchange: Exchange) -> None:
        """Set command, key and text."""
        raise NotImplementedError

    def describe_reply(self, request: Request, exchange: Exchange) -> None:
        """Set status, code and hits."""
        raise NotImplementedError

    # Requests

    def request_data(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> None:
        state = self.request_state
        if state >= DEAF:
            return
        if state == SEARCHING and not self._begins(data, start, end):
            return
        try:
            pos = start
            while pos < end:
                pos = self.read_request(data, pos, end, ts_ns, (seq + pos - start) & MASK, ack)
        except ProtocolError:
            self._bad_request()

    def _begins(self, data: bytes, start: i64, end: i64) -> bool:
        if not self.begins_request(data, start, end):
            self.first_seen = False
            return False
        self.request_state = IN_STEP
        return True

    def begin_request(self, ts_ns: i64, seq: i64) -> None:
        """A request comes in parts, `seq` is the position of its first byte."""
        self.request_state = INSIDE
        self.request_first_ns = ts_ns
        self.request_seq = seq
        self.request_size = 0
        self.request_flags = 0

    def request_part(self, size: i64) -> None:
        """So many bytes more of the begun request have come."""
        self.request_size += size
        if self.notes:
            self.request_flags = self.request_flags | OUT_OF_ORDER

    def end_request(self, request: Request) -> None:
        """The begun request is complete: fill in what was kept of it."""
        self.request_state = IN_STEP
        request.size = self.request_size
        request.first_ns = self.request_first_ns
        request.flags = self.request_flags

    def asked_quietly(self, request: Request, seq: i64, end: i64, ts_ns: i64, ack: i64) -> None:
        """`request` is complete and may get a reply or none. `arrived` is for one that does."""
        request.expected = PERHAPS
        request.timed_out = True  # it is silent then
        self.quiet = True
        self.arrived(request, seq, end, ts_ns, ack)

    def _bad_request(self) -> None:
        """The request stream is not the protocol."""
        if self.trust == EXACT:
            self.counts.not_protocol += 1
            self.request_state = DEAF
            self.forget_request()
            return
        self.nonsense += 1
        self._break_requests()
        self.lose(0)
        if self.nonsense >= MAX_NONSENSE:
            self.let_go()

    def _break_requests(self) -> None:
        """Where the next request begins is not known."""
        self.forget_request()
        self.request_state = SEARCHING
        self.unbroken = False

    def let_go(self) -> None:
        """The connection speaks something else, or cannot be followed: read no more."""
        self.counts.not_protocol += 1
        self.lose(0)
        self.drop_waiting("not memcached")
        self.request_state = LET_GO
        self.forget_request()

    def passed_over(self, reply_end: i64, server_ack: i64, last_ns: i64) -> None:
        """Bytes came before the first ones that were handed over, replies up to `reply_end`."""
        self.first_seen = False
        self.reply_end = reply_end
        self.server_ack = server_ack
        self.last_ns = last_ns

    # Replies

    def reply_data(self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> None:
        if self.request_state == LET_GO:
            return
        try:
            pos = start
            if self.trust == LOST:
                pos = self._find_reply(data, start, end, seq, ack)
            self._read_replies(data, pos, end, ts_ns, (seq + pos - start) & MASK, ack)
        except ProtocolError:
            self.in_step = False
            self.unread(end - start)
            self._bad_reply()
        self.server_ack = ack
        self.reply_end = (seq + end - start) & MASK
        self.last_ns = ts_ns

    def _find_reply(self, data: bytes, start: i64, end: i64, seq: i64, ack: i64) -> i64:
        """The position in the piece where a reply begins that can be paired, or `end`."""
        at = 0 if self._proven_start(data, start, end, ack) else self.seek(seq, end - start, ack)
        pos = end if at < 0 else start + at
        if pos > start:
            self._pass_over(data, start, pos)
        if at >= 0 and self.in_step and self.replies.begun:
            self.contradicted("contradiction")  # a reply is still going on there
            return end
        if at >= 0:
            self.replies.reset()
            self.in_step = True
            self.refresh()
        return pos

    def _proven_start(self, data: bytes, start: i64, end: i64, ack: i64) -> bool:
        """Whether a piece begins with the reply to a request that is known for sure."""
        owner = self.proven_owner(data, start, end)
        if owner is None or (self.in_step and self.replies.begun):
            return False
        if (ack - owner.end) & SIGN:
            return False
        queue = self.queue
        while queue.head is not None and queue.head is not owner:
            self.pool.put(queue.pop())
            self.counts.drop("lost in step", 1)
        self.counts.resyncs += 1
        self.first_seen = False
        self.checks = 0
        self.trust = EXACT
        self.confirm_trial()
        return True

    def _pass_over(self, data: bytes, pos: i64, end: i64) -> None:
        """Read replies that are not paired: only how many they are is of interest."""
        replies = self.replies
        while self.in_step and pos < end:
            pos = replies.feed(data, pos, end)
            if not replies.done:
                return
            if not self.is_push():
                self.owed -= 1
            replies.next_message()
        if pos < end:
            self.unread(end - pos)

    def _read_replies(
        self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> None:
        replies = self.replies
        self.replied_since = True
        begin = pos
        while pos < end:
            if not replies.begun:
                self.reply_first_ns = ts_ns
                self.reply_seq = (seq + pos - begin) & MASK
                self.reply_ack = ack
                self.reply_size = 0
                self.reply_flags = 0
            if self.notes:
                self.reply_flags = self.reply_flags | OUT_OF_ORDER
            stop = replies.feed(data, pos, end)
            self.reply_size += stop - pos
            pos = stop
            if not replies.done:
                return
            self.reply_last_ns = ts_ns
            if not self._settle():
                replies.next_message()
                self._pass_over(data, pos, end)
                return
            replies.next_message()

    def _settle(self) -> bool:
        """Give the reply just read to its request; False if nothing more can be believed."""
        head = self.queue.head
        if (
            self.plain
            and head is not None
            and head.expected > 0
            and not (self.reply_ack - head.end) & SIGN
            and self.matches(head)
            and not self.breaks(head)
        ):
            self._answer(head)
            return True
        return self._settle_unusual()

    def _settle_unusual(self) -> bool:
        if self.is_push():
            self.counts.pushes += 1
            return True
        request = self._owner()
        if request is None:
            self.owed -= 1
            empty = self.queue.head is None
            self.contradicted("reply without request" if empty else "contradiction")
            return False
        if request.expected == DOUBTFUL or (request.expected == PERHAPS and self._rivals(request)):
            self.counts.drop("quiet, answer unclear", 1)
            self._doubt_owners(request)
            return True
        self._be_silent_before(request)
        if self.lossy and not self.is_whole(request):
            self.pool.put(self.queue.pop())
            self.counts.drop("reply in part", 1)
            return True
        self._check_passed(request)
        breaks = self.breaks(request)
        if self.trial is not None:
            self.queue.pop()
            self._owes_less(request)
            self.try_out(request, self.answered_exchange(request), int(self.reply_kind()))
            self.pool.put(request)
        else:
            self._answer(request)
        if breaks:
            self.contradicted("unclear what is replied")
        return self.trust != LOST

    def _owner(self) -> Request | None:
        """The first request in the queue that the reply just read can belong to."""
        request = self.queue.head
        while request is not None and not (self.reply_ack - request.end) & SIGN:
            if self.matches(request):
                return request
            if request.expected > 0:
                return None
            request = request.next
        return None

    def _rivals(self, request: Request) -> bool:
        """Whether one behind `request` can have the reply as well, or too many stand there."""
        seen: i64 = 0
        other = request.next
        while other is not None and not (self.reply_ack - other.end) & SIGN:
            if self.matches(other) or seen >= RIVALS_SEEN:
                return True
            if other.expected > 0:
                return False
            seen += 1
            other = other.next
        return False

    def _doubt_owners(self, request: Request | None) -> None:
        """Believe no reply of any request from `request` on that could have this one."""
        while request is not None and not (self.reply_ack - request.end) & SIGN:
            sure = request.expected > 0
            if self.matches(request):
                if request.expected == PERHAPS:
                    self.queue.optional -= 1
                elif sure:
                    self.owed -= 1
                request.expected = DOUBTFUL
                request.timed_out = True  # not to be reported
            if sure:
                return
            request = request.next

    def _check_passed(self, request: Request) -> None:
        """The reply fits: count it among the checks, and see whether it is a proof."""
        if self.checks > 0:
            self.checks -= 1
        if self.trust != EXACT and self.proves(request):
            self.checks = 0
            self.trust = EXACT
            self.confirm_trial()
        if self.checks == 0:
            self.refresh()

    def _answer(self, request: Request) -> None:
        """The reply just read is that of `request`, the oldest one."""
        self.queue.pop()
        self._owes_less(request)
        if self.count_answer(request, self.reply_first_ns - request.last_ns):
            self.recorder.report(self.answered_exchange(request))
        self.pool.put(request)

    def _owes_less(self, request: Request) -> None:
        if request.expected != PERHAPS:
            self.owed -= 1

    def _bad_reply(self) -> None:
        """The reply stream is not the protocol, or was read from a wrong place."""
        self.nonsense += 1
        if self.trust == EXACT or self.nonsense >= MAX_NONSENSE:
            self.let_go()
            return
        self.contradicted("no reply of memcached")

    # Silence

    def _be_silent_before(self, request: Request) -> None:
        """A reply to `request` came: the quiet ones before it get none."""
        queue = self.queue
        while queue.head is not None and queue.head is not request:
            self.be_silent(queue.pop(), self.trust == EXACT and not self.lossy)

    def be_silent(self, request: Request, exact: bool) -> None:
        """`request`, taken out of the queue, gets no reply; `exact`: that is sure."""
        unclear = self.lossy and not exact and self.tells_success(request)
        if unclear or request.expected == DOUBTFUL:
            self.counts.drop("quiet, answer unclear", 1)
            self.pool.put(request)
            return
        trial = self.trial
        if trial is None:
            self.counts.silent += 1
            if self.recorder.wants(SILENT, False):
                self.recorder.report(self._silent_exchange(request, exact))
        elif self.pool.on_trial < TRIALS_TOTAL:
            trial.exchanges.append(self._silent_exchange(request, False))
            self.pool.on_trial += 1
        else:
            self.counts.drop("trial undecided", 1)
        self.pool.put(request)

    def _silent_exchange(self, request: Request, exact: bool) -> Exchange:
        exchange = self.request_exchange(request)
        exchange.status = SILENT
        exchange.time_ns = request.last_ns
        exchange.exact = exact
        return exchange

    def expire(self, now_ns: i64) -> None:
        if self.trust >= INFERRED and not self.replies.begun:
            self._expire_quiet(now_ns)
        super().expire(now_ns)

    def _expire_quiet(self, now_ns: i64) -> None:
        """Quiet requests that nothing behind can tell about are silent after the timeout."""
        queue = self.queue
        if queue.optional == 0 or queue.size > queue.optional:
            return
        head = queue.head
        while head is not None and now_ns - head.last_ns >= self.timeout_ns:
            self.be_silent(queue.pop(), False)
            head = queue.head

    def finish(self, end: i64, ts_ns: i64) -> None:
        told = end != END_CAPTURE and end != END_FORGOTTEN and end != END_LOST
        if told and self.trust != LOST:
            self.end_quiet()
        super().finish(end, ts_ns)

    def end_quiet(self) -> None:
        """Nothing more comes: quiet requests get no reply any more."""
        waiting = self.queue
        self.queue = WaitingQueue()
        while waiting.head is not None:
            request = waiting.pop()
            if request.expected > 0:
                self.queue.append(request)
            else:
                self.be_silent(request, False)

    # Loss

    def request_gap(self, size: i64, seq: i64) -> None:
        if self.request_state == LET_GO:
            return
        inside = self.request_state == INSIDE and size < self.request_countdown()
        if inside and self.skip_request(size):
            self.request_size += size
            self.request_flags = self.request_flags | GAP
            self._doubt()
            return
        self._miss_requests("request lost", GAP)

    def reply_gap(self, size: i64, seq: i64) -> None:
        if self.request_state == LET_GO:
            return
        replies = self.replies
        if self.trust != LOST and replies.begun and size < replies.countdown():
            replies.skip(size)
            self.reply_size += size
            self.reply_flags = self.reply_flags | GAP
            self._doubt()
            return
        self.unread(size)
        self.miss_replies(GAP)

    def _miss_requests(self, reason: str, flags: i64) -> None:
        if not self.quiet:
            self.owed += 1  # what is missing held a request, or the end of one
        if self.request_state != DEAF:
            self._break_requests()
        self.one_by_one = False
        self.drop_waiting(reason)
        self.missed()
        self.lose(flags)

    def miss_replies(self, flags: i64) -> None:
        """Replies may be missing: which requests still wait for one is not known."""
        self.in_step = False
        self.missed()
        self.lose(flags)

    def missed(self) -> None:
        """Bytes are missing: what a proof was built on does not count any more."""

    def _doubt(self) -> None:
        """Bytes of a value are missing: the order holds, but it is not proven any more."""
        self.missed()
        if self.trust == EXACT:
            self.trust = INFERRED
            self.refresh()

    def refresh(self) -> None:
        self.plain = self.trust == EXACT and not self.lossy  # else each reply may be a proof

    def request_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        if self.request_state == LET_GO:
            return
        if self.request_state == INSIDE and self.skip_request(size):
            self.request_size += size
            self.request_flags = self.request_flags | TRUNCATED
            self.complete_request(ts_ns, (seq + size) & MASK, self.previous_anchor)
            return
        self._miss_requests("cut off", TRUNCATED)

    def reply_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        if self.request_state == LET_GO:
            return
        replies = self.replies
        if self.trust == LOST:
            self.in_step = False
            self.unread(size)
        elif replies.begun and replies.skip_to_end(size):
            self.reply_size += size
            self.reply_flags = self.reply_flags | TRUNCATED
            if replies.done:
                self.reply_last_ns = ts_ns
                self._settle()
                replies.next_message()
        else:
            self.unread(size)
            self.miss_replies(TRUNCATED)

    def retransmitted(self, from_client: bool, first: i64, last: i64) -> None:
        if not from_client:
            if self.replies.begun and distance(last, self.reply_seq) > 0:
                self.reply_flags = self.reply_flags | RETRANSMISSION
            return
        request = self.queue.head
        while request is not None and distance(last, request.seq) > 0:
            if distance(request.end, first) > 0:
                request.flags = request.flags | RETRANSMISSION
            request = request.next
        if self.request_state == INSIDE and distance(last, self.request_seq) > 0:
            self.request_flags = self.request_flags | RETRANSMISSION

    # Exchanges

    def request_exchange(self, request: Request) -> Exchange:
        ends = self.ends
        exchange = Exchange()
        exchange.protocol = "memcached"
        exchange.client = ends.client
        exchange.server = ends.server
        exchange.server_port = ends.server_port
        self.describe_request(request, exchange)
        exchange.exact = self.trust == EXACT
        exchange.depth = request.depth
        exchange.flags = request.flags
        exchange.request_first_ns = request.first_ns
        exchange.request_last_ns = request.last_ns
        exchange.request_bytes = request.size
        exchange.request_seq = request.seq
        return exchange

    def answered_exchange(self, request: Request) -> Exchange:
        exchange = self.request_exchange(request)
        self.describe_reply(request, exchange)
        exchange.flags = request.flags | self.reply_flags
        exchange.time_ns = self.reply_first_ns
        exchange.reply_first_ns = self.reply_first_ns
        exchange.reply_last_ns = self.reply_last_ns
        exchange.latency_ns = self.reply_first_ns - request.last_ns
        exchange.reply_bytes = self.reply_size
        exchange.reply_seq = self.reply_seq
        return exchange

    def is_answering(self) -> bool:
        return self.replies.begun
