"""All connections of a capture: finds a segment's connection, follows the plain case.

Datagrams go to a reader of their own, turned to the client's side; the clock is common.

The plain case is a segment with the next bytes in order that acknowledges nothing
unseen; the rest goes to `reassembly`. Bounds:

- MAX_CONNECTIONS: beyond, closed and idle connections without payload are dropped
  first; if that frees nothing, packets of new connections are refused and counted.
- a closed connection stays CLOSED_NS to swallow what is retransmitted after its end;
  one that was reset waits RESET_GRACE_NS, since captures reorder, before it ends.
- IDLE_NS without a packet: forgotten.

Only capture time counts: it advances with the packets, or by `advance` when the wire
is quiet.
"""

from typing import Final, final

from librt.strings import BytesWriter, write_i16_be, write_i64_be
from mypy_extensions import i16, i64

from tcpkit.flow.connection import (
    Connection,
    is_from_client,
    reversed_pair,
    reversed_ports,
)
from tcpkit.flow.counts import FlowCounts
from tcpkit.flow.datagrams import CANNOT_TELL, REQUEST, DatagramReader
from tcpkit.flow.health import Health
from tcpkit.flow.observer import ConnectionObserver
from tcpkit.flow.reassembly import Reassembly
from tcpkit.flow.sequence import MASK, SIGN
from tcpkit.flow.stream import END_CAPTURE, END_FORGOTTEN, END_RESET, END_REUSED, StreamOpener
from tcpkit.flow.watch import AMBIGUOUS, DESTINATION, NEITHER, SOURCE, Watch
from tcpkit.wire.segment import ACK, FIN, IPV6_BIT, RST, SYN, Datagram, Segment, SegmentSink

CACHE_SLOTS: Final = 8192
MAX_CONNECTIONS: Final = 262144  # 130 MB when all are silent, 240 MB when all have spoken
SWEEP_NS: Final = 50_000_000
FULL_SWEEP_NS: Final = 500_000_000
CLOSED_NS: Final = 5_000_000_000
RESET_GRACE_NS: Final = 100_000_000
SILENT_NS: Final = 60_000_000_000  # without payload: the first to go when the table is full
IDLE_NS: Final = 7_200_000_000_000  # the default TCP keep-alive time
CLOCK_BACK_NS: Final = 60_000_000_000  # more is another clock, not a reordered packet

_PLAIN_MASK: Final = SYN | FIN | RST | ACK


@final
class ConnectionTable(SegmentSink):
    """Follows the TCP connections, and hands on the datagrams, of the watched servers.

    With an `observer` it keeps the Health of each connection, but for what a HealthTee in
    front of it has to see.
    """

    __slots__ = (
        "watch", "counts", "reassembly", "reader", "now_ns", "_observed",
        "_cache", "_table", "_troubled", "_armed_ns", "_next_sweep_ns", "_next_full_ns",
    )  # fmt: skip

    def __init__(
        self,
        watch: Watch,
        opener: StreamOpener,
        reader: DatagramReader | None = None,
        observer: ConnectionObserver | None = None,
    ) -> None:
        self.watch = watch
        self.reader = reader
        self.counts = FlowCounts()
        self.reassembly = Reassembly(opener, self.counts, observer)
        self._observed = observer is not None
        self.now_ns: i64 = 0
        self._cache: list[Connection | None] = [None] * CACHE_SLOTS
        self._table: dict[bytes, Connection] = {}
        self._troubled: dict[Connection, bool] = {}
        self._armed_ns: i64 = -1  # time of the packet that the next sweep goes by
        self._next_sweep_ns: i64 = 0
        self._next_full_ns: i64 = 0

    def __len__(self) -> int:
        return len(self._table)

    def segment(self, segment: Segment) -> bool:
        """Take a segment; whether it belongs to a watched server."""
        ts_ns = segment.ts_ns
        if ts_ns >= self.now_ns:
            self.now_ns = ts_ns
            if ts_ns >= self._next_sweep_ns:
                self._time_passed(ts_ns)
        elif self.now_ns - ts_ns > CLOCK_BACK_NS:
            self._set_clock_back(ts_ns)
        ports = segment.ports
        a0 = segment.a0
        low = ports & 0xFFFF
        high = (ports >> 16) & 0xFFFF
        slot: i64 = (low ^ high ^ ((low * high) >> 7)) & (CACHE_SLOTS - 1)
        conn = self._cache[slot]
        from_client = True
        if conn is None or ports & IPV6_BIT:
            conn = self._find(segment, slot)
            if conn is None:
                return False
            from_client = is_from_client(conn, segment)
        elif conn.ports != ports or conn.a0 != a0:
            from_client = False
            if conn.back_ports != ports or conn.back_a0 != a0:
                conn = self._find(segment, slot)
                if conn is None:
                    return False
                from_client = is_from_client(conn, segment)
        idle_ns = ts_ns - conn.last_ns
        conn.last_ns = ts_ns
        half = conn.client_half if from_client else conn.server_half
        other = conn.server_half if from_client else conn.client_half
        if (
            segment.seq == half.next
            and not (other.next - segment.ack) & SIGN
            and segment.flags & _PLAIN_MASK == ACK
            and not conn.troubled
            and other.next >= 0
        ):
            size = segment.size
            start, end = segment.start, segment.end
            if size == 0:
                return True
            stream = conn.stream
            if size == end - start and stream is not None:
                half.next = (half.next + size) & MASK
                half.remember_mark(segment.mark)
                if from_client:
                    stream.request_data(segment.data, start, end, ts_ns, segment.seq, segment.ack)
                else:
                    stream.reply_data(segment.data, start, end, ts_ns, segment.seq, segment.ack)
                return True
        return self._irregular(conn, from_client, segment, idle_ns)

    def datagram(self, datagram: Datagram) -> bool:
        """Take a datagram; whether it belongs to a watched server."""
        reader = self.reader
        if reader is None:
            return False
        ts_ns = datagram.ts_ns
        if ts_ns >= self.now_ns:
            self.now_ns = ts_ns
            if ts_ns >= self._next_sweep_ns:
                self._time_passed(ts_ns)
        elif self.now_ns - ts_ns > CLOCK_BACK_NS:
            self._set_clock_back(ts_ns)
        end = self._server_of(datagram, reader)
        if end == NEITHER:
            return False
        if end == AMBIGUOUS:
            self.counts.ambiguous += 1
            return False
        if end == DESTINATION:
            self.counts.datagrams += 1
            reader.request(datagram)
            return True
        ports = datagram.ports
        if ports & IPV6_BIT:
            a0, a1 = datagram.a0, datagram.a1
            datagram.a0, datagram.a1 = datagram.a2, datagram.a3
            datagram.a2, datagram.a3 = a0, a1
        else:
            datagram.a0 = reversed_pair(datagram.a0)
        datagram.ports = reversed_ports(ports)
        self.counts.datagrams += 1
        reader.reply(datagram)
        return True

    def _server_of(self, datagram: Datagram, reader: DatagramReader) -> i64:
        """The server's end of a datagram; its payload tells where both ports are watched."""
        ports = datagram.ports
        end = self.watch.server_end(datagram.a0, datagram.a1, datagram.a2, datagram.a3, ports, 0)
        if end == NEITHER or not self.watch.watches_both(ports):
            return end
        says = reader.direction(datagram)
        if says == CANNOT_TELL:
            return end
        return DESTINATION if says == REQUEST else SOURCE

    def advance(self, now_ns: i64) -> None:
        """Capture time is at least `now_ns`: what waited too long is given up."""
        if now_ns > self.now_ns:
            self.now_ns = now_ns
            self._sweep(now_ns)

    def finish(self) -> None:
        """The capture has ended."""
        self._next_full_ns = self.now_ns
        self._sweep(self.now_ns)
        for conn in list(self._table.values()):
            if conn.reset_ns >= 0:
                self.reassembly.close(conn, END_RESET, conn.reset_ns)
            elif conn.closed_ns < 0:
                self.reassembly.close(conn, END_CAPTURE, self.now_ns)
            self.reassembly.farewell(conn, END_CAPTURE, self.now_ns)
        if self.reader is not None:
            self.reader.finish(self.now_ns)
        self._table.clear()
        self._troubled.clear()
        self._cache = [None] * CACHE_SLOTS

    def _irregular(
        self, conn: Connection, from_client: bool, segment: Segment, idle_ns: i64
    ) -> bool:
        if conn.ignored:
            if segment.flags & SYN and self._server_end(segment) != NEITHER:
                self._replace(conn, segment)
                return True
            return False
        if segment.flags & SYN and not self._accept_syn(conn, from_client, segment):
            return True
        if conn.closed_ns >= 0:
            self.counts.stray += 1
            return True
        known = conn.troubled
        self.reassembly.take(conn, from_client, segment, idle_ns)
        if not known and (conn.troubled or conn.reset_ns >= 0):
            self._troubled[conn] = True
        return True

    def _accept_syn(self, conn: Connection, from_client: bool, segment: Segment) -> bool:
        """Take the SYN into account; False if it needs nothing more."""
        half = conn.client_half if from_client else conn.server_half
        other = conn.server_half if from_client else conn.client_half
        first = (segment.seq + 1) & MASK
        by_server = segment.flags & ACK != 0
        if half.started and half.first == first:
            return segment.size > 0 and conn.closed_ns < 0  # the same SYN again
        if half.next == first and conn.stream is None and conn.closed_ns < 0:
            half.begin(first)  # its acknowledgment was captured before it
        elif half.next >= 0:
            if by_server and other.started and segment.ack == other.first:
                return False  # captured long after what it began
            self.counts.reused += 1
            if self._server_end(segment) == NEITHER:
                self._close_for(conn, segment)  # the port has another use now
                self.reassembly.farewell(conn, END_REUSED, segment.ts_ns)
                conn.restart()
                conn.ignored = True
            else:
                self._replace(conn, segment)
            return False
        else:
            half.begin(first)
        if by_server and (other.next < 0 or (conn.stream is None and other.next == segment.ack)):
            other.begin(segment.ack)
        return True

    def _replace(self, conn: Connection, segment: Segment) -> None:
        """A new connection begins on the four-tuple of `conn`."""
        self._close_for(conn, segment)
        self._remove(conn)
        self.segment(segment)

    def _close_for(self, conn: Connection, segment: Segment) -> None:
        if conn.reset_ns >= 0:
            self.reassembly.close(conn, END_RESET, conn.reset_ns)
        elif conn.closed_ns < 0:
            self.reassembly.close(conn, END_REUSED, segment.ts_ns)

    def _server_end(self, segment: Segment) -> i64:
        return self.watch.server_end(
            segment.a0, segment.a1, segment.a2, segment.a3, segment.ports, segment.flags
        )

    def _find(self, segment: Segment, slot: i64) -> Connection | None:
        """The segment's connection, made if it is to be followed."""
        conn = self._cache[slot]
        if conn is not None and _is_of(conn, segment):
            return conn
        key = _key(segment)
        conn = self._table.get(key)
        if conn is None:
            conn = self._make(segment, slot, key)
            if conn is None:
                return None
        self._cache[slot] = conn
        return conn

    def known(self, segment: Segment) -> Connection | None:
        """The connection that took the last segment, which is `segment`; None: none did."""
        low = segment.ports & 0xFFFF
        high = (segment.ports >> 16) & 0xFFFF
        conn = self._cache[(low ^ high ^ ((low * high) >> 7)) & (CACHE_SLOTS - 1)]
        return conn if conn is not None and _is_of(conn, segment) else None

    def _make(self, segment: Segment, slot: i64, key: bytes) -> Connection | None:
        a0, a1, a2, a3, ports = segment.a0, segment.a1, segment.a2, segment.a3, segment.ports
        flags = segment.flags
        end = self._server_end(segment)
        ignored = False
        if end == NEITHER:
            # without the SYN, its other end might be taken for a server later
            ignored = flags & SYN != 0 and (
                self.watch.server_end(a0, a1, a2, a3, ports, 0) != NEITHER
            )
            if not ignored:
                return None
        elif end == AMBIGUOUS:
            self.counts.ambiguous += 1
            return None
        elif segment.size == 0 and not flags & SYN:
            self.counts.stray += 1
            return None
        if len(self._table) >= MAX_CONNECTIONS and not self._make_room():
            self.counts.refused += 1
            return None
        if end == SOURCE:
            if ports & IPV6_BIT:
                a0, a1, a2, a3 = a2, a3, a0, a1
            else:
                a0 = reversed_pair(a0)
            ports = reversed_ports(ports)
        conn = Connection(a0, a1, a2, a3, ports, slot)
        conn.last_ns = segment.ts_ns
        conn.ignored = ignored
        if not ignored:
            self.counts.connections += 1
            if self._observed:
                conn.health = Health()
        self._table[key] = conn
        return conn

    def _remove(self, conn: Connection) -> None:
        self.reassembly.farewell(conn, END_FORGOTTEN, self.now_ns)
        if self._cache[conn.slot] is conn:
            self._cache[conn.slot] = None
        self._table.pop(_key_of(conn), None)
        self._troubled.pop(conn, None)

    def _set_clock_back(self, ts_ns: i64) -> None:
        self.counts.clock_went_back += 1
        self.now_ns = ts_ns
        self._armed_ns = -1
        self._next_sweep_ns = ts_ns + SWEEP_NS
        self._next_full_ns = ts_ns + FULL_SWEEP_NS

    def _time_passed(self, ts_ns: i64) -> None:
        """Sweep as of the packet that came when the last sweep was old, one packet later.

        A capture reorders: the packet behind a long silence may stand before the reply
        that came in time, or tell by its acknowledgment that the reply was lost.
        """
        armed_ns = self._armed_ns
        if armed_ns >= 0:
            self._armed_ns = -1
            self._sweep(armed_ns)
        if ts_ns >= self._next_sweep_ns:
            self._armed_ns = ts_ns
            self._next_sweep_ns = ts_ns

    def _sweep(self, now_ns: i64) -> None:
        self._next_sweep_ns = now_ns + SWEEP_NS
        for conn in list(self._troubled):
            if conn.reset_ns >= 0 and now_ns - conn.reset_ns >= RESET_GRACE_NS:
                self.reassembly.close(conn, END_RESET, conn.reset_ns)
                conn.reset_ns = -1
            elif conn.troubled and conn.closed_ns < 0:
                self.reassembly.settle(conn, now_ns, 0)
            if not conn.troubled and conn.reset_ns < 0:
                self._troubled.pop(conn, None)
        if now_ns < self._next_full_ns:
            return
        self._next_full_ns = now_ns + FULL_SWEEP_NS
        for conn in list(self._table.values()):
            if conn.closed_ns >= 0:
                if now_ns - conn.closed_ns >= CLOSED_NS:
                    self._remove(conn)
            elif now_ns - conn.last_ns >= IDLE_NS:
                self.counts.expired += 1
                self.reassembly.close(conn, END_FORGOTTEN, now_ns)
                self._remove(conn)
            elif conn.stream is not None and not conn.troubled:
                conn.stream.expire(now_ns)
        if self.reader is not None:
            self.reader.expire(now_ns)

    def _make_room(self) -> bool:
        """Drop what is closed, or silent since SILENT_NS; False if there is none."""
        freed = False
        for conn in list(self._table.values()):
            silent = conn.stream is None and self.now_ns - conn.last_ns >= SILENT_NS
            if conn.closed_ns >= 0 or silent:
                self._remove(conn)
                self.counts.expired += 1
                freed = True
        return freed


def _is_of(conn: Connection, segment: Segment) -> bool:
    if is_from_client(conn, segment):
        return True
    if conn.back_ports != segment.ports or conn.back_a0 != segment.a0:
        return False
    if not segment.ports & IPV6_BIT:
        return True
    return conn.a3 == segment.a1 and conn.a0 == segment.a2 and conn.a1 == segment.a3


def _key(segment: Segment) -> bytes:
    """The same bytes for both directions."""
    ports, a0 = segment.ports, segment.a0
    back = reversed_ports(ports)
    if ports & IPV6_BIT:
        forward = (ports, a0, segment.a1) <= (back, segment.a2, segment.a3)
        if forward:
            return _packed(a0, segment.a1, segment.a2, segment.a3, ports)
        return _packed(segment.a2, segment.a3, a0, segment.a1, back)
    back_a0 = reversed_pair(a0)
    if ports < back or (ports == back and a0 <= back_a0):
        return _packed(a0, 0, 0, 0, ports)
    return _packed(back_a0, 0, 0, 0, back)


def _key_of(conn: Connection) -> bytes:
    probe = Segment()
    probe.a0, probe.a1, probe.a2, probe.a3 = conn.a0, conn.a1, conn.a2, conn.a3
    probe.ports = conn.ports
    return _key(probe)


def _packed(a0: i64, a1: i64, a2: i64, a3: i64, ports: i64) -> bytes:
    """12 bytes for IPv4: objects come in steps of 16 bytes, and one more would cost a step."""
    writer = BytesWriter()
    write_i16_be(writer, _signed_16(ports >> 16))
    write_i16_be(writer, _signed_16(ports))
    write_i64_be(writer, a0)
    if ports & IPV6_BIT:
        write_i64_be(writer, a1)
        write_i64_be(writer, a2)
        write_i64_be(writer, a3)
    return writer.getvalue()


def _signed_16(value: i64) -> i16:
    value &= 0xFFFF
    return i16(value - 0x10000 if value >= 0x8000 else value)
