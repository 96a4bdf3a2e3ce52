"""What a TCP connection went through, by its packets."""

from typing import final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.half_stream import NOT_KNOWN
from tcpkit.flow.side import Side
from tcpkit.wire.segment import ACK, RST, SYN, Segment


@final
@mypyc_attr(acyclic=True)
class Health:
    """Kept for each connection where somebody asked for it. Times are the capture's, in ns.

    `end` is one of stream's END_, 0 while the connection goes on.
    """

    def __init__(self) -> None:
        self.client = Side()
        self.server = Side()
        self.first_ns: i64 = NOT_KNOWN  # the first and last packet
        self.last_ns: i64 = NOT_KNOWN
        self.syn_ns: i64 = NOT_KNOWN  # the first SYN, the first answer, the first packet after it
        self.syn_ack_ns: i64 = NOT_KNOWN
        self.ack_ns: i64 = NOT_KNOWN
        self.end: i64 = 0
        self.end_ns: i64 = NOT_KNOWN
        self.started_told = False
        self.ended_told = False

    @property
    def connect_ns(self) -> i64:
        """From the client's first SYN to its first packet after the answer; NOT_KNOWN."""
        return _between(self.syn_ns, self.ack_ns)

    def take(self, from_client: bool, segment: Segment) -> None:
        """A packet of the connection."""
        if self.first_ns < 0:
            self.first_ns = segment.ts_ns
        if segment.ts_ns > self.last_ns:
            self.last_ns = segment.ts_ns
        self.shake_hands(from_client, segment)
        if from_client:
            self.client.take(segment)
        else:
            self.server.take(segment)

    def shake_hands(self, from_client: bool, segment: Segment) -> None:
        """Note the times of the handshake; the same packet may come here twice."""
        flags = segment.flags
        if flags & SYN:
            if not flags & ACK:
                if from_client and self.syn_ns < 0:
                    self.syn_ns = segment.ts_ns
            elif not from_client and self.syn_ack_ns < 0:
                self.syn_ack_ns = segment.ts_ns
        elif from_client and self.ack_ns < 0 <= self.syn_ack_ns and flags & (ACK | RST) == ACK:
            self.ack_ns = segment.ts_ns

    @property
    def is_connected(self) -> bool:
        """Whether the end of the handshake was captured."""
        return self.ack_ns >= 0

    @property
    def is_closed(self) -> bool:
        """Whether both sides closed and know it of each other, or one reset the rest."""
        if self.client.reset_ns >= 0 or self.server.reset_ns >= 0:
            return True
        return self.client.has_all_of(self.server) and self.server.has_all_of(self.client)


def _between(first_ns: i64, second_ns: i64) -> i64:
    """NOT_KNOWN where one is missing, or where they come the other way round."""
    if first_ns < 0 or second_ns < first_ns:
        return NOT_KNOWN
    return second_ns - first_ns
