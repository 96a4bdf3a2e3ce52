"""One TCP connection: its two half streams, its ends, and whoever reads it."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.half_stream import NOT_KNOWN, HalfStream
from tcpkit.flow.health import Health
from tcpkit.flow.stream import Stream
from tcpkit.wire.segment import IPV6_BIT, Segment

_MASK_32: Final = 0xFFFFFFFF


def reversed_ports(ports: i64) -> i64:
    return (ports & IPV6_BIT) | ((ports & 0xFFFF) << 16) | ((ports >> 16) & 0xFFFF)


def reversed_pair(a0: i64) -> i64:
    """An IPv4 address pair the other way round, signed as the decoder reads it."""
    high = a0 & _MASK_32
    if high & 0x80000000:
        high -= 0x100000000  # interpreted integers do not wrap
    return (high << 32) | ((a0 >> 32) & _MASK_32)


@final
class Connection(Endpoints):
    """The four-tuple is kept from the client's side, and again from the server's."""

    __slots__ = (
        "back_a0", "back_ports", "client_half", "server_half", "stream", "slot", "last_ns",
        "reset_ns", "reset_kind", "reset_seq", "reset_ack", "closed_ns", "ignored", "troubled",
        "health",
    )  # fmt: skip

    def __init__(self, a0: i64, a1: i64, a2: i64, a3: i64, ports: i64, slot: i64) -> None:
        super().__init__(a0, a1, a2, a3, ports)
        self.back_a0: i64 = a2 if ports & IPV6_BIT else reversed_pair(a0)
        self.back_ports = reversed_ports(ports)
        self.client_half = HalfStream()
        self.server_half = HalfStream()
        self.stream: Stream | None = None
        self.slot = slot
        self.last_ns: i64 = 0
        self.reset_ns: i64 = NOT_KNOWN  # capture time of a RST, until its grace is over
        self.reset_kind: i64 = 0  # see `reset`
        self.reset_seq: i64 = NOT_KNOWN  # where the server's stream stood by its own RST
        self.reset_ack: i64 = NOT_KNOWN  # what the client had by its own RST
        self.closed_ns: i64 = NOT_KNOWN  # capture time of the end
        self.ignored = False  # known not to be a watched server's
        self.troubled = False  # something is held or missing: no fast path
        self.health: Health | None = None  # None unless the table has an observer

    def restart(self) -> None:
        """Forget the streams: what follows is seen from the middle, or from a new SYN."""
        self.client_half = HalfStream()
        self.server_half = HalfStream()
        self.stream = None
        self.reset_ns = NOT_KNOWN
        self.reset_kind = 0
        self.reset_seq = NOT_KNOWN
        self.reset_ack = NOT_KNOWN
        self.closed_ns = NOT_KNOWN
        self.ignored = False
        self.troubled = False
        self.health = None


def is_from_client(conn: Connection, segment: Segment) -> bool:
    """Whether the addresses and ports of a segment are those of `conn`, client first."""
    if conn.ports != segment.ports or conn.a0 != segment.a0:
        return False
    return conn.a1 == segment.a1 and conn.a2 == segment.a2 and conn.a3 == segment.a3
