"""One side of a connection: what it sent, and what it acknowledged of the other's."""

from typing import final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.half_stream import NOT_KNOWN
from tcpkit.flow.sequence import MASK, distance
from tcpkit.wire.segment import ACK, FIN, RST, SYN, Segment


@final
@mypyc_attr(acyclic=True)
class Side:
    """Positions are sequence numbers, NOT_KNOWN before the first packet.

    `sent` lies behind the last byte seen, `acked` is the last acknowledgment that this side
    gave. SYN and FIN count as a byte.
    """

    def __init__(self) -> None:
        self.sent: i64 = NOT_KNOWN
        self.acked: i64 = NOT_KNOWN
        self.fin: i64 = NOT_KNOWN  # position behind the FIN
        self.fin_ns: i64 = NOT_KNOWN
        self.reset_ns: i64 = NOT_KNOWN

    def take(self, segment: Segment) -> None:
        """A packet of this side's."""
        flags = segment.flags
        if flags & RST:
            if self.reset_ns < 0:
                self.reset_ns = segment.ts_ns
            return
        end = (segment.seq + segment.size) & MASK
        if flags & SYN:
            end = (end + 1) & MASK
        if flags & FIN:
            end = (end + 1) & MASK
            if self.fin < 0:
                self.fin = end
                self.fin_ns = segment.ts_ns
        if self.sent < 0 or distance(end, self.sent) > 0:
            self.sent = end
        if flags & ACK and (self.acked < 0 or distance(segment.ack, self.acked) > 0):
            self.acked = segment.ack

    def has_all_of(self, peer: "Side") -> bool:
        """Whether it acknowledged the peer's FIN."""
        return peer.fin >= 0 and self.acked >= 0 and distance(self.acked, peer.fin) >= 0
