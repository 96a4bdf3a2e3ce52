"""What the sessions of this folder share: requests that wait in order, on the bare Stream.

They let a connection go as soon as a byte of it is missing.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.stream import END_CAPTURE, END_FORGOTTEN, Stream, StreamOpener
from tcpkit.protocols.message import (
    ABORTED,
    OK,
    SILENT,
    TIMEOUT,
    Exchange,
    PairingCounts,
    Recorder,
)


@dataclass(frozen=True)
class Message:
    """A message of either direction: its place, and the times of its first and last byte."""

    tag: int  # what a reply has in common with its request; 0: nothing
    text: str
    seq: int
    size: int
    first_ns: int
    last_ns: int


@dataclass
class Waiting:
    message: Message
    may_be_silent: bool
    depth: int
    timed_out: bool = False


class QueuedStream(Stream):
    """Subclasses parse, and say what they found: `asked`, `answered`."""

    def __init__(
        self, ends: Endpoints, recorder: Recorder, counts: PairingCounts, timeout_ns: int
    ) -> None:
        super().__init__()
        self._ends = ends
        self._recorder = recorder
        self._counts = counts
        self._timeout_ns = timeout_ns
        self._queue: deque[Waiting] = deque()
        self.lost = False
        counts.sessions += 1

    def asked(self, message: Message, may_be_silent: bool = False) -> None:
        self._queue.append(Waiting(message, may_be_silent, len(self._queue)))

    def answered(self, reply: Message) -> None:
        """Pair `reply` with the oldest request of its tag; those before it were silent."""
        while self._queue:
            waiting = self._queue.popleft()
            request = waiting.message
            if request.tag == reply.tag:
                self._pair(waiting, reply)
                return
            if not waiting.may_be_silent:
                break
            self._counts.silent += 1
            self._give_up(waiting, SILENT, request.last_ns)
        self.lose("reply without request")

    def _pair(self, waiting: Waiting, reply: Message) -> None:
        latency_ns = reply.first_ns - waiting.message.last_ns
        self._counts.exact += 1
        if self._recorder.answered(latency_ns):
            exchange = self._exchange(waiting, OK, reply.first_ns)
            exchange.latency_ns = latency_ns
            exchange.reply_first_ns, exchange.reply_last_ns = reply.first_ns, reply.last_ns
            exchange.reply_seq, exchange.reply_bytes = reply.seq, reply.size
            self._recorder.report(exchange)

    def lose(self, reason: str) -> None:
        self._counts.drop(reason, max(1, len(self._queue)))
        self._queue.clear()
        self.lost = True

    def request_gap(self, size: int, seq: int) -> None:
        self.lose("request lost")

    def reply_gap(self, size: int, seq: int) -> None:
        self.lose("reply lost")

    def request_skip(self, size: int, ts_ns: int, seq: int) -> None:
        self.lose("cut off")

    def reply_skip(self, size: int, ts_ns: int, seq: int) -> None:
        self.lose("cut off")

    def retransmitted(self, from_client: bool, first: int, last: int) -> None:
        pass

    def expire(self, now_ns: int) -> None:
        for waiting in self._queue:
            last_ns = waiting.message.last_ns
            if not waiting.timed_out and now_ns - last_ns >= self._timeout_ns:
                waiting.timed_out = True
                self._counts.timeouts += 1
                self._give_up(waiting, TIMEOUT, last_ns + self._timeout_ns)

    def finish(self, end: int, ts_ns: int) -> None:
        if end in (END_CAPTURE, END_FORGOTTEN):
            self._counts.unanswered += len(self._queue)
            return
        for waiting in self._queue:
            self._counts.aborted += 1
            self._give_up(waiting, ABORTED, ts_ns)

    def _give_up(self, waiting: Waiting, status: str, ts_ns: int) -> None:
        if self._recorder.wants(status, False):
            self._recorder.report(self._exchange(waiting, status, ts_ns))

    def _exchange(self, waiting: Waiting, status: str, ts_ns: int) -> Exchange:
        request = waiting.message
        exchange = Exchange()
        exchange.request, exchange.status, exchange.time_ns = request.text, status, ts_ns
        exchange.client, exchange.server = self._ends.client, self._ends.server
        exchange.server_port = self._ends.server_port
        exchange.depth = waiting.depth
        exchange.request_seq, exchange.request_bytes = request.seq, request.size
        exchange.request_first_ns, exchange.request_last_ns = request.first_ns, request.last_ns
        return exchange


MakeStream = Callable[[Endpoints, Recorder, PairingCounts, int], QueuedStream]


class QueuedOpener(StreamOpener):
    """Opens what `make` makes."""

    def __init__(
        self, make: MakeStream, recorder: Recorder, counts: PairingCounts, timeout_ns: int
    ) -> None:
        self._make = make
        self._recorder = recorder
        self._counts = counts
        self._timeout_ns = timeout_ns

    def open(self, ends: Endpoints, client_start: bool, server_start: bool) -> QueuedStream:
        return self._make(ends, self._recorder, self._counts, self._timeout_ns)
