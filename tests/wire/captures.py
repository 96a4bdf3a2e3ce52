"""Reads capture files for the tests, as simply as can be, up to the first damage."""

import gzip
import struct
from collections.abc import Iterator
from pathlib import Path

Captured = tuple[bytes, int, int]  # frame, wire length, link type


def read(path: Path) -> Iterator[Captured]:
    """The packets of a pcap or pcapng file; a damaged file ends where the damage is."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        yield from _pcapng(data)
    elif data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        yield from _pcap(data, "<")
    elif data[:4] in (b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d"):
        yield from _pcap(data, ">")


def _pcap(data: bytes, order: str) -> Iterator[Captured]:
    if len(data) < 24:
        return
    link_type: int = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    at = 24
    while at + 16 <= len(data):
        captured, wire = struct.unpack_from(order + "II", data, at + 8)
        at += 16 + captured
        if at > len(data):
            return
        yield data[at - captured : at], wire, link_type


def _pcapng(data: bytes) -> Iterator[Captured]:
    order = "<"
    link_types: list[int] = []
    at = 0
    while at + 12 <= len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            link_types = []
        kind, size = struct.unpack_from(order + "II", data, at)
        if size < 12 or at + size > len(data):
            return
        if kind == 1 and size >= 20:
            link_types.append(struct.unpack_from(order + "H", data, at + 8)[0])
        elif kind == 6 and size >= 32:
            interface, _, _, captured, wire = struct.unpack_from(order + "IIIII", data, at + 8)
            if interface >= len(link_types) or captured > size - 32:
                return
            yield data[at + 28 : at + 28 + captured], wire, link_types[interface]
        at += size
