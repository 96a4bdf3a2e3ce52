"""The captures that are damaged: all that the project ships for its protocols."""

import struct
from pathlib import Path

from tcpkit.protocols.registry import modes
from tests.build import Packet
from tests.goldens import options_of, scripted
from tests.truth.judge import Reading

PCAPS = Path(__file__).resolve().parents[2] / "pcaps"


def captures() -> list[Path]:
    protocols = [*modes()[1:], *scripted()]
    return [path for mode in protocols for path in sorted(PCAPS.glob(f"{mode}/*.pcap"))]


def reading_of(path: Path, link_type: int) -> Reading:
    """How a shipped capture is read: its folder is its mode."""
    options = options_of(Path(*path.parts[-2:]))
    return Reading(link_type, path.parent.name, "-u" in options)


def read(path: Path) -> tuple[int, list[Packet]]:
    """The link type and the packets of a little-endian nanosecond pcap file."""
    data = path.read_bytes()
    magic, _, _, _, _, _, link_type = struct.unpack_from("<IHHiIII", data)
    assert magic == 0xA1B23C4D, path
    packets: list[Packet] = []
    at = 24
    while at < len(data):
        seconds, ns, captured, wire_length = struct.unpack_from("<IIII", data, at)
        at += 16
        frame = data[at : at + captured]
        packets.append(Packet(seconds * 1_000_000_000 + ns, frame, wire_length))
        at += captured
    return link_type, packets
