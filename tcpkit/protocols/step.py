"""How far the order of a connection's requests and replies is believed.

A protocol's session parses, and tells what it found: `arrived` for a request, `seek` where
nothing is paired yet, `believable` before a reply is believed, `lose` when bytes are missing.
See `pairing` for what the words mean.
"""

from typing import Final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK, SIGN, distance
from tcpkit.flow.stream import Stream
from tcpkit.protocols.command_numbers import CommandNumbers
from tcpkit.protocols.held_up import HeldUp
from tcpkit.protocols.message import (
    BLOCKING,
    ERROR,
    MID_STREAM,
    NO_TIME,
    OK,
    SILENT,
    Exchange,
    PairingCounts,
    Recorder,
)
from tcpkit.protocols.pairing import (
    DRAINS_NEEDED,
    EXACT,
    HABIT,
    INFERRED,
    LOST,
    MAX_WAITING,
    MAX_WAITING_LOST,
    PAUSE_FACTOR,
    PAUSE_NS,
    PERHAPS,
    REST_NS,
    SHIFTS,
    TRIAL,
    TRIALS_TOTAL,
    Request,
    RequestPool,
    Trial,
    WaitingQueue,
)

CHECKS_AFTER_ANCHOR: Final = 64  # replies whose type is checked after a new start
CHECKS_OF_HABIT: Final = 16  # the same where the client was seen to wait for its replies
SMALLEST_REPLY: Final = 3  # bytes: RESP3's null; no protocol here has a smaller one
UNKNOWN_POSITION: Final = -1


class Step(Stream):
    """The trust in one connection, and what speaks for it and against it."""

    __slots__ = (
        "ends", "recorder", "counts", "pool", "timeout_ns", "queue", "trust", "trial", "plain",
        "drains", "overlaps", "pipelines", "one_by_one", "checks", "next_flags", "base_flags",
        "last_ns", "server_ack", "reply_end", "burst", "batches", "owed", "owed_known",
        "replied_since", "previous_anchor", "unbroken", "first_seen", "pause_ns", "replied_ns",
        "explains", "shares", "held_up",
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
    ) -> None:
        super().__init__()
        self.ends = ends
        self.recorder = recorder
        self.counts = counts
        self.pool = pool
        self.timeout_ns = timeout_ns
        self.queue = WaitingQueue()
        self.trial: Trial | None = None
        self.trust: i64 = LOST
        if client_start:
            self.trust = EXACT if server_start else INFERRED
        self.plain = True  # nothing but the next reply to the next request is expected
        self.drains: i64 = 0  # times the client was seen to wait for all replies
        self.overlaps = False  # it was seen not to
        self.pipelines = False  # it was seen to send several before it waits
        self.checks: i64 = 0 if self.trust == EXACT else CHECKS_AFTER_ANCHOR
        self.next_flags: i64 = 0  # of the next exchange only
        self.base_flags: i64 = 0 if client_start and server_start else MID_STREAM
        self.last_ns: i64 = NO_TIME  # time of the last payload, either direction
        self.server_ack: i64 = UNKNOWN_POSITION  # acknowledged with the last reply bytes
        self.batches: i64 = 0  # drains of several requests less drains of a single one
        self.owed: i64 = 0  # replies that the server owes, at least
        self.owed_known = client_start
        self.burst: i64 = 0  # requests before the last one that had the same anchor
        self.reply_end: i64 = UNKNOWN_POSITION  # behind the last reply bytes
        self.replied_since = False  # reply bytes came since the last request
        self.previous_anchor: i64 = UNKNOWN_POSITION  # of the request before, if it was seen
        self.one_by_one = client_start  # since the start, each request came after new reply bytes
        self.unbroken = client_start  # no request bytes were missed since the request before
        self.first_seen = not client_start  # the next request is the first one seen
        self.pause_ns: i64 = NO_TIME  # on trial: how long all was quiet before the last request
        # last byte of the latest reply, in order; 0: there was none yet; NO_TIME: not known
        self.replied_ns: i64 = 0 if client_start and server_start else NO_TIME
        self.explains = recorder.explains
        self.shares = False  # explaining: more follows in the last packet of the reply just read
        self.held_up = HeldUp() if recorder.explains else None
        counts.sessions += 1
        if self.base_flags:
            counts.mid_stream += 1

    def answered_exchange(self, request: Request) -> Exchange:
        """The Exchange of `request`, with the reply just read."""
        raise NotImplementedError

    def request_exchange(self, request: Request) -> Exchange:
        """The Exchange of `request`, without a reply."""
        raise NotImplementedError

    def command_number(self, request: Request, commands: CommandNumbers, replied: bool) -> i64:
        """The number of the command of `request`; `replied`: by the reply just read.

        By the words of the log; a protocol whose requests are many finds it faster.
        """
        exchange = self.answered_exchange(request) if replied else self.request_exchange(request)
        return commands.number(exchange.command, replied and exchange.status == OK)

    def tell_command(self, request: Request) -> None:
        """Before the recorder is told of `request`, which has no reply."""
        commands = self.recorder.commands
        if commands is not None:
            commands.current = self.command_number(request, commands, False)
            commands.failed = False

    def is_error_reply(self) -> bool:
        """Whether the reply just read is an error."""
        raise NotImplementedError

    def is_answering(self) -> bool:
        """Whether a reply has begun and not ended."""
        raise NotImplementedError

    def command_name(self, request: Request) -> bytes:
        """The command, as sent."""
        raise NotImplementedError

    def may_answer(self, name: bytes, kind: int) -> bool:
        """Whether a reply of this kind can belong to the command."""
        raise NotImplementedError

    def may_be_proven(self, request: Request) -> bool:
        """Whether a later reply can say for sure that it is that of `request`."""
        return False

    def arrived(self, request: Request, seq: i64, end: i64, ts_ns: i64, anchor: i64) -> None:
        """`request` is complete at `ts_ns`: it waits from now on."""
        queue = self.queue
        request.seq = seq
        request.end = end
        request.last_ns = ts_ns
        request.anchor = anchor
        request.flags = request.flags | self.base_flags
        request.rested = self.last_ns != NO_TIME and ts_ns - self.last_ns >= REST_NS
        request.leads = self.unbroken and anchor != self.previous_anchor
        if not request.leads:
            self.one_by_one = False
        if self.reply_end < 0:
            self.reply_end = anchor
        if self.replied_since and anchor == self.reply_end:
            self.replied_since = False
            self._note_habit(ts_ns)
        if anchor == self.previous_anchor:
            self.burst += 1
        else:
            self.burst = 0
        # where the client has replies that are missing here, they answer what waits
        lagging = anchor != self.reply_end and distance(anchor, self.reply_end) > 0
        request.depth = self.burst if lagging else queue.size
        if request.depth > 0 and self.trust > LOST:
            self.pipelines = True
        self.previous_anchor = anchor
        self.unbroken = True
        if self.trust == TRIAL:
            quiet = self.last_ns != NO_TIME and request.depth == 0
            self.pause_ns = request.first_ns - self.last_ns if quiet else NO_TIME
        self.last_ns = ts_ns
        if request.expected != PERHAPS:
            self.owed += 1
        queue.append(request)
        if queue.size > MAX_WAITING_LOST:
            self._bound()

    def _note_habit(self, ts_ns: i64) -> None:
        """A request came, and the client had all replies that were seen when it sent it."""
        waiting = self.queue.size - self.queue.optional
        due = waiting
        if self.trust == LOST:
            due = 0
        if self.owed_known and self.owed > due:
            self.overlaps = True
            if self.trust > LOST:
                self.contradicted("contradiction")
            return
        if self.trust == LOST:
            return
        if waiting > 0:
            self.overlaps = True
            return
        self.drains += 1
        if self.burst > 0:
            self.batches += 1
        else:
            self.batches -= 1
        if self.trust == TRIAL:
            self._pause(ts_ns)

    def unread(self, size: i64) -> None:
        """`size` reply bytes were lost or not read: so many replies at most were among them."""
        self.owed -= size // SMALLEST_REPLY + 1

    def _bound(self) -> None:
        if self.trust == LOST:
            self.pool.put(self.queue.pop())
            self.counts.drop("lost in step", 1)
        elif self.queue.size > MAX_WAITING:
            self.counts.drop("too many waiting", self.queue.clear())
            self.lose(0)

    def lose(self, flags: i64) -> None:
        """Something was missed: pair nothing until an anchor holds."""
        self.trust = LOST
        self.replied_ns = NO_TIME
        self.next_flags = self.next_flags | flags
        self.refresh()

    def drop_waiting(self, reason: str) -> None:
        self.counts.drop(reason, self.queue.clear())

    def refresh(self) -> None:
        """Bring `plain` up to date."""
        self.plain = self.trust >= INFERRED and self.checks == 0

    def seek(self, seq: i64, size: i64, ack: i64) -> i64:
        """Where in the `size` reply bytes at `seq` a reply begins that an anchor vouches for.

        -1: nowhere. Requests that no reply can be found for any more are dropped.
        """
        queue = self.queue
        request = queue.head
        while request is not None:
            at = distance(request.anchor, seq)
            if at >= size:
                break
            if at >= 0 and self._is_anchor(request, at, ack):
                self._start_at(request)
                return at
            request = request.next
        while queue.head is not None and distance(queue.head.anchor, seq) < size:
            if self.may_be_proven(queue.head):
                break
            self.pool.put(queue.pop())
            self.counts.drop("lost in step", 1)
        self.first_seen = False
        return -1

    def _is_anchor(self, request: Request, at: i64, ack: i64) -> bool:
        if distance(ack, request.end) < 0:
            return False  # sent before the server had the request
        if self.overlaps and not request.rested:
            return False
        if request.leads:
            return True
        if self.first_seen and request is self.queue.head:
            return request.expected != PERHAPS  # else one before it may have been quiet, too
        return at == 0 and request.seq == self.server_ack

    def _start_at(self, request: Request) -> None:
        """Believe that the next reply is that of `request`."""
        queue = self.queue
        dropped: i64 = 0
        while queue.head is not None and queue.head is not request:
            self.pool.put(queue.pop())
            dropped += 1
        self.counts.drop("lost in step", dropped)
        self.counts.resyncs += 1
        self.first_seen = False
        self.checks = CHECKS_AFTER_ANCHOR
        waits = self.drains >= DRAINS_NEEDED and not self.pipelines
        if self.trial is None and (waits or self.one_by_one):
            self.trust = INFERRED
            self.checks = CHECKS_OF_HABIT
        else:
            self.trust = TRIAL
            if self.trial is None:
                self.trial = Trial(self.drains)
            self.trial.begin_run()
        self.refresh()

    def contradicted(self, reason: str) -> None:
        """A reply cannot be that of the oldest request: the step was never right, or is lost."""
        self.counts.drop(reason, 1)
        if self.trial is not None:
            self._drop_trial("trial failed")
        self.drains = 0
        self.one_by_one = False
        self.trust = LOST
        self.replied_ns = NO_TIME
        self.first_seen = False
        self.refresh()

    def believable(self, request: Request, kind: int, reply_ack: i64) -> bool:
        """Whether a reply of this kind can be the one of `request`."""
        if (reply_ack - request.end) & MASK & SIGN:
            return False
        if self.checks > 0:
            self.checks -= 1
            if self.checks == 0:
                self.refresh()
            return self.fits(request, kind)
        return True

    def fits(self, request: Request, kind: int) -> bool:
        """Whether a reply of this kind can belong to the command of `request`."""
        return self.may_answer(self.command_name(request), kind)

    def try_out(self, request: Request, exchange: Exchange, kind: int) -> None:
        """Keep an exchange back until the guess that it is a pair is confirmed."""
        trial = self.trial
        assert trial is not None
        for by in range(1, SHIFTS + 1):
            name = trial.name_before(by)
            if name is not None and not self.may_answer(name, kind):
                trial.exclude(by)
        trial.add(exchange, self.command_name(request))
        if self.pause_ns != NO_TIME and request.depth == 0:
            trial.weigh(self.pause_ns, exchange.latency_ns)
        self.pool.on_trial += 1
        full = trial.full or self.pool.on_trial > TRIALS_TOTAL
        if (full and self._waits(trial)) or trial.decided:
            self.confirm_trial()
        elif full:
            self.contradicted("trial undecided")

    def _waits(self, trial: Trial) -> bool:
        """Whether the client, by all that was seen, waits for all replies before it goes on.

        One that sends several at once has to show it by doing so again and again. Where it
        is not known how many replies were owed before, it must have the habit, or take its time.
        """
        if self.pipelines and self.batches <= 0:
            return False
        return self.owed_known or trial.leisurely or trial.habit >= HABIT

    def _pause(self, ts_ns: i64) -> None:
        """A request came and nothing waited: after a long pause the trial has gone well."""
        trial = self.trial
        assert trial is not None
        pause = ts_ns - self.last_ns
        if trial.exchanges and pause >= PAUSE_NS and pause >= PAUSE_FACTOR * trial.longest_ns:
            self.confirm_trial()

    def confirm_trial(self) -> None:
        """The guess was right: report what was kept back."""
        trial = self.trial
        if trial is None:
            return
        self.trial = None
        self.pool.on_trial -= len(trial.exchanges)
        if self.trust == TRIAL:
            self.trust = INFERRED
        self.refresh()
        for exchange in trial.exchanges:
            if self._count_tried(exchange):
                self.recorder.report(exchange)

    def _count_tried(self, exchange: Exchange) -> bool:
        """Count an exchange whose trial went well; whether it is wanted."""
        commands = self.recorder.commands
        if commands is not None:
            commands.current = commands.number(exchange.command, exchange.status == OK)
            commands.failed = exchange.status == ERROR
        if exchange.status == SILENT:
            self.counts.silent += 1
            return self.recorder.wants(SILENT, False)
        self.counts.inferred += 1
        if exchange.flags & BLOCKING:
            self.counts.blocking += 1
            return self.recorder.wants(exchange.status, True)
        return self.recorder.answered(exchange.latency_ns)

    def _drop_trial(self, reason: str) -> None:
        trial = self.trial
        assert trial is not None
        self.counts.drop(reason, len(trial.exchanges))
        self.pool.on_trial -= len(trial.exchanges)
        self.trial = None
