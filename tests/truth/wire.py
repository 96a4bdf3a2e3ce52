"""What bytes a capture holds, and when each was first captured: with dpkt, not with our code."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import dpkt

from tcpkit.protocols.message import NO_TIME
from tests.build import Packet

MASK = 0xFFFFFFFF
Ends = tuple[str, str]  # source and destination
Key = tuple[bytes, bytes, int, int]  # of the fragments that belong together


@dataclass(frozen=True)
class Piece:
    """TCP payload that a packet carries: position, size on the wire, time."""

    seq: int
    size: int
    ts_ns: int


# What is left of a datagram's payload in a frame cut to 96 bytes, IPv6 and a tag before it.
VISIBLE = 30


@dataclass(frozen=True)
class Message:
    """A whole datagram: what it is known by, and the time of its first byte.

    It is known by its size and the beginning of its payload, which a snap length leaves.
    """

    name: bytes
    first_ns: int


@dataclass
class Parts:
    """Fragments of a datagram: bytes, size, time of the first copy and whether more follow.

    There are fewer bytes than the size where the frame was cut.
    """

    found: dict[int, tuple[bytes, int, int, bool]] = field(default_factory=dict)

    def whole(self) -> tuple[bytes, int, int] | None:
        """The bytes up to the first that was cut, and the times of the first and last fragment."""
        data, at = b"", 0
        while at in self.found:
            part, size, ts_ns, more = self.found[at]
            data += part if len(data) == at else b""
            at += size
            if not more:
                return data, self.found[0][2], ts_ns
        return None


class Wire:
    """The payload of a capture, by direction, in capture order."""

    def __init__(self, packets: Iterable[Packet], link_type: int) -> None:
        self.pieces: dict[Ends, list[Piece]] = {}
        self.messages: dict[Ends, list[Message]] = {}
        self._beginning: dict[tuple[str, str, int], bytes] = {}
        self._ending: dict[tuple[str, str, int], bytes] = {}
        self._fragments: dict[Key, Parts] = {}
        for packet in packets:
            self._add(packet, link_type)

    def first_time(self, source: str, destination: str, position: int) -> int:
        """When the TCP byte at `position` was first captured; NO_TIME if it never was."""
        for piece in self.pieces.get((source, destination), []):
            if (position - piece.seq) & MASK < piece.size:
                return piece.ts_ns
        return NO_TIME

    def message_at(self, source: str, destination: str, first_ns: int) -> bytes:
        """The name of the datagram whose first byte has this time; empty: there is none."""
        return self._beginning.get((source, destination, first_ns), b"")

    def message_ending(self, source: str, destination: str, last_ns: int) -> bytes:
        return self._ending.get((source, destination, last_ns), b"")

    def first_copy(self, source: str, destination: str, name: bytes, from_ns: int) -> int:
        """When the first datagram of this name, not before `from_ns`, began."""
        for message in self.messages.get((source, destination), []):
            if message.name == name and message.first_ns >= from_ns:
                return message.first_ns
        return NO_TIME

    def _add(self, packet: Packet, link_type: int) -> None:
        key = link_type, packet.frame[:96]
        if key not in _KNOWN:
            _KNOWN[key] = _segment(packet.frame, link_type)
        found = _KNOWN[key]
        if found is not None:
            ends, seq, size = found
            self.pieces.setdefault(ends, []).append(Piece(seq, size, packet.ts_ns))
        elif key not in _NO_UDP:
            ip = _network(packet.frame, link_type)
            if not _is_udp(ip):
                _NO_UDP.add(key)
                return
            self._datagram(ip, packet)

    def _datagram(self, ip: "dpkt.ip.IP | dpkt.ip6.IP6", packet: Packet) -> None:
        if isinstance(ip, dpkt.ip6.IP6):
            fragment = ip.extension_hdrs.get(dpkt.ip.IP_PROTO_FRAGMENT)
            more = fragment is not None and bool(fragment.m_flag)
            offset = fragment.frag_off * 8 if fragment is not None else 0
            ident = fragment.id if fragment is not None else 0
            size = ip.plen - 8  # no other extension header is in our captures
        else:
            more, offset, ident = bool(ip.mf), ip.offset * 8, ip.id
            size = ip.len - ip.hl * 4
        if not more and not offset:
            data = bytes(ip.data) if isinstance(ip.data, dpkt.udp.UDP) else ip.data
            self._whole(ip, data, packet.ts_ns, packet.ts_ns)
            return
        data = ip.data if isinstance(ip.data, bytes) else bytes(ip.data)
        key = bytes(ip.src), bytes(ip.dst), ident, ip.p
        parts = self._fragments.setdefault(key, Parts())
        parts.found.setdefault(offset, (data, size, packet.ts_ns, more))
        found = parts.whole()
        if found is not None:
            del self._fragments[key]
            self._whole(ip, *found)

    def _whole(
        self, ip: "dpkt.ip.IP | dpkt.ip6.IP6", data: bytes, first_ns: int, last_ns: int
    ) -> None:
        sport, dport = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
        size = int.from_bytes(data[4:6], "big")
        ends = _end(ip.src, sport), _end(ip.dst, dport)
        name = data[4:6] + data[8 : min(size, 8 + VISIBLE)]
        self.messages.setdefault(ends, []).append(Message(name, first_ns))
        self._beginning.setdefault((*ends, first_ns), name)
        self._ending.setdefault((*ends, last_ns), name)


_LINKS = {
    1: dpkt.ethernet.Ethernet,
    101: lambda frame: dpkt.ethernet.Ethernet(bytes(12) + b"\x08\0" + frame),
    113: dpkt.sll.SLL,
    276: dpkt.sll2.SLL2,
}
_KNOWN: dict[tuple[int, bytes], tuple[Ends, int, int] | None] = {}
_NO_UDP: set[tuple[int, bytes]] = set()


def _network(frame: bytes, link_type: int) -> "dpkt.ip.IP | dpkt.ip6.IP6 | None":
    ip = _LINKS[link_type](frame).data
    return ip if isinstance(ip, dpkt.ip.IP | dpkt.ip6.IP6) else None


def _is_udp(ip: "dpkt.ip.IP | dpkt.ip6.IP6 | None") -> bool:
    if isinstance(ip, dpkt.ip6.IP6):
        fragment = ip.extension_hdrs.get(dpkt.ip.IP_PROTO_FRAGMENT)
        protocol = fragment.nxt if fragment is not None else ip.p
        return bool(protocol == dpkt.ip.IP_PROTO_UDP)
    return ip is not None and bool(ip.p == dpkt.ip.IP_PROTO_UDP)


def _segment(frame: bytes, link_type: int) -> tuple[Ends, int, int] | None:
    ip = _network(frame, link_type)
    if ip is None or not isinstance(ip.data, dpkt.tcp.TCP):
        return None
    tcp = ip.data
    total = ip.plen if isinstance(ip, dpkt.ip6.IP6) else ip.len - ip.hl * 4
    size = total - tcp.off * 4
    if size <= 0:
        return None
    seq = (tcp.seq + 1) & MASK if tcp.flags & dpkt.tcp.TH_SYN else tcp.seq
    return (_end(ip.src, tcp.sport), _end(ip.dst, tcp.dport)), seq, size


def _end(address: bytes, port: int) -> str:
    text: str = dpkt.utils.inet_to_str(address)
    return f"[{text}]:{port}" if ":" in text else f"{text}:{port}"
