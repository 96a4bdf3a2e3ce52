"""Who gets the reply just read, where requests may be silent.

Replies come in the order of the requests, but a request may be quiet: it is answered only
if something is to be told (a hit, an error). It waits in the queue as PERHAPS answered,
and what follows decides:

- a reply that it can have is its own, unless another quiet request behind it could have
  it as well: then neither is believed, both are DOUBTFUL, and nothing is made of them;
- a reply to a later request says that it was silent;
- so does its timeout where nothing behind it waits for a sure reply, and the connection's
  end: likely, not proven, since a lost reply looks the same. At the capture's end it is
  still open: unanswered.
"""

from typing import Final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import SIGN
from tcpkit.flow.stream import END_CAPTURE, END_FORGOTTEN, END_LOST
from tcpkit.protocols.message import NO_TIME, SILENT, Exchange, PairingCounts, Recorder
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
from tcpkit.protocols.reply_reader import ReplyReader
from tcpkit.protocols.request_exchange import exchange_of
from tcpkit.protocols.session import PairedSession

RIVALS_SEEN: Final = 1024  # waiting requests looked at for one that could have the same reply


class QuietSession(PairedSession):
    """Pairs, for sessions that read. `reply_*` are facts of the reply that `replies` reads."""

    __slots__ = (
        "replies", "reply_first_ns", "reply_last_ns", "reply_seq", "reply_ack", "reply_size",
        "reply_flags", "reply_kept", "keeps_replies", "quiet", "lossy",
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
        self.reply_first_ns: i64 = NO_TIME
        self.reply_last_ns: i64 = NO_TIME
        self.reply_seq: i64 = -1
        self.reply_ack: i64 = 0  # request position acknowledged with the reply's first byte
        self.reply_size: i64 = 0
        self.reply_flags: i64 = 0
        self.reply_kept = b""  # its beginning, where the recorder asks for that
        self.keeps_replies = recorder.keeps_replies
        self.quiet = False  # the client was seen to send requests that may get no reply
        self.lossy = False  # replies may be missing without a trace: over UDP

    # What a protocol adds

    def protocol_name(self) -> str:
        """As in the JSON line."""
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

    def all_differ(self) -> bool:
        """Whether it is known already that no reply fits to two of the quiet requests."""
        return False

    def told_apart(self) -> bool:
        """Whether replies say which of the waiting requests they belong to, in any order."""
        return self.queue.size <= 1

    def breaks(self, request: Request) -> bool:
        """Whether after the reply just read it is not known what the server reads as requests."""
        return False

    def doubts(self, request: Request) -> bool:
        """Whether the reply just read, though it fits, may be that of one that gets none."""
        return False

    def describe_request(self, request: Request, exchange: Exchange) -> None:
        """Set command, key and text."""
        raise NotImplementedError

    def describe_reply(self, request: Request, exchange: Exchange) -> None:
        """Set status, code and hits."""
        raise NotImplementedError

    # Pairs

    def asked_quietly(self, request: Request, seq: i64, end: i64, ts_ns: i64, ack: i64) -> None:
        """`request` is complete and may get a reply or none. `arrived` is for one that does."""
        request.expected = PERHAPS
        request.timed_out = True  # it is silent then
        self.quiet = True
        self.arrived(request, seq, end, ts_ns, ack)

    def settle(self) -> bool:
        """Give the reply just read to its request; False if nothing more can be believed."""
        head = self.queue.head
        if (
            self.plain
            and head is not None
            and head.expected > 0
            and not (self.reply_ack - head.end) & SIGN
            and self.matches(head)
            and not self.breaks(head)
            and not self.doubts(head)
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
            self.replied_ns = self.reply_last_ns
            return True
        if self.trust == EXACT and self.doubts(request):
            self.trust = INFERRED
            self.refresh()
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
            if self.explains:
                self.take_turn(request, self.reply_first_ns, self.reply_last_ns)
            exchange = self.answered_exchange(request)
            self.replied_ns = self.reply_last_ns
            self.try_out(request, exchange, int(self.reply_kind()))
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
        if self.all_differ():
            return False
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
        if self.explains:
            self.take_turn(request, self.reply_first_ns, self.reply_last_ns)
        if self.count_answer(request, self.reply_first_ns - request.last_ns):
            self.recorder.report(self.answered_exchange(request))
        self.replied_ns = self.reply_last_ns
        self.pool.put(request)

    def _owes_less(self, request: Request) -> None:
        if request.expected != PERHAPS:
            self.owed -= 1

    def refresh(self) -> None:
        self.plain = self.trust == EXACT and not self.lossy  # else each reply may be a proof

    def is_answering(self) -> bool:
        return self.replies.begun

    # Silence

    def _be_silent_before(self, request: Request) -> None:
        """A reply to `request` came: the quiet ones before it get none."""
        queue = self.queue
        while queue.head is not None and queue.head is not request:
            self.be_silent(queue.pop(), self.trust == EXACT and not self.lossy)

    def be_silent(self, request: Request, exact: bool) -> None:
        """`request`, taken out of the queue, gets no reply; `exact`: that is sure."""
        self.hide_culprits()
        unclear = self.lossy and not exact and self.tells_success(request)
        if unclear or request.expected == DOUBTFUL:
            self.counts.drop("quiet, answer unclear", 1)
            self.pool.put(request)
            return
        trial = self.trial
        if trial is None:
            self.counts.silent += 1
            self.tell_command(request)
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

    # Exchanges

    def request_exchange(self, request: Request) -> Exchange:
        exchange = exchange_of(request, self.ends, self.protocol_name())
        self.describe_request(request, exchange)
        exchange.exact = self.trust == EXACT
        return exchange

    def answered_exchange(self, request: Request) -> Exchange:
        exchange = self.request_exchange(request)
        exchange.reply = self.reply_kept
        self.describe_reply(request, exchange)
        exchange.flags = request.flags | self.reply_flags
        exchange.time_ns = self.reply_first_ns
        exchange.reply_first_ns = self.reply_first_ns
        exchange.reply_last_ns = self.reply_last_ns
        exchange.latency_ns = self.reply_first_ns - request.last_ns
        exchange.reply_bytes = self.reply_size
        exchange.reply_seq = self.reply_seq
        self.tell_wait(request, exchange)
        return exchange
