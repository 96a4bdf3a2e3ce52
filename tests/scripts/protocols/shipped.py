"""What a script makes of the shipped captures, whole and in pieces."""

import struct
from collections.abc import Iterator
from dataclasses import replace

from tcpkit.protocols.message import Exchange
from tests.build import Packet
from tests.goldens import PCAPS
from tests.scripted import loaded
from tests.truth.captures import read
from tests.truth.trace import Trace, trace

_FIN_AND_RST = 0x05


def traced(mode: str, name: str, lua: str = "") -> Trace:
    """A shipped capture; the script must not have failed."""
    return traced_packets(mode, packets_of(mode, name), lua)


def traced_packets(mode: str, packets: list[Packet], lua: str = "") -> Trace:
    counts = loaded(mode, lua)[1].counts
    errors = int(counts.errors)
    found = trace(packets, mode=mode, lua=lua)
    assert int(counts.errors) == errors
    return found


def packets_of(mode: str, name: str) -> list[Packet]:
    return read(PCAPS / mode / f"{name}.pcap")[1]


def names(mode: str) -> list[str]:
    return sorted(path.stem for path in (PCAPS / mode).glob("*.pcap"))


def told(found: Trace) -> list[str]:
    """Each exchange in a line: the code, or the status where there is none, and the request."""
    return [f"{each.code or each.status} {each.request}" for each in found.exchanges]


def everything(found: Trace) -> list[tuple[object, ...]]:
    """All that an exchange tells but for what depends on how packets were cut."""
    return [_fields(exchange) for exchange in found.exchanges]


def _fields(each: Exchange) -> tuple[object, ...]:
    return (
        *(each.client, each.command, each.key, each.request, each.status, each.code, each.exact),
        *(int(each.request_first_ns), int(each.request_last_ns), int(each.request_bytes)),
        *(int(each.reply_first_ns), int(each.reply_last_ns), int(each.reply_bytes)),
    )


def in_pieces(packets: list[Packet], size: int) -> list[Packet]:
    """Each TCP segment, of Ethernet and IP without options, in segments of `size` bytes."""
    return [piece for packet in packets for piece in _pieces(packet, size)]


def _pieces(packet: Packet, size: int) -> Iterator[Packet]:
    frame = packet.frame
    is_ipv6 = frame[12:14] == b"\x86\xdd"
    tcp = 54 if is_ipv6 else 34
    at_length, fixed = (18, 54) if is_ipv6 else (16, 14)
    begin = tcp + (frame[tcp + 12] >> 4) * 4
    (length,) = struct.unpack_from("!H", frame, at_length)
    payload = frame[begin : fixed + length]
    (sequence,) = struct.unpack_from("!I", frame, tcp + 4)
    for at in range(0, len(payload), size) or (0,):
        piece = payload[at : at + size]
        header = bytearray(frame[:begin])
        struct.pack_into("!H", header, at_length, begin - fixed + len(piece))
        struct.pack_into("!I", header, tcp + 4, (sequence + at) & 0xFFFFFFFF)
        if at + len(piece) < len(payload):
            header[tcp + 13] &= ~_FIN_AND_RST
        cut = bytes(header) + piece
        yield replace(packet, frame=cut, wire_length=len(cut))
