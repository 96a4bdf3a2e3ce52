"""Reads one connection whose replies come in the order of the requests.

A protocol's session reads requests (`read_request`), owns a ReplyReader, and says whether
the reply just read can be that of a request (`matches`). What is made of that is the
base's, see `quiet`; here is where messages begin and end, and what is missing.
"""

from typing import Final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK, SIGN, distance
from tcpkit.protocols.message import (
    GAP,
    NO_TIME,
    OUT_OF_ORDER,
    RETRANSMISSION,
    TRUNCATED,
    PairingCounts,
    Recorder,
)
from tcpkit.protocols.pairing import EXACT, INFERRED, LOST, Request, RequestPool
from tcpkit.protocols.quiet import QuietSession
from tcpkit.protocols.reply_line import KEPT_OF_REPLY
from tcpkit.protocols.reply_reader import ReplyReader

MAX_NONSENSE: Final = 16  # pieces that are not the protocol's before a connection is let go

# how the request stream is read: `request_state`
IN_STEP: Final = 0  # the next byte begins a request
INSIDE: Final = 1  # a request has begun
SEARCHING: Final = 2  # bytes are missing: a piece that begins with a request is looked for
DEAF: Final = 3  # the server will close, or reads no request any more
LET_GO: Final = 4  # another protocol, or nothing that can be followed


class OrderedSession(QuietSession):
    """State of one connection."""

    __slots__ = (
        "request_state", "request_first_ns", "request_seq", "request_size", "request_flags",
        "in_step", "nonsense",
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
        super().__init__(
            ends, recorder, counts, pool, timeout_ns, client_start, server_start, replies
        )
        self.request_state: i64 = IN_STEP if client_start else SEARCHING
        self.request_first_ns: i64 = NO_TIME  # of the request that comes in parts
        self.request_seq: i64 = 0
        self.request_size: i64 = 0
        self.request_flags: i64 = 0
        self.in_step = server_start  # where a reply begins is known
        self.nonsense: i64 = 0
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

    def proven_owner(self, data: bytes, start: i64, end: i64) -> Request | None:
        """Nothing is paired: the request that a reply which begins at `start` must belong to."""
        return None

    def missed(self) -> None:
        """Bytes are missing: what a proof was built on does not count any more."""

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
        self.drop_waiting("not the protocol")
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
            if self.keeps_replies:
                self._keep_reply(data, pos, stop)
            self.reply_size += stop - pos
            pos = stop
            if not replies.done:
                return
            self.reply_last_ns = ts_ns
            if self.explains:
                self.shares = pos < end
            if not self.settle():
                replies.next_message()
                self._pass_over(data, pos, end)
                return
            replies.next_message()

    def _keep_reply(self, data: bytes, pos: i64, end: i64) -> None:
        """Add a piece of the reply to what is kept of it, if that lies right before."""
        if self.reply_size == 0:
            self.reply_kept = b""
        room = KEPT_OF_REPLY - len(self.reply_kept)
        if room > 0 and len(self.reply_kept) == self.reply_size:
            self.reply_kept += data[pos : min(end, pos + room)]

    def _bad_reply(self) -> None:
        """The reply stream is not the protocol, or was read from a wrong place."""
        self.nonsense += 1
        if self.trust == EXACT or self.nonsense >= MAX_NONSENSE:
            self.let_go()
            return
        self.contradicted("not a reply")

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
        if self.quiet:
            self.owed_known = False  # what is missing may hold requests without a reply only
        else:
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

    def _doubt(self) -> None:
        """Bytes of a value are missing: the order holds, but it is not proven any more."""
        self.missed()
        if self.trust == EXACT:
            self.trust = INFERRED
            self.refresh()

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
                self.shares = False
                self.settle()
                replies.next_message()
        else:
            self.unread(size)
            self.miss_replies(TRUNCATED)

    def retransmitted(self, from_client: bool, first: i64, last: i64, ts_ns: i64) -> None:
        if not from_client:
            if self.replies.begun and distance(last, self.reply_seq) > 0:
                self.reply_flags = self.reply_flags | RETRANSMISSION
            return
        request = self.queue.head
        while request is not None and distance(last, request.seq) > 0:
            if distance(request.end, first) > 0:
                request.flags = request.flags | RETRANSMISSION
                request.resent_ns = ts_ns
            request = request.next
        if self.request_state == INSIDE and distance(last, self.request_seq) > 0:
            self.request_flags = self.request_flags | RETRANSMISSION
