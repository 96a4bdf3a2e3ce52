"""What the reassembly tells the Health of a connection, where there is one.

Each is for the segment that is being read, before the HealthTee counts it.
"""

from mypy_extensions import i64

from tcpkit.flow.connection import Connection
from tcpkit.flow.half_stream import NOT_KNOWN
from tcpkit.flow.mishap import Mishap
from tcpkit.flow.observer import ConnectionObserver, tell_started
from tcpkit.flow.sequence import MASK, distance
from tcpkit.flow.side import LATE
from tcpkit.wire.segment import Segment


def note_found(conn: Connection, found: i64) -> None:
    """The segment is one of side's COPY, AGAIN and PROBE."""
    health = conn.health
    if health is not None:
        health.found = found


def note_late(conn: Connection, from_client: bool, segment: Segment, seq: i64) -> None:
    """The segment was captured after bytes that follow it, or after the reply to it."""
    health = conn.health
    if health is None:
        return
    health.found = LATE
    since_ns = _waited_since(conn, from_client, seq, segment.ts_ns)
    side = health.client if from_client else health.server
    last = (seq + segment.size) & MASK
    side.mishaps.add(Mishap(seq, last, segment.ts_ns, since_ns))


def _waited_since(conn: Connection, from_client: bool, seq: i64, ts_ns: i64) -> i64:
    """Since when something that was captured has waited for the bytes at `seq`."""
    since_ns = ts_ns
    held = conn.client_half.held if from_client else conn.server_half.held
    if held is not None:
        for piece in held:
            if distance(piece.seq, seq) > 0:
                since_ns = min(since_ns, piece.ts_ns)
    replies = conn.server_half.held
    if from_client and replies is not None and distance(replies[0].ack, seq) > 0:
        since_ns = min(since_ns, replies[0].ts_ns)
    return since_ns


def note_again(
    observer: ConnectionObserver | None,
    conn: Connection,
    from_client: bool,
    first: i64,
    last: i64,
    ts_ns: i64,
) -> None:
    """The segment brought bytes that had been there."""
    health = conn.health
    if observer is None or health is None:
        return
    tell_started(observer, conn)
    side = health.client if from_client else health.server
    side.mishaps.add(Mishap(first, last, ts_ns, NOT_KNOWN))
    observer.sent_again(conn, from_client, first, last, ts_ns)


def note_gap(conn: Connection, from_client: bool, size: i64) -> None:
    """A hole of `size` bytes was given up."""
    health = conn.health
    if health is not None:
        side = health.client if from_client else health.server
        side.gaps += 1
        side.gap_bytes += size
