"""What the decoder finds in a packet: a TCP segment or a UDP datagram.

The decoder owns one of each and fills it anew for every packet, so a sink that
wants to keep something copies it. Addresses are kept as integers: comparing them
is all that the packet's path does with them.

address    IPv4: a0 = source << 32 | destination (signed, as read), a1 = a2 = a3 = 0
           IPv6: a0, a1 = source, a2, a3 = destination, high half first
ports      source << 16 | destination, plus IPV6_BIT for IPv6
"""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

IPV6_BIT: Final = 1 << 32

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10
URG: Final = 0x20


@final
class Segment:
    """One TCP segment: the payload is `data[start:end]`, `size` bytes on the wire.

    `size` is larger than `end - start` where the snap length cut the frame.
    `mark` tells a captured copy from a retransmission: the IPv4 identification, or
    the low 16 bits of the TCP timestamp value for IPv6; 0 means not known. `headers` are
    the bytes of the IP and TCP headers; with `size` that is the length of the IP packet.
    """

    __slots__ = (
        "a0", "a1", "a2", "a3", "ports", "seq", "ack", "flags", "window",
        "data", "start", "end", "size", "ts_ns", "mark", "headers",
    )  # fmt: skip

    def __init__(self) -> None:
        self.a0: i64 = 0
        self.a1: i64 = 0
        self.a2: i64 = 0
        self.a3: i64 = 0
        self.ports: i64 = 0
        self.seq: i64 = 0
        self.ack: i64 = 0
        self.flags: i64 = 0
        self.window: i64 = 0
        self.data: bytes = b""
        self.start: i64 = 0
        self.end: i64 = 0
        self.size: i64 = 0
        self.ts_ns: i64 = 0
        self.mark: i64 = 0
        self.headers: i64 = 0


@final
class Datagram:
    """One UDP datagram: the payload is `data[start:end]`, `size` bytes on the wire.

    `ts_ns` is the capture time of the packet that completed it, `first_ns` and `last_ns`
    those of its first and last byte: they differ where it came in fragments. `mark` tells
    a captured copy from a datagram sent again: the IPv4 identification; 0 means not known.
    """

    __slots__ = (
        "a0", "a1", "a2", "a3", "ports", "data", "start", "end", "size",
        "ts_ns", "first_ns", "last_ns", "mark",
    )  # fmt: skip

    def __init__(self) -> None:
        self.a0: i64 = 0
        self.a1: i64 = 0
        self.a2: i64 = 0
        self.a3: i64 = 0
        self.ports: i64 = 0
        self.data: bytes = b""
        self.start: i64 = 0
        self.end: i64 = 0
        self.size: i64 = 0
        self.ts_ns: i64 = 0
        self.first_ns: i64 = 0
        self.last_ns: i64 = 0
        self.mark: i64 = 0


@mypyc_attr(allow_interpreted_subclasses=True)
class SegmentSink:
    """Where the decoder puts what it finds. Both return whether the packet is wanted.

    The answer is what `-w` goes by: True when the packet belongs to a watched server.
    """

    __slots__ = ()

    def segment(self, segment: Segment) -> bool:
        raise NotImplementedError

    def datagram(self, datagram: Datagram) -> bool:
        raise NotImplementedError
