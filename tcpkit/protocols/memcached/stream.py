"""One connection to a memcached server: its first request byte says which protocol it speaks.

As the server does: 0x80 is the magic of a binary request, anything else is text, and what
a connection began with it keeps. On one that is older than the capture the first piece
that looks like a request tells; what comes before that is passed over.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK
from tcpkit.flow.stream import Stream
from tcpkit.protocols.memcached.binary_header import REQUEST_MAGIC, begins_request
from tcpkit.protocols.memcached.binary_session import BinarySession
from tcpkit.protocols.memcached.text_request import begins_command
from tcpkit.protocols.memcached.text_session import TextSession
from tcpkit.protocols.message import NO_TIME, PairingCounts, Recorder
from tcpkit.protocols.ordered import OrderedSession
from tcpkit.protocols.pairing import RequestPool
from tcpkit.protocols.step import UNKNOWN_POSITION

# what the first piece may be
_BINARY: Final = 0
_TEXT: Final = 1
_ENCRYPTED: Final = 2
_UNTOLD: Final = 3


@final
class MemcachedStream(Stream):
    """Hands everything to the session of the protocol that is spoken, once it is known."""

    __slots__ = (
        "_ends", "_recorder", "_counts", "_pool", "_timeout_ns", "_client_start",
        "_server_start", "_session", "_let_go", "_passed_over", "_reply_end", "_server_ack",
        "_last_ns",
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
        self._ends = ends
        self._recorder = recorder
        self._counts = counts
        self._pool = pool
        self._timeout_ns = timeout_ns
        self._client_start = client_start
        self._server_start = server_start
        self._session: OrderedSession | None = None
        self._let_go = False
        self._passed_over = False  # bytes came of which nothing was made
        self._reply_end: i64 = UNKNOWN_POSITION
        self._server_ack: i64 = UNKNOWN_POSITION
        self._last_ns: i64 = NO_TIME

    def request_data(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> None:
        session = self._session
        if session is None:
            session = self._decide(data, start, end, ts_ns)
            if session is None:
                return
        session.notes = self.notes
        session.request_data(data, start, end, ts_ns, seq, ack)
        session.notes = 0

    def reply_data(self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> None:
        session = self._session
        if session is not None:
            session.notes = self.notes
            session.reply_data(data, start, end, ts_ns, seq, ack)
            session.notes = 0
            return
        self._miss_replies()
        self._reply_end = (seq + end - start) & MASK
        self._server_ack = ack
        self._last_ns = ts_ns

    def _decide(self, data: bytes, start: i64, end: i64, ts_ns: i64) -> OrderedSession | None:
        if self._let_go or start >= end:
            return None
        spoken = self._spoken(data, start, end)
        if spoken == _UNTOLD:
            self._passed_over = True
            self._last_ns = ts_ns
            return None
        if spoken == _ENCRYPTED:
            self._counts.encrypted += 1
            self._count_undecided()
            self._let_go = True
            return None
        session = self._made(spoken == _BINARY)
        if self._passed_over:
            session.passed_over(self._reply_end, self._server_ack, self._last_ns)
        self._session = session
        self.successor = session
        return session

    def _spoken(self, data: bytes, start: i64, end: i64) -> i64:
        """What a piece of requests begins with."""
        first: i64 = data[start]
        fresh = self._client_start or not self._passed_over
        if fresh and 0x14 <= first <= 0x17 and (end - start < 2 or data[start + 1] == 3):
            return _ENCRYPTED
        if self._client_start:
            return _BINARY if first == REQUEST_MAGIC else _TEXT
        if begins_request(data, start, end):
            return _BINARY
        return _TEXT if begins_command(data, start, end) else _UNTOLD

    def _made(self, binary: bool) -> OrderedSession:
        if binary:
            return BinarySession(
                self._ends,
                self._recorder,
                self._counts,
                self._pool,
                self._timeout_ns,
                self._client_start,
                self._server_start,
            )
        return TextSession(
            self._ends,
            self._recorder,
            self._counts,
            self._pool,
            self._timeout_ns,
            self._client_start,
            self._server_start,
        )

    def _miss_replies(self) -> None:
        self._server_start = False
        self._passed_over = True

    def request_gap(self, size: i64, seq: i64) -> None:
        if self._session is not None:
            self._session.request_gap(size, seq)
            return
        self._client_start = False
        self._passed_over = True

    def reply_gap(self, size: i64, seq: i64) -> None:
        if self._session is not None:
            self._session.reply_gap(size, seq)
            return
        self._miss_replies()

    def request_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        if self._session is not None:
            self._session.request_skip(size, ts_ns, seq)
            return
        self._client_start = False
        self._passed_over = True

    def reply_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        if self._session is not None:
            self._session.reply_skip(size, ts_ns, seq)
            return
        self._miss_replies()

    def retransmitted(self, from_client: bool, first: i64, last: i64, ts_ns: i64) -> None:
        if self._session is not None:
            self._session.retransmitted(from_client, first, last, ts_ns)

    def expire(self, now_ns: i64) -> None:
        if self._session is not None:
            self._session.expire(now_ns)

    def finish(self, end: i64, ts_ns: i64) -> None:
        if self._session is not None:
            self._session.finish(end, ts_ns)
        elif not self._let_go:
            self._count_undecided()

    def _count_undecided(self) -> None:
        """Count the connection as its session would have."""
        self._counts.sessions += 1
        if not (self._client_start and self._server_start):
            self._counts.mid_stream += 1
