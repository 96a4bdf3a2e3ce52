"""What sessions whose replies carry no id have in common: the queue, and the trust in it.

What becomes of a request: answered, late, silent, timed out, aborted. How far its place in
the queue is believed is `step`'s.
"""

from mypy_extensions import i64

from tcpkit.flow.stream import END_CAPTURE, END_FORGOTTEN, END_LOST
from tcpkit.protocols.message import (
    ABORTED,
    BLOCKING,
    GAP,
    LATE,
    OK,
    SILENT,
    TIMEOUT,
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
            self.recorder.report(exchange)
        self.pool.put(request)

    def count_answer(self, request: Request, latency_ns: i64) -> bool:
        """Count a reply that has come; whether its Exchange is wanted."""
        counts = self.counts
        if self.trust == EXACT:
            counts.exact += 1
        else:
            counts.inferred += 1
        if latency_ns >= self.timeout_ns and not request.flags & BLOCKING:
            if not request.timed_out:
                self._time_out(request)
            counts.late += 1
            request.flags = request.flags | LATE
        if self.next_flags:
            request.flags = request.flags | self.next_flags
            self.next_flags = 0
        commands = self.recorder.commands
        if commands is not None:
            commands.current = self.command_number(request, commands, True)
        if request.flags & BLOCKING:
            counts.blocking += 1
            return self.recorder.wants(OK, True)
        return self.recorder.answered(latency_ns)

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
                self._time_out(request)
            request = request.next

    def _time_out(self, request: Request) -> None:
        request.timed_out = True
        self.counts.timeouts += 1
        self.give_up(request, TIMEOUT, request.last_ns + self.timeout_ns)

    def give_up(self, request: Request, status: str, ts_ns: i64) -> None:
        """Report `request` as never answered."""
        self.tell_command(request)
        if self.recorder.wants(status, request.flags & BLOCKING != 0):
            exchange = self.request_exchange(request)
            exchange.status = status
            exchange.time_ns = ts_ns
            self.recorder.report(exchange)

    def finish(self, end: i64, ts_ns: i64) -> None:
        if end == END_LOST:
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
                self.give_up(request, ABORTED, ts_ns)
            request = request.next
        queue.clear()
