"""Frames of every kind that the decoder reads, all around the same segment or datagram."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.wire import frames as f

OPTIONS = b"\x94\x04\x00\x00" + b"\x01" * 4  # router alert, and nothing four times


@dataclass(frozen=True)
class Stack:
    """How to wrap a transport segment of `protocol` into a frame of `link_type`."""

    name: str
    link_type: int
    wrap: Callable[[bytes, int], bytes]
    addresses: tuple[str, str] = f.FOUR


def _over_ipv4(name: str, link_type: int, wrap: Callable[[bytes], bytes]) -> Stack:
    return Stack(name, link_type, lambda segment, protocol: wrap(f.ipv4(segment, protocol)))


def _over_ipv6(name: str, link_type: int, wrap: Callable[[bytes], bytes]) -> Stack:
    return Stack(name, link_type, lambda segment, protocol: wrap(f.ipv6(segment, protocol)), f.SIX)


def _loopback(family: bytes) -> Callable[[bytes], bytes]:
    return lambda packet: family + packet


def _ethernet_ipv6(packet: bytes) -> bytes:
    return f.ethernet(packet, f.IPV6)


def _extended(segment: bytes, protocol: int) -> bytes:
    """All extension headers, the fragment header being of a packet in one part."""
    packet = f.extension(segment, protocol, b"\x01\x0c" + bytes(12))
    packet = f.authentication(packet, f.DESTINATION)
    packet = f.fragment_header(packet, f.AH, 0, False)
    packet = f.extension(packet, f.FRAGMENT, bytes(22))
    packet = f.extension(packet, f.ROUTING)
    return f.ethernet(f.ipv6(packet, f.HOP_BY_HOP), f.IPV6)


LINKS = [
    _over_ipv4("ethernet", 1, f.ethernet),
    _over_ipv6("ethernet-ipv6", 1, _ethernet_ipv6),
    _over_ipv4("vlan", 1, lambda packet: f.tagged(packet, [f.VLAN])),
    _over_ipv6("vlan-ipv6", 1, lambda packet: f.tagged(packet, [f.VLAN], f.IPV6)),
    _over_ipv4("qinq", 1, lambda packet: f.tagged(packet, [f.PROVIDER_VLAN, f.VLAN])),
    _over_ipv4("old-qinq", 1, lambda packet: f.tagged(packet, [0x9100, 0x9200, f.VLAN])),
    _over_ipv4("pppoe", 1, lambda packet: f.ethernet(f.pppoe(packet), f.PPPOE)),
    _over_ipv6("pppoe-ipv6", 1, lambda packet: f.ethernet(f.pppoe(packet, b"\x00\x57"), f.PPPOE)),
    _over_ipv4("snap", 1, lambda packet: f.ieee802_3(f.snap(packet))),
    _over_ipv4("llc-ip", 1, lambda packet: f.ieee802_3(b"\x06\x06\x03" + packet)),
    _over_ipv4("sll", 113, f.sll),
    _over_ipv6("sll-ipv6", 113, lambda packet: f.sll(packet, f.IPV6)),
    _over_ipv4("sll-vlan", 113, lambda packet: f.sll(f.tag(packet), f.VLAN)),
    _over_ipv4("sll2", 276, f.sll2),
    _over_ipv6("sll2-ipv6", 276, lambda packet: f.sll2(packet, f.IPV6)),
    _over_ipv4("null-little", 0, _loopback(b"\x02\0\0\0")),
    _over_ipv4("null-big", 0, _loopback(b"\0\0\0\x02")),
    _over_ipv6("null-netbsd", 0, _loopback(b"\x18\0\0\0")),
    _over_ipv6("null-freebsd", 0, _loopback(b"\0\0\0\x1c")),
    _over_ipv6("null-macos", 0, _loopback(b"\x1e\0\0\0")),
    _over_ipv6("null-windows", 0, _loopback(b"\x17\0\0\0")),
    _over_ipv6("null-linux", 0, _loopback(b"\x0a\0\0\0")),
    _over_ipv4("loop", 108, _loopback(b"\0\0\0\x02")),
    _over_ipv6("loop-ipv6", 108, _loopback(b"\0\0\0\x18")),
    _over_ipv4("raw", 101, bytes),
    _over_ipv6("raw-ipv6", 101, bytes),
    _over_ipv4("raw-bsd", 12, bytes),
    _over_ipv6("raw-openbsd", 14, bytes),
    _over_ipv4("bare-ipv4", 228, bytes),
    _over_ipv6("bare-ipv6", 229, bytes),
    _over_ipv4("ppp", 9, lambda packet: b"\xff\x03\x00\x21" + packet),
    _over_ipv6("ppp-ipv6", 9, lambda packet: b"\xff\x03\x00\x57" + packet),
    _over_ipv4("ppp-compressed", 9, lambda packet: b"\xff\x03\x21" + packet),
    _over_ipv4("ppp-bare", 9, lambda packet: b"\x00\x21" + packet),
    _over_ipv4("ppp-hdlc", 50, lambda packet: b"\xff\x03\x00\x21" + packet),
    _over_ipv4("ppp-ether", 51, f.pppoe),
    _over_ipv4("cisco-hdlc", 104, lambda packet: b"\x0f\x00\x08\x00" + packet),
]

NETWORKS = [
    Stack("options", 1, lambda seg, proto: f.ethernet(f.ipv4(seg, proto, options=OPTIONS))),
    Stack("ah", 1, lambda seg, proto: f.ethernet(f.ipv4(f.authentication(seg, proto), f.AH))),
    Stack("extensions", 1, _extended, f.SIX),
    Stack("ipip", 1, lambda seg, proto: f.ethernet(f.ipv4(f.ipv4(seg, proto), f.IPIP))),
    Stack(
        "6in4", 1, lambda seg, proto: f.ethernet(f.ipv4(f.ipv6(seg, proto), f.IPV6_IN_IP)), f.SIX
    ),
    Stack("4in6", 1, lambda seg, proto: _ethernet_ipv6(f.ipv6(f.ipv4(seg, proto), f.IPIP))),
    Stack("6in6", 1, lambda seg, proto: _ethernet_ipv6(f.ipv6(f.ipv6(seg, proto), 41)), f.SIX),
]


def _mpls(packet: bytes) -> bytes:
    return f.ethernet(b"\x00\x01\x00\x40" + b"\x00\x02\x01\x40" + packet, f.MPLS)


def _gre(header: bytes) -> Callable[[bytes], bytes]:
    return lambda packet: f.ethernet(f.ipv4(header + packet, f.GRE))


def _radio(flags: int, addresses: int, quality: bytes = b"") -> Callable[[bytes], bytes]:
    """A data frame; `flags` say to and from the distribution system."""
    subtype = 0x88 if quality else 0x08
    header = bytes([subtype, flags, 0, 0]) + f.MAC * 3 + b"\x10\x00" + f.MAC * (addresses - 3)
    return lambda packet: header + quality + f.snap(packet)


def _radiotap(packet: bytes) -> bytes:
    """With flags, a field after them, and an 802.11 header filled up to 28 bytes."""
    header = b"\x00\x00\x0a\x00\x06\x00\x00\x00" + b"\x20" + b"\x02"
    quality = b"\x00\x00" + b"\x00\x00"
    return header + _radio(1, 3, quality)(packet)


TUNNELS = [
    _over_ipv4("mpls", 1, _mpls),
    _over_ipv6("mpls-ipv6", 1, _mpls),
    _over_ipv4("mpls-ppp", 9, lambda packet: b"\xff\x03\x02\x81" + b"\0\x01\x01\x40" + packet),
    _over_ipv4("pseudowire", 1, lambda packet: _mpls(f.ethernet(packet))),
    _over_ipv4("pseudowire-control", 1, lambda packet: _mpls(bytes(4) + f.ethernet(packet))),
    _over_ipv4("gre", 1, _gre(b"\x00\x00\x08\x00")),
    _over_ipv6("gre-ipv6", 1, _gre(b"\x00\x00\x86\xdd")),
    _over_ipv4("gre-all", 1, _gre(b"\xb0\x00\x08\x00" + bytes(4) + b"key." + b"seq.")),
    _over_ipv4("gre-ethernet", 1, lambda packet: _gre(b"\x20\x00\x65\x58key.")(f.ethernet(packet))),
    _over_ipv4("wireless", 105, _radio(1, 3)),
    _over_ipv4("wireless-up", 105, _radio(2, 3)),
    _over_ipv4("wireless-bridge", 105, _radio(3, 4)),
    _over_ipv4("wireless-quality", 105, _radio(1, 3, b"\x05\x00")),
    _over_ipv4("radiotap", 127, _radiotap),
]

ALL = LINKS + NETWORKS + TUNNELS
