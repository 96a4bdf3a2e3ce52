"""What dpkt finds in a frame, in the words of the recording."""

import socket
import struct
from dataclasses import dataclass

import dpkt

_RAW = (12, 14, 101, 228, 229)


@dataclass(frozen=True)
class Expected:
    """As Seen, as far as dpkt knows; `rest` is all that it found behind the header."""

    protocol: str
    source: str
    sport: int
    destination: str
    dport: int
    rest: bytes
    length: int = 0  # of UDP: header and payload
    seq: int = 0
    ack: int = 0
    flags: int = 0
    window: int = 0


def ask_dpkt(frame: bytes, link_type: int) -> Expected | None:
    """None where dpkt finds neither TCP nor UDP, or gives up."""
    try:
        layer = link_layer(frame, link_type)
    except (dpkt.Error, struct.error, LookupError, ValueError, AttributeError, NameError):
        return None
    addresses = "", ""
    while isinstance(layer, dpkt.Packet):
        if isinstance(layer, dpkt.ip.IP):
            if layer.mf or layer.offset:
                return None
            addresses = socket.inet_ntoa(layer.src), socket.inet_ntoa(layer.dst)
        elif isinstance(layer, dpkt.ip6.IP6):
            parts = layer.extension_hdrs.get(dpkt.ip.IP_PROTO_FRAGMENT)
            if parts is not None and (parts.frag_off or parts.m_flag):
                return None
            addresses = _six(layer.src), _six(layer.dst)
        elif isinstance(layer, dpkt.tcp.TCP | dpkt.udp.UDP):
            return _transport(layer, addresses)
        layer = layer.data
    return None


def link_layer(frame: bytes, link_type: int) -> dpkt.Packet | None:
    """The frame as dpkt reads it; raises what dpkt raises."""
    if link_type == 1:
        return dpkt.ethernet.Ethernet(frame)
    if link_type == 113:
        return dpkt.sll.SLL(frame)
    if link_type == 276:
        return dpkt.sll2.SLL2(frame)
    if link_type in (0, 108):
        return dpkt.loopback.Loopback(frame)
    if link_type == 9:
        return dpkt.ppp.PPP(frame)
    if link_type in _RAW:
        return dpkt.ip6.IP6(frame) if frame[0] >> 4 == 6 else dpkt.ip.IP(frame)
    return None


def _six(address: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6, address)


def _transport(layer: dpkt.Packet, addresses: tuple[str, str]) -> Expected:
    source, destination = addresses
    if isinstance(layer, dpkt.udp.UDP):
        rest = bytes(layer.data)
        return Expected("udp", source, layer.sport, destination, layer.dport, rest, layer.ulen)
    return Expected(
        "tcp",
        source,
        layer.sport,
        destination,
        layer.dport,
        bytes(layer.data),
        seq=layer.seq,
        ack=layer.ack,
        flags=layer.flags & 0xFF,
        window=layer.win,
    )
