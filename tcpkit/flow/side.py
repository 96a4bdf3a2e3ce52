"""One side of a connection: what it sent, and how it took what the other sent.

Bytes are counted as they passed the capture: what was sent again counts again. A packet that
was captured twice is a copy, and in no other number.
"""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.half_stream import NOT_KNOWN
from tcpkit.flow.mishap import Mishaps
from tcpkit.flow.round_trip import RoundTrip
from tcpkit.flow.sequence import MASK, distance
from tcpkit.flow.zero_window import ZeroWindow
from tcpkit.wire.segment import ACK, FIN, IPV6_BIT, RST, SYN, Segment

# What the reassembly found a packet to be, where the plain path did not take it.
PLAIN: Final = 0
COPY: Final = 1  # captured twice
AGAIN: Final = 2  # all of its bytes had been there
LATE: Final = 3  # captured after bytes that follow it
PROBE: Final = 4  # of keep-alive

COPY_NS: Final = 500_000  # no retransmission follows its original as fast as a copy does

_KINDS: Final = SYN | FIN | RST


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
        self.reset_ns: i64 = NOT_KNOWN  # the first of `resets`
        self.packets: i64 = 0
        self.payload_bytes: i64 = 0
        self.wire_bytes: i64 = 0  # IP packets
        self.syns: i64 = 0
        self.resets: i64 = 0
        self.copies: i64 = 0
        self.retransmissions: i64 = 0  # segments with bytes that were there before
        self.retransmitted_bytes: i64 = 0
        self.out_of_order: i64 = 0
        self.duplicate_acks: i64 = 0  # RFC 5681, section 2
        self.probes: i64 = 0  # of keep-alive and of a window of zero
        self.gaps: i64 = 0  # holes in what this side sent: lost by the capture
        self.gap_bytes: i64 = 0
        self.round_trip = RoundTrip()  # to this side
        self.zero_window = ZeroWindow()  # while this side took nothing
        self.mishaps = Mishaps()  # of what this side sent
        self._last_seq: i64 = NOT_KNOWN
        self._last_ack: i64 = 0
        self._last_flags: i64 = 0
        self._last_mark: i64 = 0
        self._last_window: i64 = 0
        self._last_ns: i64 = 0
        self._heard: i64 = 0  # packets of the other side at that time

    def take(self, peer: "Side", segment: Segment, found: i64) -> None:
        """A packet of this side's; `found` is PLAIN or what the reassembly says."""
        flags = segment.flags
        if found == COPY or (segment.size == 0 and self._is_copy(peer, segment)):
            self.copies += 1
            return
        self.packets += 1
        self.payload_bytes += segment.size
        self.wire_bytes += segment.headers + segment.size
        if flags & RST:
            self.resets += 1
            if self.reset_ns < 0:
                self.reset_ns = segment.ts_ns
        else:
            self._count_bytes(peer, segment, found)
            if flags & ACK:
                self._count_acknowledgment(peer, segment)
        self._last_seq = segment.seq
        self._last_ack = segment.ack
        self._last_flags = flags
        self._last_mark = segment.mark
        self._last_window = segment.window
        self._last_ns = segment.ts_ns
        self._heard = peer.packets

    def _is_copy(self, peer: "Side", segment: Segment) -> bool:
        """Whether a packet without payload is the last one again.

        Equal acknowledgments may follow each other at once, so only the mark of IPv4 tells;
        SYN, FIN and RST are not sent again so soon, unless the other side asks for it.
        """
        if segment.seq != self._last_seq or segment.ack != self._last_ack:
            return False
        if segment.flags != self._last_flags or segment.window != self._last_window:
            return False
        if segment.mark != 0 and not segment.ports & IPV6_BIT:
            return segment.mark == self._last_mark
        if segment.flags & _KINDS == 0 or peer.packets != self._heard:
            return False
        return segment.ts_ns - self._last_ns < COPY_NS

    def _count_bytes(self, peer: "Side", segment: Segment, found: i64) -> None:
        flags, size, seq = segment.flags, segment.size, segment.seq
        end = (seq + size) & MASK
        if flags & SYN:
            self.syns += 1
            end = (end + 1) & MASK
        if flags & FIN:
            end = (end + 1) & MASK
            if self.fin < 0:
                self.fin = end
                self.fin_ns = segment.ts_ns
        if self.sent < 0:
            self.sent = seq
        ahead = distance(end, self.sent)
        if found == LATE:
            self.out_of_order += 1
            peer.round_trip.spoil()
        elif found == PROBE or (size == 0 and flags & _KINDS == 0 and ahead == -1):
            self.probes += 1
        elif distance(seq, self.sent) < 0:
            if size > 0:
                self._count_again(segment, found)
            if size > 0 or flags & _KINDS:
                peer.round_trip.spoil()
        elif ahead > 0 and (peer.acked < 0 or distance(end, peer.acked) > 0):
            peer.round_trip.start(end, segment.ts_ns)
        if ahead > 0:
            self.sent = end

    def _count_again(self, segment: Segment, found: i64) -> None:
        self.retransmissions += 1
        known = distance(self.sent, segment.seq)
        if found == AGAIN or known > segment.size:
            known = segment.size
        self.retransmitted_bytes += known

    def _count_acknowledgment(self, peer: "Side", segment: Segment) -> None:
        flags, ack = segment.flags, segment.ack
        ahead: i64 = distance(ack, self.acked) if self.acked >= 0 else 1
        if ahead < 0:
            return  # older than what is known
        if ahead > 0:
            self.acked = ack
            self.round_trip.acknowledge(ack, segment.ts_ns)
        elif (
            segment.size == 0
            and flags & _KINDS == 0
            and segment.window == self._last_window
            and distance(segment.seq, self.sent) == 0
            and peer.sent >= 0
            and distance(peer.sent, ack) > 0
        ):
            self.duplicate_acks += 1
        if not flags & SYN:
            self.zero_window.take(segment.window, segment.ts_ns)

    def has_all_of(self, peer: "Side") -> bool:
        """Whether it acknowledged the peer's FIN."""
        return peer.fin >= 0 and self.acked >= 0 and distance(self.acked, peer.fin) >= 0

    def numbers(self, now_ns: i64) -> dict[str, int | None]:
        """The numbers by name; None where there is no such time. `now_ns`: the last packet."""
        trip = self.round_trip
        return {
            "packets": int(self.packets),
            "payload_bytes": int(self.payload_bytes),
            "wire_bytes": int(self.wire_bytes),
            "rtt_samples": int(trip.samples),
            "rtt_min_ns": time_or_none(trip.min_ns),
            "rtt_avg_ns": time_or_none(trip.average_ns),
            "rtt_max_ns": time_or_none(trip.max_ns),
            "retransmissions": int(self.retransmissions),
            "retransmitted_bytes": int(self.retransmitted_bytes),
            "copies": int(self.copies),
            "out_of_order": int(self.out_of_order),
            "duplicate_acks": int(self.duplicate_acks),
            "zero_windows": int(self.zero_window.times),
            "zero_window_ns": int(self.zero_window.closed_ns(now_ns)),
            "probes": int(self.probes),
            "resets": int(self.resets),
            "gaps": int(self.gaps),
            "gap_bytes": int(self.gap_bytes),
        }


def time_or_none(time_ns: i64) -> int | None:
    return None if time_ns < 0 else int(time_ns)
