"""What sessions whose replies carry no id have in common: the queue, and the trust in it.

What becomes of a request: answered, late, silent, timed out, aborted. How far its place in
the queue is believed is `step`'s.
"""

from mypy_extensions import i64

from tcpkit.flow.stream import END_CAPTURE, END_FORGOTTEN, END_LOST, END_REFUSED, is_proven
from tcpkit.protocols.held_up import MIN_HELD_NS
from tcpkit.protocols.message import (
    ABORTED,
    BLOCKING,
    GAP,
    LATE,
    NO_TIME,
    OK,
    SILENT,
    TIMEOUT,
    Evidence,
    Exchange,
)
from tcpkit.protocols.pairing import EXACT, LOST, REST_NS, TRIAL, Request, Trial
from tcpkit.protocols.step import Step


class PairedSession(Step):
    """State of one connection; subclasses parse, and say what a request and its reply are."""

    __slots__ = ()

    def silent(
        self, request: Request, seq: i64, ts_ns: i64, anchor: i64, proven: bool = True
    ) -> None:
        """`request` is complete at `ts_ns` and gets no reply at all: that is all of it.

        `proven`: it is certain that it gets none, if all else is.
        """
        self.counts.silent += 1
        self.hide_culprits()
        request.seq = seq
        request.last_ns = ts_ns
        request.depth = self.queue.size
        request.flags = request.flags | self.base_flags
        self.previous_anchor = anchor
        self.unbroken = True
        self.last_ns = ts_ns
        self.tell_command(request)
        if self.recorder.wants(SILENT, False):
            exchange = self.request_exchange(request)
            exchange.status = SILENT
            exchange.time_ns = ts_ns
            exchange.exact = exchange.exact and proven
            self.report_silent(exchange, anchor)
        self.pool.put(request)

    def report_silent(self, exchange: Exchange, anchor: i64) -> None:
        """`anchor` is how far the client had the replies when it sent the request."""
        self.recorder.report(exchange)

    def count_answer(self, request: Request, latency_ns: i64) -> bool:
        """Count a reply that has come; whether its Exchange is wanted."""
        counts = self.counts
        if self.trust == EXACT:
            counts.exact += 1
        else:
            counts.inferred += 1
        if latency_ns >= self.timeout_ns and not request.flags & BLOCKING:
            if not request.timed_out:
                self._time_out(request, None)
            counts.late += 1
            request.flags = request.flags | LATE
        if self.next_flags:
            request.flags = request.flags | self.next_flags
            self.next_flags = 0
        commands = self.recorder.commands
        if commands is not None:
            commands.current = self.command_number(request, commands, True)
            if commands.tells_errors:
                commands.failed = self.is_error_reply()
        if request.flags & BLOCKING:
            counts.blocking += 1
            return self.recorder.wants(OK, True)
        return self.recorder.answered(latency_ns)

    def tell_wait(self, request: Request, exchange: Exchange) -> None:
        """Of the latency of `exchange`, now complete: how much was spent behind earlier replies.

        To be called before the reply counts as an earlier one itself (`replied_ns`).
        """
        if request.depth == 0:
            exchange.queue_ns = 0  # the earlier replies had come, whole
        elif self.replied_ns != NO_TIME:
            waited = min(self.replied_ns - request.last_ns, exchange.latency_ns)
            exchange.queue_ns = max(waited, 0)
        held_up = self.held_up
        if self.explains and held_up is not None:
            evidence = exchange.evidence or Evidence()
            evidence.together = held_up.together
            since_ns, until_ns = request.last_ns, held_up.before_ns
            if request.depth > 0 and until_ns > since_ns:
                evidence.behind_ns = min(until_ns - since_ns, exchange.latency_ns)
                evidence.behind = held_up.longest(since_ns, until_ns)
            exchange.evidence = evidence

    def take_turn(self, request: Request, first_ns: i64, last_ns: i64) -> None:
        """Explaining: the reply just read is that of `request`, taken out of the queue."""
        held_up, waiting = self.held_up, self.queue.head
        if held_up is None:
            return
        replied_ns = self.replied_ns
        held_up.turn(first_ns, replied_ns, self.shares)
        if waiting is None or not held_up.names:
            return
        began_ns = first_ns
        if not held_up.together and (request.depth == 0 or replied_ns != NO_TIME):
            began_ns = max(request.last_ns, replied_ns)
        if last_ns - began_ns >= MIN_HELD_NS:
            name = self.request_exchange(request).request
            held_up.note(began_ns, last_ns, name, waiting.last_ns)

    def hide_culprits(self) -> None:
        """Requests without a reply hold up too, and nothing tells for how long."""
        if self.held_up is not None:
            self.held_up.names = False

    def _ends_well(self, trial: Trial) -> bool:
        """Whether what is on trial is believed when the capture ends."""
        return self._waits(trial) or (trial.short and not self.pipelines)

    def expire(self, now_ns: i64) -> None:
        if self.trust == LOST:
            return
        if self.trust == TRIAL:
            resting = now_ns - self.last_ns >= REST_NS
            if self.queue.size == self.queue.optional and resting:
                self.confirm_trial()
            return
        request = self.queue.head
        if request is not None and self.is_answering():
            request = request.next
        while request is not None:
            if now_ns - request.last_ns < self.timeout_ns:
                return
            if not request.timed_out and not request.flags & BLOCKING:
                self._time_out(request, self.queue.head)
            request = request.next

    def _time_out(self, request: Request, oldest: Request | None) -> None:
        request.timed_out = True
        self.counts.timeouts += 1
        # Never proven: nothing tells that the capture lost the reply, until more comes.
        self.give_up(request, TIMEOUT, request.last_ns + self.timeout_ns, oldest, False)

    def give_up(
        self, request: Request, status: str, ts_ns: i64, oldest: Request | None, proven: bool
    ) -> None:
        """Report `request` as never answered; `oldest` is the one that waits longest.

        `proven`: no reply can be missing, if no byte is.
        """
        self.tell_command(request)
        if self.recorder.wants(status, request.flags & BLOCKING != 0):
            exchange = self.request_exchange(request)
            exchange.status = status
            exchange.time_ns = ts_ns
            exchange.exact = exchange.exact and proven
            if self.explains and oldest is not None and oldest is not request:
                evidence = exchange.evidence or Evidence()
                evidence.behind = self.request_exchange(oldest).request
                exchange.evidence = evidence
            self.recorder.report(exchange)

    def finish(self, end: i64, ts_ns: i64) -> None:
        if end == END_LOST or (end == END_REFUSED and self._accepted()):
            self.lose(GAP)
        waiting = self.queue.size - self.queue.optional
        if self.trust == TRIAL and waiting > 0 and end != END_CAPTURE:
            self.contradicted("trial failed")  # a client that waits has all its replies by then
        trial = self.trial
        if trial is not None and end == END_CAPTURE and not self._ends_well(trial):
            self._drop_trial("trial undecided")
        self.confirm_trial()
        queue = self.queue
        if self.trust == LOST:
            self.drop_waiting("lost in step")
            return
        if end == END_CAPTURE or end == END_FORGOTTEN:
            self.counts.unanswered += queue.clear()
            return
        request = queue.head
        while request is not None:
            if not request.timed_out:  # else it was logged once
                self.counts.aborted += 1
                self.give_up(request, ABORTED, ts_ns, queue.head, is_proven(end))
            request = request.next
        queue.clear()

    def _accepted(self) -> bool:
        """Whether a request waits that the server may have had, and answered, before it closed.

        Not one that came with the last bytes: those the server has refused.
        """
        head = self.queue.head
        return head is not None and head.last_ns != self.last_ns
