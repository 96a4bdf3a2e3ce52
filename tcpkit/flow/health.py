"""What a TCP connection went through, by its packets."""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.half_stream import NOT_KNOWN
from tcpkit.flow.side import PLAIN, Side, time_or_none
from tcpkit.flow.stream import (
    END_ABORT,
    END_CAPTURE,
    END_FIN,
    END_FORGOTTEN,
    END_LOST,
    END_REFUSED,
    END_RESET,
    END_REUSED,
)
from tcpkit.wire.segment import ACK, RST, SYN, Segment

Numbers = dict[str, int | str | dict[str, int | None] | None]

_RESETS: Final = (END_RESET, END_ABORT, END_REFUSED)
_ENDINGS: Final = {
    END_REUSED: "replaced by a new connection",
    END_FORGOTTEN: "forgotten",
    END_CAPTURE: "still open",
    END_LOST: "lost track of",
}


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
        self.found: i64 = PLAIN  # what the reassembly says of the packet that comes next
        self.end: i64 = 0
        self.end_ns: i64 = NOT_KNOWN
        self.started_told = False
        self.ended_told = False

    @property
    def connect_ns(self) -> i64:
        """From the client's first SYN to its first packet after the answer, or NOT_KNOWN.

        The sum of the two others: from the first SYN to its first answer (the way to the
        server, its system, and any SYN that was lost), and from there on (the way to the
        client). So it is what the client saw, less its own way to the capture point.
        """
        return _between(self.syn_ns, self.ack_ns)

    @property
    def connect_server_ns(self) -> i64:
        return _between(self.syn_ns, self.syn_ack_ns)

    @property
    def connect_client_ns(self) -> i64:
        return _between(self.syn_ack_ns, self.ack_ns)

    @property
    def duration_ns(self) -> i64:
        """From the first packet to the last one."""
        return self.last_ns - self.first_ns

    def take(self, from_client: bool, segment: Segment) -> None:
        """A packet of the connection."""
        if self.first_ns < 0:
            self.first_ns = segment.ts_ns
        if segment.ts_ns > self.last_ns:
            self.last_ns = segment.ts_ns
        self.shake_hands(from_client, segment)
        found = self.found
        self.found = PLAIN
        if from_client:
            self.client.take(self.server, segment, found)
        else:
            self.server.take(self.client, segment, found)

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
    def ending(self) -> str:
        """How it ended, in words."""
        client, server = self.client, self.server
        if self.end in _RESETS:
            by_client = _is_before(client.reset_ns, server.reset_ns)
            if not by_client and self.syn_ns >= 0 and self.syn_ack_ns < 0:
                return "refused by the server"
            return f"reset by the {'client' if by_client else 'server'}"
        if self.end == END_FIN or (self.end == END_CAPTURE and self.is_closed):
            by_client = _is_before(client.fin_ns, server.fin_ns)
            return f"closed by the {'client' if by_client else 'server'}"
        if self.end == END_CAPTURE and client.fin_ns >= 0:
            return "half closed by the client"
        return _ENDINGS.get(int(self.end), "")

    def numbers(self) -> Numbers:
        """All of it by name, for JSON; None where there is no such time."""
        return {
            "first_ns": time_or_none(self.first_ns),
            "last_ns": time_or_none(self.last_ns),
            "duration_ns": int(self.duration_ns),
            "ending": self.ending or None,
            "connect_ns": time_or_none(self.connect_ns),
            "connect_server_ns": time_or_none(self.connect_server_ns),
            "connect_client_ns": time_or_none(self.connect_client_ns),
            "syn_retries": max(int(self.client.syns) - 1, 0),
            "syn_ack_retries": max(int(self.server.syns) - 1, 0),
            "client": self.client.numbers(self.last_ns),
            "server": self.server.numbers(self.last_ns),
        }

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


def _is_before(first_ns: i64, second_ns: i64) -> bool:
    """Whether the first time is known, and the second one is not before it."""
    return first_ns >= 0 and (second_ns < 0 or first_ns <= second_ns)
