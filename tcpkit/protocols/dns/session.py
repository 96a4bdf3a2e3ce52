"""DNS over TCP: one connection, whose answers come in any order (RFC 7766).

An answer is paired by id, opcode and question. While every byte since the connection's
start was seen, that is exact; but not once two queries that wait are alike. After a loss,
and on a connection older than the capture, a query like it may have been missed, however
well id and question fit: so the pairs are inferred from then on. Where a message begins
is then looked for at the first byte of each piece: a query that looks like one, an
answer that fits a query that waits.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.sequence import MASK
from tcpkit.flow.stream import Stream, StreamOpener
from tcpkit.protocols.dns.outstanding import Outstanding
from tcpkit.protocols.dns.replies import AnswerReader
from tcpkit.protocols.dns.requests import QueryReader
from tcpkit.protocols.dns.waiting import Client, QueryTable
from tcpkit.protocols.message import MID_STREAM, PairingCounts, Recorder

_SPREAD: Final = 0x9E37  # odd: neighbours in time are far from each other in the table


@final
class DnsSession(Stream):
    """State of one connection."""

    __slots__ = ("_waiting", "_requests", "_replies")

    def __init__(self, waiting: Outstanding, client_start: bool, server_start: bool) -> None:
        super().__init__()
        counts = waiting.counts
        counts.sessions += 1
        if not (client_start and server_start):
            counts.mid_stream += 1
            waiting.exact = False
            waiting.base_flags = MID_STREAM
        self._waiting = waiting
        self._requests = QueryReader(waiting, client_start)
        self._replies = AnswerReader(waiting, server_start)

    def request_data(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64
    ) -> None:
        if not self._waiting.let_go:
            self._requests.read(data, start, end, ts_ns, seq, ack, self.notes)

    def reply_data(self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> None:
        if not self._waiting.let_go:
            self._replies.read(data, start, end, ts_ns, seq, ack, self.notes)
            self._waiting.reply_end = (seq + end - start) & MASK

    def request_gap(self, size: i64, seq: i64) -> None:
        if not self._waiting.let_go:
            self._requests.gap(size)

    def reply_gap(self, size: i64, seq: i64) -> None:
        if not self._waiting.let_go:
            self._replies.gap(size)
            self._waiting.reply_end = (seq + size) & MASK

    def request_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        if not self._waiting.let_go:
            self._requests.skip(size, ts_ns, seq)

    def reply_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        if not self._waiting.let_go:
            self._replies.skip(size, ts_ns)
            self._waiting.reply_end = (seq + size) & MASK

    def retransmitted(self, from_client: bool, first: i64, last: i64, ts_ns: i64) -> None:
        if from_client:
            self._requests.retransmitted(last)
            self._waiting.retransmitted(first, last, ts_ns)
        else:
            self._replies.retransmitted(last)

    def expire(self, now_ns: i64) -> None:
        self._waiting.expire(now_ns)

    def finish(self, end: i64, ts_ns: i64) -> None:
        self._waiting.finish(end, ts_ns)


@final
class DnsOpener(StreamOpener):
    """`recorders` by server port; `timeout_ns` is how long an answer may take."""

    __slots__ = ("_counts", "_recorders", "_table", "_timeout_ns")

    def __init__(
        self, recorders: dict[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> None:
        self._recorders = recorders
        self._counts = counts
        self._table = QueryTable()
        self._timeout_ns = timeout_ns

    def open(self, ends: Endpoints, client_start: bool, server_start: bool) -> DnsSession:
        client = Client(self._recorders[int(ends.server_port)].of_server(ends))
        client.a0 = ends.a0
        client.a1 = ends.a1
        client.a2 = ends.a2
        client.a3 = ends.a3
        client.ports = ends.ports
        client.is_on(ends)
        client.salt = self._counts.sessions * _SPREAD
        waiting = Outstanding(client, self._table, self._counts, self._timeout_ns)
        return DnsSession(waiting, client_start, server_start)
