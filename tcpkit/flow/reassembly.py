"""The hard cases of one connection: everything that is not the next bytes in order.

A reply is never delivered before the request bytes that it acknowledges: a segment
that acknowledges bytes not seen yet is held like one that comes too early. A hole is
waited for as long as it may still be filled, then reported as a gap:

- the peer has acknowledged the missing bytes: they were lost by the capture, or the
  capture reorders. ACKED_PACKETS more packets of the connection, ACKED_PIECES more in the
  same direction, or ACKED_NS.
- not acknowledged: lost on the wire, a retransmission will come. HOLE_NS, or until
  MAX_HELD_PIECES or MAX_HELD_BYTES wait behind it.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.flow.counts import FlowCounts
from tcpkit.flow.half_stream import HalfStream, Held
from tcpkit.flow.health import Health
from tcpkit.flow.health_notes import note_again, note_found, note_gap, note_late
from tcpkit.flow.observer import ConnectionObserver, tell_ended, tell_started
from tcpkit.flow.reset import end_by_reset, is_unexplained, note_reset
from tcpkit.flow.sequence import MASK, distance
from tcpkit.flow.side import AGAIN, COPY, COPY_NS, PROBE
from tcpkit.flow.stream import END_FIN, END_LOST, END_RESET, OUT_OF_ORDER, Stream, StreamOpener
from tcpkit.wire.segment import ACK, FIN, RST, SYN, Segment

ACKED_PACKETS: Final = 16  # a capture reorders over a few packets (multi-queue cards, `any`)
ACKED_PIECES: Final = 4  # a card keeps a direction in one queue; TCP itself waits for 3
ACKED_NS: Final = 100_000_000
HOLE_NS: Final = 30_000_000_000  # several retransmission timeouts (RFC 6298)
MAX_HELD_PIECES: Final = 4096  # a window of 6 MB in segments of 1460 bytes
MAX_HELD_BYTES: Final = 8 << 20  # both directions of one connection
MAX_HELD_TOTAL: Final = 64 << 20  # all connections together
WINDOW: Final = 1 << 30  # the largest window there is (RFC 7323)


_PLAIN_MASK: Final = SYN | FIN | RST | ACK


@final
class Reassembly:
    """Shared by all connections; keeps only what is counted over all of them."""

    __slots__ = ("opener", "counts", "observer", "held_total")

    def __init__(
        self,
        opener: StreamOpener,
        counts: FlowCounts,
        observer: ConnectionObserver | None = None,
    ) -> None:
        self.opener = opener
        self.observer = observer
        self.counts = counts
        self.held_total: i64 = 0

    def stream_of(self, conn: Connection) -> Stream:
        """The connection's reader; opened when the first payload arrives."""
        stream = conn.stream
        if stream is not None:
            if stream.successor is not None:
                stream = conn.stream = stream.successor
        else:
            client_start = conn.client_half.started
            server_start = conn.server_half.started
            if not (client_start and server_start):
                self.counts.mid_stream += 1
            if self.observer is not None:
                tell_started(self.observer, conn)
            stream = conn.stream = self.opener.open(conn, client_start, server_start)
        return stream

    def take(self, conn: Connection, from_client: bool, segment: Segment, idle_ns: i64) -> None:
        """Take a segment off the fast path; `idle_ns`: since the connection's last packet."""
        half = conn.client_half if from_client else conn.server_half
        other = conn.server_half if from_client else conn.client_half
        flags = segment.flags
        health = conn.health
        if health is not None and not health.started_told:
            health.shake_hands(from_client, segment)
        if flags & _PLAIN_MASK == ACK and self._queued(conn, from_client, segment):
            now_ns = segment.ts_ns
            if self._overdue(conn, True, now_ns, 1) or self._overdue(conn, False, now_ns, 1):
                self.settle(conn, now_ns, 0)
            return
        if not self._fits(half, other, segment):
            self.counts.desynchronized += 1
            self.abandon(conn, END_LOST, segment.ts_ns)
            half = conn.client_half if from_client else conn.server_half
            other = conn.server_half if from_client else conn.client_half
        seq = segment.seq
        if flags & SYN:
            seq = (seq + 1) & MASK
        if half.next < 0:
            half.next = seq
        if flags & ACK:
            if other.next < 0:
                other.next = segment.ack
            elif distance(segment.ack, other.next) > 0:
                other.note_acked(segment.ack)
        size = segment.size
        if size > 0 and not flags & (ACK | SYN):
            self.counts.no_ack += 1  # RFC 9293, section 3.10.7.4: such a segment is dropped
        elif size > 0:
            self._payload(conn, from_client, segment, seq, idle_ns)
        if flags & RST:
            self.counts.resets += 1
            note_reset(conn, from_client, segment, seq)
            half.note_acked(seq)  # nothing before it will be sent any more
        elif flags & FIN and half.fin < 0:
            before = half.held_bytes
            half.end_at((seq + size) & MASK, segment.ack, segment.ts_ns)
            self.held_total += half.held_bytes - before
        self.settle(conn, segment.ts_ns, 1)

    def _queued(self, conn: Connection, from_client: bool, segment: Segment) -> bool:
        """Hold a segment that goes on where the held ones end: nothing can be delivered by it.

        False if it is not that simple.
        """
        half = conn.client_half if from_client else conn.server_half
        other = conn.server_half if from_client else conn.client_half
        ahead = half.ahead
        if ahead is None or ahead.held is None or ahead.fin >= 0:
            return False
        held = ahead.held
        last = held[-1]
        if segment.size == 0 or segment.seq != (last.seq + last.size) & MASK:
            return False
        far = distance(segment.ack, other.next)
        if other.next < 0 or far > WINDOW or far < -WINDOW:
            return False
        if far > 0:
            other.note_acked(segment.ack)
        data = segment.data[segment.start : segment.end]
        late = from_client and self._is_late(conn, True, half, segment.seq)
        if late:
            self._count_late(conn, True, segment, segment.seq)
        held.append(Held(segment.seq, segment.size, data, segment.ts_ns, segment.ack, late))
        ahead.held_bytes += len(data)
        self.held_total += len(data)
        half.remember_mark(segment.mark)
        return True

    def _fits(self, half: HalfStream, other: HalfStream, segment: Segment) -> bool:
        """Whether the numbers can belong to the connection as it is known."""
        if half.next >= 0 and not segment.flags & SYN:
            far = distance(segment.seq, half.next)
            if far > WINDOW or far < -WINDOW:
                return False
        if other.next >= 0 and segment.flags & ACK:
            far = distance(segment.ack, other.next)
            if far > WINDOW or far < -WINDOW:
                return False
        return True

    def _payload(
        self, conn: Connection, from_client: bool, segment: Segment, seq: i64, idle_ns: i64
    ) -> None:
        half = conn.client_half if from_client else conn.server_half
        other = conn.server_half if from_client else conn.client_half
        size = segment.size
        ahead = distance(seq, half.next)
        if ahead + size <= 0:
            self._seen_before(conn, from_client, half, segment, seq, idle_ns)
            return
        if half.fin >= 0 and distance(seq, half.fin) >= 0:
            self.counts.stray += 1
            return
        if ahead < 0:
            self.counts.retransmissions += 1
            note_again(self.observer, conn, from_client, seq, half.next, segment.ts_ns)
            self.stream_of(conn).retransmitted(from_client, seq, half.next, segment.ts_ns)
        late = self._is_late(conn, from_client, half, seq)
        ack = segment.ack if segment.flags & ACK else max(other.next, 0)
        whole = size == segment.end - segment.start
        answers = not from_client and distance(ack, other.next) > 0  # what is not here yet
        if ahead == 0 and half.held is None and whole and not answers:
            self._hand_over(conn, from_client, half, segment, seq, ack, late)
            return
        data = segment.data[segment.start : segment.end]
        piece = Held(seq, size, data, segment.ts_ns, ack, late)
        before = half.held_bytes
        if not half.hold(piece):
            if half.knows_mark(segment.mark):
                self.counts.copies += 1
                note_found(conn, COPY)
            else:
                self.counts.retransmissions += 1
                note_found(conn, AGAIN)
                last = (seq + size) & MASK
                note_again(self.observer, conn, from_client, seq, last, segment.ts_ns)
            return
        if piece.late:
            self._count_late(conn, from_client, segment, seq)
        self.held_total += half.held_bytes - before
        half.remember_mark(segment.mark)

    def _hand_over(
        self,
        conn: Connection,
        from_client: bool,
        half: HalfStream,
        segment: Segment,
        seq: i64,
        ack: i64,
        late: bool,
    ) -> None:
        """Deliver a segment whose turn it is at once."""
        half.next = (seq + segment.size) & MASK
        half.remember_mark(segment.mark)
        stream = self.stream_of(conn)
        if late:
            self._count_late(conn, from_client, segment, seq)
            stream.notes = OUT_OF_ORDER
        data, start, end = segment.data, segment.start, segment.end
        if from_client:
            stream.request_data(data, start, end, segment.ts_ns, seq, ack)
        else:
            stream.reply_data(data, start, end, segment.ts_ns, seq, ack)
        stream.notes = 0
        if stream.successor is not None:
            conn.stream = stream.successor

    def _is_late(self, conn: Connection, from_client: bool, half: HalfStream, seq: i64) -> bool:
        """Whether bytes at `seq` come after some that are behind them, or that answer them."""
        held = half.held
        if held is not None and distance(held[-1].seq, seq) > 0:
            for piece in held:
                if distance(piece.seq, seq) > 0:
                    piece.late = True
            return True
        replies = conn.server_half.held
        if not from_client or replies is None:
            return False
        return distance(replies[0].ack, seq) > 0

    def _count_late(self, conn: Connection, from_client: bool, segment: Segment, seq: i64) -> None:
        self.counts.out_of_order += 1
        note_late(conn, from_client, segment, seq)

    def _seen_before(
        self,
        conn: Connection,
        from_client: bool,
        half: HalfStream,
        segment: Segment,
        seq: i64,
        idle_ns: i64,
    ) -> None:
        if segment.size == 1 and distance(seq, half.next) == -1:
            self.counts.keepalives += 1  # RFC 9293, section 3.8.4
            note_found(conn, PROBE)
        elif half.knows_mark(segment.mark) or (segment.mark == 0 and idle_ns < COPY_NS):
            self.counts.copies += 1
            note_found(conn, COPY)
        else:
            self.counts.retransmissions += 1
            note_found(conn, AGAIN)
            last = (seq + segment.size) & MASK
            note_again(self.observer, conn, from_client, seq, last, segment.ts_ns)
            self.stream_of(conn).retransmitted(from_client, seq, last, segment.ts_ns)

    def settle(self, conn: Connection, now_ns: i64, packets: i64) -> None:
        """Deliver all that can be delivered, give up the holes whose bound has passed.

        `packets`: how many packets of the connection came since it was last settled.
        """
        while True:
            self._deliver_held(conn)
            conn.client_half.pass_fin()
            gave_up = self._overdue(conn, True, now_ns, packets)
            if not gave_up:
                gave_up = self._overdue(conn, False, now_ns, packets)
            if not gave_up:
                break
            packets = 0
        client, server = conn.client_half, conn.server_half
        conn.troubled = client.missing() > 0 or server.missing() > 0 or server.held is not None
        if not conn.troubled and server.pass_fin():
            self._end(conn, END_FIN, server.fin_ns)

    def close(self, conn: Connection, end: i64, ts_ns: i64) -> None:
        """Nothing more will come, for the reason `end`: every hole is a gap."""
        while True:
            self._deliver_held(conn)
            if conn.client_half.missing() > 0:
                self._give_up(conn, True)
            elif conn.server_half.missing() > 0:
                self._give_up(conn, False)
            else:
                break
        if end == END_RESET:
            end = end_by_reset(conn)
            if conn.stream is not None and is_unexplained(conn):
                self._tell_gap(conn, False, 1)  # of unknown size
        self._end(conn, end, ts_ns)
        conn.troubled = False

    def abandon(self, conn: Connection, end: i64, ts_ns: i64) -> None:
        """End the connection's stream for the reason `end`; what follows is another one."""
        self.drop_held(conn)
        if conn.stream is not None:
            conn.stream.finish(end, ts_ns)
        health = conn.health
        self.farewell(conn, end, ts_ns)
        conn.restart()
        if health is not None:
            conn.health = Health()

    def farewell(self, conn: Connection, end: i64, ts_ns: i64) -> None:
        """Tell the observer, if there is one, that `conn` is over, unless it knows.

        `end` and `ts_ns` are for one that has not ended so far.
        """
        observer, health = self.observer, conn.health
        if observer is None or health is None:
            return
        if not health.end:
            health.end = end
            health.end_ns = ts_ns
        tell_ended(observer, conn)

    def drop_held(self, conn: Connection) -> None:
        self.held_total -= conn.client_half.drop_held() + conn.server_half.drop_held()

    def _deliver_held(self, conn: Connection) -> None:
        """Deliver what has come to its turn; both directions in the order of their times."""
        client, server = conn.client_half, conn.server_half
        while True:
            request: Held | None = None
            reply: Held | None = None
            if client.held is not None and distance(client.held[0].seq, client.next) <= 0:
                request = client.held[0]
            if server.held is not None and distance(server.held[0].seq, server.next) <= 0:
                reply = server.held[0]
                if client.next >= 0 and distance(reply.ack, client.next) > 0:
                    reply = None
            if request is not None and (reply is None or request.ts_ns <= reply.ts_ns):
                self._deliver(conn, True, client)
            elif reply is not None:
                self._deliver(conn, False, server)
            else:
                return

    def _deliver(self, conn: Connection, from_client: bool, half: HalfStream) -> None:
        piece = half.take()
        self.held_total -= len(piece.data)
        known = distance(half.next, piece.seq)  # bytes at its front that were delivered
        if known >= piece.size:
            return
        half.next = (piece.seq + piece.size) & MASK
        stream = self.stream_of(conn)
        stream.notes = OUT_OF_ORDER if piece.late else 0
        data = piece.data
        have: i64 = len(data)
        at = (piece.seq + known) & MASK
        if have > known:
            if from_client:
                stream.request_data(data, known, have, piece.ts_ns, at, piece.ack)
            else:
                stream.reply_data(data, known, have, piece.ts_ns, at, piece.ack)
            at = (piece.seq + have) & MASK
        cut_off = distance(half.next, at)
        if cut_off > 0:
            if from_client:
                stream.request_skip(cut_off, piece.ts_ns, at)
            else:
                stream.reply_skip(cut_off, piece.ts_ns, at)
        stream.notes = 0

    def _overdue(self, conn: Connection, from_client: bool, now_ns: i64, packets: i64) -> bool:
        """Give up the half's hole if its bound has passed; True if it did."""
        half = conn.client_half if from_client else conn.server_half
        ahead = half.ahead
        if ahead is None:
            return False
        missing = half.missing()
        if missing <= 0:
            half.forget_hole()
            return False
        if ahead.hole_since_ns < 0:
            ahead.hole_since_ns = now_ns
            ahead.hole_packets = 0
        ahead.hole_packets += packets
        age = now_ns - ahead.hole_since_ns
        held = ahead.held
        if half.hole_is_acked(missing):
            over = ahead.hole_packets > ACKED_PACKETS or age >= ACKED_NS
            over = over or (held is not None and len(held) > ACKED_PIECES)
        else:
            over = age >= HOLE_NS
        if not over and (
            (held is not None and len(held) > MAX_HELD_PIECES)
            or (self.held_total > MAX_HELD_BYTES and self._holds_too_much(conn))
        ):
            self.counts.held_overflow += 1
            over = True
        if over:
            self._give_up(conn, from_client)
        return over

    def _holds_too_much(self, conn: Connection) -> bool:
        waiting = conn.client_half.held_bytes + conn.server_half.held_bytes
        return waiting > MAX_HELD_BYTES or (self.held_total > MAX_HELD_TOTAL and waiting > 0)

    def _give_up(self, conn: Connection, from_client: bool) -> None:
        half = conn.client_half if from_client else conn.server_half
        size = half.missing()
        self._tell_gap(conn, from_client, size)
        half.forget_hole()

    def _tell_gap(self, conn: Connection, from_client: bool, size: i64) -> None:
        half = conn.client_half if from_client else conn.server_half
        seq = half.next
        half.next = (seq + size) & MASK
        self.counts.gaps += 1
        self.counts.gap_bytes += size
        note_gap(conn, from_client, size)
        stream = self.stream_of(conn)
        if from_client:
            stream.request_gap(size, seq)
        else:
            stream.reply_gap(size, seq)

    def _end(self, conn: Connection, end: i64, ts_ns: i64) -> None:
        conn.closed_ns = ts_ns
        if conn.stream is not None:
            conn.stream.finish(end, ts_ns)
            conn.stream = None
        health = conn.health
        if health is not None and end == END_FIN and not health.is_closed:
            health.end = end  # the tee tells it, or who forgets the connection
            health.end_ns = ts_ns
            return
        self.farewell(conn, end, ts_ns)
