"""Writes one Ethernet capture anew in every link type and file format that tcpkit reads.

The IP packets and their times stay what they are (but for the captures named for a
change to IP), so every file here has the same golden log. Times are cut to whole
microseconds first, since half of the formats have no finer ones.
"""

import gzip
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

# LINKTYPE_ values of https://www.tcpdump.org/linktypes.html
NULL, ETHERNET, PPP, RAW, LOOP, SLL, SLL2 = 0, 1, 9, 101, 108, 113, 276
ETHERTYPE_IPV4 = 0x0800
MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
SNAPLEN = 262144
LITTLE, BIG = "<", ">"


@dataclass(frozen=True)
class Frame:
    """An Ethernet frame without a tag, captured whole at `ts_us`."""

    ts_us: int
    data: bytes

    @property
    def ethertype(self) -> int:
        return int.from_bytes(self.data[12:14], "big")

    @property
    def is_ipv4(self) -> bool:
        return self.ethertype == ETHERTYPE_IPV4

    @property
    def ip(self) -> bytes:
        return self.data[14:]

    @property
    def from_server(self) -> bool:
        return self.data[11] == 2

    def with_ip(self, ip: bytes) -> "Frame":
        return Frame(self.ts_us, self.data[:14] + ip)


def read(path: Path) -> list[Frame]:
    """The frames of a pcap file as tcpdump writes it here: nanoseconds, this machine's order."""
    content = path.read_bytes()
    magic, _, _, _, _, _, link_type = struct.unpack_from("=IHHiIII", content)
    divisor = {MICROSECONDS: 1, NANOSECONDS: 1000}[magic]
    assert link_type == ETHERNET
    frames = []
    position = 24
    while position < len(content):
        seconds, part, captured, length = struct.unpack_from("=IIII", content, position)
        position += 16
        assert captured == length
        ts_us = seconds * 1_000_000 + part // divisor
        frames.append(Frame(ts_us, content[position : position + captured]))
        position += captured
    return frames


def pcap(
    frames: Iterable[Frame],
    link_type: int = ETHERNET,
    wrap: Callable[[Frame], bytes] = lambda frame: frame.data,
    order: str = LITTLE,
    magic: int = NANOSECONDS,
) -> bytes:
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, SNAPLEN, link_type)]
    scale = 1000 if magic == NANOSECONDS else 1
    for frame in frames:
        seconds, part = divmod(frame.ts_us, 1_000_000)
        data = wrap(frame)
        parts.append(struct.pack(order + "IIII", seconds, part * scale, len(data), len(data)))
        parts.append(data)
    return b"".join(parts)


def vlan(frame: Frame) -> bytes:
    return frame.data[:12] + struct.pack(">HH", 0x8100, 100) + frame.data[12:]


def qinq(frame: Frame) -> bytes:
    return frame.data[:12] + struct.pack(">HHHH", 0x88A8, 200, 0x8100, 100) + frame.data[12:]


def linux_cooked(frame: Frame) -> bytes:
    sender = frame.data[6:12] + bytes(2)
    return struct.pack(">HHH8sH", 4 * frame.from_server, 1, 6, sender, frame.ethertype) + frame.ip


def linux_cooked_2(frame: Frame) -> bytes:
    sender = frame.data[6:12] + bytes(2)
    header = (frame.ethertype, 0, 2, 1, 4 * frame.from_server, 6, sender)
    return struct.pack(">HHIHBB8s", *header) + frame.ip


def null_of_freebsd(frame: Frame) -> bytes:
    return struct.pack("<I", 2 if frame.is_ipv4 else 28) + frame.ip


def null_of_a_big_endian_host(frame: Frame) -> bytes:
    return struct.pack(">I", 2 if frame.is_ipv4 else 30) + frame.ip


def loop_of_openbsd(frame: Frame) -> bytes:
    return struct.pack(">I", 2 if frame.is_ipv4 else 24) + frame.ip


def ppp(frame: Frame) -> bytes:
    return struct.pack(">BBH", 0xFF, 0x03, 0x0021 if frame.is_ipv4 else 0x0057) + frame.ip


def padded(frame: Frame) -> bytes:
    """As a card pads it to Ethernet's minimum, and an old one even further."""
    return frame.data.ljust(60, b"\0") + b"\xaa\xbb"


def checksum(data: bytes) -> int:
    """RFC 1071, of data whose checksum field is 0."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def with_checksum(frame: Frame) -> Frame:
    """The frame with TCP's checksum, which the sender left to its network card."""
    size = 20 if frame.is_ipv4 else 40
    header, tcp = frame.ip[:size], bytearray(frame.ip[size:])
    addresses = header[12:20] if frame.is_ipv4 else header[8:40]
    tcp[16:18] = bytes(2)
    right = checksum(addresses + struct.pack(">HH", 6, len(tcp)) + tcp)
    struct.pack_into(">H", tcp, 16, right)
    return frame.with_ip(header + tcp)


def ipv4_packet(header: bytes, payload: bytes, fragment_field: int) -> bytes:
    """`header` with its length, fragment and checksum fields made right for `payload`."""
    fields = bytearray(header)
    struct.pack_into(">H", fields, 2, len(header) + len(payload))
    struct.pack_into(">HBBH", fields, 6, fragment_field, header[8], header[9], 0)
    struct.pack_into(">H", fields, 10, checksum(bytes(fields)))
    return bytes(fields) + payload


def ipv6_packet(header: bytes, next_header: int, payload: bytes) -> bytes:
    return header[:4] + struct.pack(">HB", len(payload), next_header) + header[7:40] + payload


def with_options(frame: Frame) -> Frame:
    """Router alert and padding in IPv4; hop-by-hop and destination options in IPv6."""
    ip = frame.ip
    if frame.is_ipv4:
        header = b"\x47" + ip[1:20] + b"\x94\x04\x00\x00\x01\x01\x01\x00"
        return frame.with_ip(ipv4_packet(header, ip[20:], int.from_bytes(ip[6:8], "big")))
    hop_by_hop = struct.pack(">BBHHBB", 60, 0, 0x0502, 0, 1, 0)
    destination = struct.pack(">BBBB12s", ip[6], 1, 1, 12, bytes(12))
    return frame.with_ip(ipv6_packet(ip, 0, hop_by_hop + destination + ip[40:]))


def fragments(frame: Frame, identification: int) -> list[Frame]:
    """The packet in two or three pieces; the first holds 24 bytes, TCP's ports among them."""
    ip = frame.ip
    header = ip[:20] if frame.is_ipv4 else ip[:40]
    payload = ip[len(header) :]
    pieces = [(start, payload[start:end]) for start, end in ((0, 24), (24, 56), (56, len(payload)))]
    pieces = [(start, piece) for start, piece in pieces if piece]
    made = []
    for start, piece in pieces:
        more = start + len(piece) < len(payload)
        if frame.is_ipv4:
            named = header[:4] + struct.pack(">H", identification & 0xFFFF) + header[6:]
            made.append(ipv4_packet(named, piece, start // 8 | more << 13))
        else:
            extension = struct.pack(">BBHI", header[6], 0, start | more, identification)
            made.append(ipv6_packet(header, 44, extension + piece))
    return [frame.with_ip(each) for each in made]


def in_pieces(frames: Iterable[Frame]) -> list[Frame]:
    """Every second packet with the last piece first, as a network may deliver them.

    No card fills in the checksum of a fragment, so these packets carry the right one.
    """
    made: list[Frame] = []
    for number, frame in enumerate(frames):
        pieces = fragments(with_checksum(frame), 7000 + number)
        made += pieces if number % 2 else pieces[::-1]
    return made


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = 12 + len(body)
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(
    order: str, link_type: int, resolution: int | None = None, offset_s: int = 0
) -> bytes:
    """`resolution` is if_tsresol (microseconds if there is none), `offset_s` if_tsoffset."""
    options = b""
    if resolution is not None:
        options += struct.pack(order + "HHBxxx", 9, 1, resolution)
    if offset_s:
        options += struct.pack(order + "HHq", 14, 8, offset_s)
    if options:
        options += struct.pack(order + "HH", 0, 0)
    return block(order, 1, struct.pack(order + "HHI", link_type, 0, SNAPLEN) + options)


def enhanced(order: str, number: int, ticks: int, data: bytes) -> bytes:
    header = (number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(order, 6, struct.pack(order + "IIIII", *header) + data)


def pcapng(frames: Iterable[Frame], order: str, resolution: int | None) -> bytes:
    """One section, one interface."""
    scale = 1 if resolution is None else 10 ** (resolution - 6)
    parts = [section(order), interface(order, ETHERNET, resolution)]
    parts += [enhanced(order, 0, frame.ts_us * scale, frame.data) for frame in frames]
    return b"".join(parts)


def pcapng_of_many(frames: list[Frame]) -> bytes:
    """Two sections in different byte orders, five interfaces, blocks that nobody knows."""
    half = len(frames) // 2
    offset_s = frames[0].ts_us // 1_000_000 - 5
    parts = [
        section(LITTLE),
        interface(LITTLE, ETHERNET, 9),
        interface(LITTLE, RAW),
        interface(LITTLE, SLL, 7, offset_s),
        block(LITTLE, 4, struct.pack("<HH", 0, 0)),
    ]
    for number, frame in enumerate(frames[:half]):
        ticks = (frame.ts_us - offset_s * 1_000_000) * 10
        parts.append((
            enhanced(LITTLE, 0, frame.ts_us * 1000, frame.data),
            enhanced(LITTLE, 1, frame.ts_us, frame.ip),
            enhanced(LITTLE, 2, ticks, linux_cooked(frame)),
        )[number % 3])  # fmt: skip
    parts += [
        block(LITTLE, 5, struct.pack("<III", 0, 0, 0)),
        block(LITTLE, 0x0BAD, b"unknown"),
        section(BIG),
        interface(BIG, LOOP, 6),
        interface(BIG, ETHERNET, 8),
    ]
    for number, frame in enumerate(frames[half:]):
        parts.append((
            enhanced(BIG, 0, frame.ts_us, loop_of_openbsd(frame)),
            enhanced(BIG, 1, frame.ts_us * 100, vlan(frame)),
        )[number % 2])  # fmt: skip
    return b"".join(parts)


def variants(frames: list[Frame]) -> dict[str, bytes]:
    """Every file's content by its name."""
    return {
        "ethernet.pcap": pcap(frames),
        "padded.pcap": pcap(frames, ETHERNET, padded),
        "vlan.pcap": pcap(frames, ETHERNET, vlan),
        "qinq.pcap": pcap(frames, ETHERNET, qinq),
        "sll.pcap": pcap(frames, SLL, linux_cooked),
        "sll2.pcap": pcap(frames, SLL2, linux_cooked_2),
        "null.pcap": pcap(frames, NULL, null_of_freebsd),
        "null-big-endian.pcap": pcap(frames, NULL, null_of_a_big_endian_host, BIG),
        "loop.pcap": pcap(frames, LOOP, loop_of_openbsd),
        "raw.pcap": pcap(frames, RAW, lambda frame: frame.ip),
        "ppp.pcap": pcap(frames, PPP, ppp),
        "ip-options.pcap": pcap([with_options(frame) for frame in frames]),
        "ip-fragments.pcap": pcap(in_pieces(frames)),
        "microseconds.pcap": pcap(frames, magic=MICROSECONDS),
        "microseconds-big-endian.pcap": pcap(frames, order=BIG, magic=MICROSECONDS),
        "nanoseconds-big-endian.pcap": pcap(frames, order=BIG),
        "compressed.pcap.gz": gzip.compress(pcap(frames), mtime=0),
        "little-endian.pcapng": pcapng(frames, LITTLE, None),
        "little-endian-nanoseconds.pcapng": pcapng(frames, LITTLE, 9),
        "big-endian.pcapng": pcapng(frames, BIG, None),
        "compressed.pcapng.gz": gzip.compress(pcapng(frames, LITTLE, 9), mtime=0),
        "many-interfaces.pcapng": pcapng_of_many(frames),
    }


def write_all(ethernet: Path) -> list[Path]:
    """Write every variant beside `ethernet`, which is cut to microseconds itself."""
    made = []
    for name, content in variants(read(ethernet)).items():
        made.append(ethernet.with_name(name))
        made[-1].write_bytes(content)
    return made
