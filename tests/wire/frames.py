"""Frames made header by header, each field to one's liking, right or wrong.

Every function puts its header before `payload`. Independent of the package and of dpkt;
checksums are right where the decoder looks at them.
"""

import socket
import struct
from collections.abc import Sequence

from tests.build import checksum

TCP, UDP, ICMP = 6, 17, 1
IPIP, IPV6_IN_IP, GRE, AH = 4, 41, 47, 51
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION = 0, 43, 44, 60
IPV4, IPV6, MPLS = 0x0800, 0x86DD, 0x8847
VLAN, PROVIDER_VLAN, PPPOE = 0x8100, 0x88A8, 0x8864

MAC = bytes.fromhex("020000000001")
FOUR = ("10.0.0.1", "192.168.200.254")
SIX = ("2001:db8::1", "fe80::abcd:0:1234")


def packed(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def ethernet(payload: bytes, kind: int = IPV4) -> bytes:
    return MAC + MAC[::-1] + struct.pack("!H", kind) + payload


def tag(payload: bytes, kind: int = IPV4, vlan: int = 7) -> bytes:
    """What follows the EtherType of a VLAN: the tag and the type of what comes next."""
    return struct.pack("!HH", vlan, kind) + payload


def tagged(payload: bytes, tpids: Sequence[int], kind: int = IPV4) -> bytes:
    """Ethernet with a tag for each of `tpids`, outermost first."""
    for tpid in reversed(tpids):
        payload = tag(payload, kind)
        kind = tpid
    return ethernet(payload, kind)


def snap(payload: bytes, kind: int = IPV4, oui: bytes = b"\0\0\0") -> bytes:
    return b"\xaa\xaa\x03" + oui + struct.pack("!H", kind) + payload


def ieee802_3(payload: bytes) -> bytes:
    return MAC + MAC[::-1] + struct.pack("!H", len(payload)) + payload


def sll(payload: bytes, kind: int = IPV4) -> bytes:
    return struct.pack("!HHH", 4, 1, 6) + MAC + b"\0\0" + struct.pack("!H", kind) + payload


def sll2(payload: bytes, kind: int = IPV4) -> bytes:
    return struct.pack("!HHIHBB", kind, 0, 3, 1, 4, 6) + MAC + b"\0\0" + payload


def pppoe(payload: bytes, protocol: bytes = b"\x00\x21", code: int = 0) -> bytes:
    size = len(protocol) + len(payload)
    return struct.pack("!BBHH", 0x11, code, 99, size) + protocol + payload


def ipv4(
    payload: bytes,
    protocol: int = TCP,
    *,
    addresses: tuple[str, str] = FOUR,
    identification: int = 0x1234,
    options: bytes = b"",
    total: int | None = None,
    words: int | None = None,
    version: int = 4,
    offset: int = 0,
    more: bool = False,
) -> bytes:
    """`offset` counts bytes; `total` and `words` replace the right lengths."""
    right = 5 + len(options) // 4
    size = 4 * right + len(payload) if total is None else total
    first = version << 4 | (right if words is None else words)
    flags = offset // 8 | (0x2000 if more else 0)
    header = struct.pack("!BBHHHBBH", first, 0, size, identification, flags, 61, protocol, 0)
    header += packed(addresses[0]) + packed(addresses[1]) + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(
    payload: bytes,
    protocol: int = TCP,
    *,
    addresses: tuple[str, str] = SIX,
    size: int | None = None,
    version: int = 6,
) -> bytes:
    length = len(payload) if size is None else size
    header = struct.pack("!IHBB", version << 28 | 0x12345, length, protocol, 63)
    return header + packed(addresses[0]) + packed(addresses[1]) + payload


def extension(payload: bytes, following: int, body: bytes = bytes(6)) -> bytes:
    """A hop-by-hop, routing or destination header; `body` makes it a multiple of 8 bytes."""
    assert len(body) % 8 == 6
    return bytes([following, len(body) // 8]) + body + payload


def fragment_header(
    payload: bytes, following: int, offset: int, more: bool, identification: int = 77
) -> bytes:
    return struct.pack("!BBHI", following, 0, offset | more, identification) + payload


def authentication(payload: bytes, following: int, words: int = 3) -> bytes:
    return struct.pack("!BBHII", following, words + 1, 0, 1, 2) + bytes(4 * words) + payload


def tcp(
    payload: bytes = b"",
    *,
    ports: tuple[int, int] = (50001, 6379),
    seq: int = 0x89ABCDEF,
    ack: int = 0xFEDCBA98,
    flags: int = 0x18,
    window: int = 0xF0F1,
    options: bytes = b"",
    words: int | None = None,
    addresses: tuple[str, str] = FOUR,
) -> bytes:
    """`words` replaces the right data offset."""
    offset = 5 + len(options) // 4 if words is None else words
    header = struct.pack("!HHIIBBHHH", *ports, seq, ack, offset << 4, flags, window, 0, 0)
    return _summed(header + options + payload, 16, TCP, addresses)


def udp(
    payload: bytes = b"",
    *,
    ports: tuple[int, int] = (50002, 53),
    length: int | None = None,
    summed: bool = True,
    addresses: tuple[str, str] = FOUR,
) -> bytes:
    """`length` replaces the right one; without `summed` there is no checksum."""
    size = 8 + len(payload) if length is None else length
    datagram = struct.pack("!HHHH", *ports, size, 0) + payload
    return _summed(datagram, 6, UDP, addresses) if summed else datagram


def _summed(segment: bytes, at: int, protocol: int, addresses: tuple[str, str]) -> bytes:
    pseudo = packed(addresses[0]) + packed(addresses[1])
    pseudo += struct.pack("!II", len(segment), protocol)
    total = checksum(pseudo + segment) or 0xFFFF
    return segment[:at] + struct.pack("!H", total) + segment[at + 2 :]


def ipv4_fragments(datagram: bytes, protocol: int, sizes: Sequence[int]) -> list[bytes]:
    """`datagram` in IPv4 fragments with payloads of `sizes` bytes, and the rest."""
    return [
        ipv4(piece, protocol, offset=at, more=more) for at, piece, more in _pieces(datagram, sizes)
    ]


def ipv6_fragments(datagram: bytes, protocol: int, sizes: Sequence[int]) -> list[bytes]:
    return [
        ipv6(fragment_header(piece, protocol, at, more), FRAGMENT)
        for at, piece, more in _pieces(datagram, sizes)
    ]


def _pieces(datagram: bytes, sizes: Sequence[int]) -> list[tuple[int, bytes, bool]]:
    pieces = []
    at = 0
    for size in sizes:
        pieces.append((at, datagram[at : at + size], True))
        at += size
    pieces.append((at, datagram[at:], False))
    return pieces
