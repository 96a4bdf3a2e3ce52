"""What the flow room saw, dropped and doubted."""

from typing import final

from mypy_extensions import i64


@final
class FlowCounts:
    """Numbers of packets, unless said otherwise."""

    __slots__ = (
        "connections", "mid_stream", "copies", "retransmissions", "out_of_order", "keepalives",
        "gaps", "gap_bytes", "held_overflow", "resets", "reused", "desynchronized", "expired",
        "refused", "stray", "no_ack", "ambiguous", "clock_went_back", "datagrams",
    )  # fmt: skip

    def __init__(self) -> None:
        self.connections: i64 = 0  # connections followed
        self.mid_stream: i64 = 0  # connections whose start was not captured
        self.copies: i64 = 0  # the same packet captured again
        self.retransmissions: i64 = 0
        self.out_of_order: i64 = 0
        self.keepalives: i64 = 0
        self.gaps: i64 = 0  # holes given up
        self.gap_bytes: i64 = 0
        self.held_overflow: i64 = 0  # holes given up because too much waited for them
        self.resets: i64 = 0
        self.reused: i64 = 0  # a new SYN on a four-tuple in use
        self.desynchronized: i64 = 0  # numbers that fit no window: started again
        self.expired: i64 = 0  # connections forgotten
        self.refused: i64 = 0  # packets of connections that found the table full
        self.stray: i64 = 0  # of no connection: without payload, or behind its end
        self.no_ack: i64 = 0  # payload without acknowledgment, which no receiver takes
        self.ambiguous: i64 = 0  # packets whose server end cannot be told
        self.clock_went_back: i64 = 0
        self.datagrams: i64 = 0  # of watched servers

    def numbers(self) -> dict[str, int]:
        """The counters by name, for the user."""
        return {
            "connections": int(self.connections),
            "datagrams": int(self.datagrams),
            "mid stream": int(self.mid_stream),
            "copies": int(self.copies),
            "retransmissions": int(self.retransmissions),
            "out of order": int(self.out_of_order),
            "keepalives": int(self.keepalives),
            "gaps": int(self.gaps),
            "gap bytes": int(self.gap_bytes),
            "held overflow": int(self.held_overflow),
            "resets": int(self.resets),
            "reused": int(self.reused),
            "desynchronized": int(self.desynchronized),
            "expired": int(self.expired),
            "refused": int(self.refused),
            "stray": int(self.stray),
            "no ack": int(self.no_ack),
            "ambiguous": int(self.ambiguous),
            "clock went back": int(self.clock_went_back),
        }
