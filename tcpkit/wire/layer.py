"""Where decoding stands in a packet, handed from one header's parser to the next.

A parser takes the Layer at its own header, checks it, and moves the Layer on to what
comes next. It returns OK, or what became of the packet (see counts).
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.wire.counts import CUT

# Layer.kind below the link layer: an EtherType, or one of these.
IPV4: Final = 0x0800
IPV6: Final = 0x86DD
MPLS: Final = 0x8847
MPLS_MULTICAST: Final = 0x8848
ETHERNET_FRAME: Final = 0x10001  # a whole Ethernet frame, as tunnels carry them
GRE_HEADER: Final = 0x10002
RADIO_FRAME: Final = 0x10003  # IEEE 802.11
RADIOTAP_FRAME: Final = 0x10004
LLC_FRAME: Final = 0x10005  # IEEE 802.2

# Layer.kind below IP: its protocol numbers.
PROTOCOL_IPV4: Final = 4
PROTOCOL_TCP: Final = 6
PROTOCOL_UDP: Final = 17
PROTOCOL_IPV6: Final = 41
PROTOCOL_GRE: Final = 47


@final
class Layer:
    """What comes next is `data[start:end]`.

    kind        what that is: an EtherType or the like, below IP a protocol number
    wire_end    where it ended on the wire, as a position in `data`: beyond `end` where
                the snap length cut it off
    network     where the last IP header begins; of a packet that came in fragments, as if
                it had come whole
    a0..a3      addresses as in Segment, once an IP header was passed
    family      IPV6_BIT or 0, likewise
    ident       identification: of IPv4 always, of IPv6 when there is a fragment header
    fragment    whether it is one part of several; then `offset` (bytes) is its place and
                `more` says that it is not the last
    first_ns, last_ns  capture times of its first and last byte
    """

    __slots__ = (
        "data", "start", "end", "wire_end", "network", "kind", "a0", "a1", "a2", "a3", "family",
        "ident", "fragment", "offset", "more", "first_ns", "last_ns",
    )  # fmt: skip

    def __init__(self) -> None:
        self.data: bytes = b""
        self.start: i64 = 0
        self.end: i64 = 0
        self.wire_end: i64 = 0
        self.network: i64 = 0
        self.kind: i64 = 0
        self.a0: i64 = 0
        self.a1: i64 = 0
        self.a2: i64 = 0
        self.a3: i64 = 0
        self.family: i64 = 0
        self.ident: i64 = 0
        self.fragment: bool = False
        self.offset: i64 = 0
        self.more: bool = False
        self.first_ns: i64 = 0
        self.last_ns: i64 = 0

    def short(self, size: i64, bad: i64) -> i64:
        """Why `size` more bytes are not there: CUT by the snap length, or else `bad`."""
        return CUT if self.wire_end - self.start >= size else bad
