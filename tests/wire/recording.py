"""A sink that keeps what the decoder delivers, and short ways to decode in a test."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from tcpkit.wire.decoder import Decoder
from tcpkit.wire.segment import IPV6_BIT, Datagram, Segment, SegmentSink

ETHERNET = 1
TIME_NS = 1_600_000_000_123_456_789


@dataclass(frozen=True)
class Seen:
    """A delivered segment or datagram; the last fields are a segment's only."""

    protocol: str
    source: str
    sport: int
    destination: str
    dport: int
    payload: bytes
    size: int
    ts_ns: int
    seq: int = 0
    ack: int = 0
    flags: int = 0
    window: int = 0
    mark: int = 0
    headers: int = field(default=0, compare=False)


class Recording(SegmentSink):
    """Keeps everything; answers `wanted`."""

    def __init__(self, wanted: bool = True) -> None:
        self.seen: list[Seen] = []
        self.wanted = wanted

    def segment(self, segment: Segment) -> bool:
        source, destination = _addresses(segment)
        self.seen.append(
            Seen(
                "tcp",
                source,
                (segment.ports >> 16) & 0xFFFF,
                destination,
                segment.ports & 0xFFFF,
                _payload(segment),
                segment.size,
                segment.ts_ns,
                segment.seq,
                segment.ack,
                segment.flags,
                segment.window,
                segment.mark,
                segment.headers,
            )
        )
        return self.wanted

    def datagram(self, datagram: Datagram) -> bool:
        source, destination = _addresses(datagram)
        self.seen.append(
            Seen(
                "udp",
                source,
                (datagram.ports >> 16) & 0xFFFF,
                destination,
                datagram.ports & 0xFFFF,
                _payload(datagram),
                datagram.size,
                datagram.ts_ns,
            )
        )
        return self.wanted


def _payload(found: Segment | Datagram) -> bytes:
    """The payload; checks what every sink may rely on."""
    assert 0 <= found.start <= found.end <= len(found.data)
    assert found.end - found.start <= found.size
    return found.data[found.start : found.end]


def _addresses(found: Segment | Datagram) -> tuple[str, str]:
    words = [
        (int(word) & (1 << 64) - 1).to_bytes(8, "big")
        for word in (found.a0, found.a1, found.a2, found.a3)
    ]
    if found.ports & IPV6_BIT:
        pair = words[0] + words[1], words[2] + words[3]
        return socket.inet_ntop(socket.AF_INET6, pair[0]), socket.inet_ntop(
            socket.AF_INET6, pair[1]
        )
    assert found.a1 == found.a2 == found.a3 == 0
    return socket.inet_ntoa(words[0][:4]), socket.inet_ntoa(words[0][4:])


class Bench:
    """A decoder with its recording. Frames stand in the middle of a buffer, as in a file."""

    def __init__(self, tcp: bool = True, udp: bool = True, wanted: bool = True) -> None:
        self.recording = Recording(wanted)
        self.decoder = Decoder(self.recording, tcp, udp)
        self.counts = self.decoder.counts

    @property
    def seen(self) -> list[Seen]:
        return self.recording.seen

    def take(
        self,
        frame: bytes,
        link_type: int = ETHERNET,
        *,
        wire_length: int | None = None,
        ts_ns: int = TIME_NS,
    ) -> "Bench":
        before, behind = b"\xa5" * 7, b"\x5a" * 80
        wire = len(frame) if wire_length is None else wire_length
        end = len(before) + len(frame)
        self.decoder.packet(before + frame + behind, len(before), end, ts_ns, wire, link_type)
        return self

    def one(self) -> Seen:
        """The only thing delivered."""
        assert len(self.seen) == 1, self.seen
        return self.seen[0]


def decode(
    frame: bytes, link_type: int = ETHERNET, *, wire_length: int | None = None
) -> Seen | None:
    """What a new decoder makes of one frame; None: nothing."""
    bench = Bench().take(frame, link_type, wire_length=wire_length)
    return bench.one() if bench.seen else None


def accounted(bench: Bench) -> int:
    """Packets by what became of them; must be all packets."""
    counts = bench.counts
    return sum(
        (
            counts.tcp,
            counts.udp,
            counts.other,
            counts.not_ip,
            counts.cut_headers,
            counts.unknown_link,
            counts.nested,
            counts.malformed(),
            counts.fragments - counts.reassembled,
        )
    )


def fragments_accounted(bench: Bench, used: Sequence[int]) -> int:
    """Fragments by what became of them; `used` are the sizes, in fragments, of whole ones."""
    counts = bench.counts
    return (
        counts.fragments_waiting
        + counts.fragments_repeated
        + counts.fragments_dropped()
        + sum(used)
    )
