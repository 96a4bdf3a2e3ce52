"""The health of a capture's connections, worked out anew from dpkt's reading of the packets.

Nothing here comes from the package that is tested. It keeps every byte's position in a set
of ranges, so it is slow, and knows what was sent before without following the streams.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dpkt

from tests.wire.oracle import link_layer

SYN, FIN, RST, ACK = dpkt.tcp.TH_SYN, dpkt.tcp.TH_FIN, dpkt.tcp.TH_RST, dpkt.tcp.TH_ACK
HALF = 1 << 31
SOON_NS = 500_000  # a packet without identification is a copy of the one before it
LINGER_NS = 5_500_000_000  # what comes later behind the server's FIN is nobody's any more


@dataclass
class Packet:
    """`mark` tells a copy from a packet that was sent again: IPv4's identification."""

    ts_ns: int
    ends: tuple[bytes, int, bytes, int]
    seq: int
    ack: int
    flags: int
    window: int
    size: int
    length: int  # of the IP packet
    mark: int


@dataclass
class OneSide:
    """What one side sent; `start` is its first position."""

    start: int = -1
    seen: list[tuple[int, int]] = field(default_factory=list)  # ranges of payload
    end: int = 0  # behind the last thing seen: SYN, payload, FIN
    acks: list[int] = field(default_factory=list)
    identities: set[tuple[int, ...]] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)
    round_trips: list[int] = field(default_factory=list)
    timed: tuple[int, int] | None = None  # position and time
    closed_ns: int | None = None
    last_window: int = -1
    fin_ns: int | None = None

    def add(self, name: str, number: int = 1) -> None:
        self.numbers[name] = self.numbers.get(name, 0) + number

    def place(self, seq: int) -> int:
        """The position of `seq`, counted from the first one."""
        if self.start < 0:
            self.start = seq
        return (seq - self.start + HALF) % (2 * HALF) - HALF


@dataclass
class Truth:
    """One connection."""

    client: OneSide = field(default_factory=OneSide)
    server: OneSide = field(default_factory=OneSide)
    first_ns: int = 0
    last_ns: int = 0
    times: dict[str, int] = field(default_factory=dict)  # syn, syn ack, ack
    before: tuple[object, ...] = ()  # the last packet that was no copy
    before_ns: int = 0


def read(path: Path) -> Iterator[Packet]:
    with path.open("rb") as file:
        capture = dpkt.pcap.UniversalReader(file)
        link_type = capture.datalink()
        for ts, frame in capture:
            found = link_layer(frame, link_type)
            layer = found.data if found is not None else None
            if not isinstance(layer, dpkt.ip.IP | dpkt.ip6.IP6):
                continue
            tcp = layer.data
            if not isinstance(tcp, dpkt.tcp.TCP):
                continue
            six = isinstance(layer, dpkt.ip6.IP6)
            length = 40 + layer.plen if six else layer.len
            network = 20 + len(layer.opts) if not six else 40
            if six:
                network += sum(extra.length for extra in layer.extension_hdrs.values())
            headers = network + tcp.off * 4
            yield Packet(
                int(ts * 1_000_000_000),
                (layer.src, tcp.sport, layer.dst, tcp.dport),
                tcp.seq,
                tcp.ack,
                tcp.flags & (SYN | FIN | RST | ACK),
                tcp.win,
                length - headers,
                length,
                0 if six else layer.id,
            )


def truths(path: Path, ports: frozenset[int]) -> list[Truth]:
    """The connections to `ports`, in the order in which they began."""
    found: list[Truth] = []
    current: dict[tuple[bytes, int, bytes, int], Truth] = {}
    isns: dict[tuple[bytes, int, bytes, int], int] = {}
    for packet in read(path):
        from_client = packet.ends[3] in ports
        source, sport, destination, dport = packet.ends
        key = packet.ends if from_client else (destination, dport, source, sport)
        if key[3] not in ports:
            continue
        opens = packet.flags & (SYN | ACK) == SYN
        if key not in current and not opens and not packet.size and not packet.flags & SYN:
            continue  # of a connection that says nothing
        if key not in current or (opens and isns.get(key) != packet.seq):
            current[key] = Truth(first_ns=packet.ts_ns, last_ns=packet.ts_ns)
            found.append(current[key])
            isns[key] = packet.seq if opens else -1
        take(current[key], from_client, packet)
    for truth in found:
        for side in (truth.client, truth.server):
            if side.closed_ns is not None:
                side.add("zero_window_ns", truth.last_ns - side.closed_ns)
    return found


def take(truth: Truth, from_client: bool, packet: Packet) -> None:
    side, peer = truth.client, truth.server
    if not from_client:
        side, peer = peer, side
    if truth.server.fin_ns is not None and packet.ts_ns > truth.server.fin_ns + LINGER_NS:
        return
    truth.last_ns = max(truth.last_ns, packet.ts_ns)
    shake(truth, from_client, packet)
    place = side.place(packet.seq)
    identity = (packet.mark, place, packet.ack, packet.flags, packet.size, packet.window)
    unmarked = not packet.mark and packet.flags & (SYN | FIN | RST) and not packet.size
    if (packet.mark and identity in side.identities) or (
        unmarked
        and truth.before == (from_client, *identity)
        and packet.ts_ns - truth.before_ns < SOON_NS
    ):
        side.add("copies")
        return
    truth.before = (from_client, *identity)
    truth.before_ns = packet.ts_ns
    side.identities.add(identity)
    side.add("packets")
    side.add("payload_bytes", packet.size)
    side.add("wire_bytes", packet.length)
    if packet.flags & RST:
        side.add("resets")
        return
    if packet.flags & FIN and side.fin_ns is None:
        side.fin_ns = packet.ts_ns
    sent(side, peer, packet, place)
    if packet.flags & ACK:
        acknowledged(side, peer, packet)


def shake(truth: Truth, from_client: bool, packet: Packet) -> None:
    kind = {SYN: "syn", SYN | ACK: "syn ack"}.get(packet.flags)
    if kind is None and from_client and "syn ack" in truth.times and packet.flags & ACK:
        kind = "ack"
    if kind is not None:
        truth.times.setdefault(kind, packet.ts_ns)


def sent(side: OneSide, peer: OneSide, packet: Packet, place: int) -> None:
    extra = bool(packet.flags & SYN) + bool(packet.flags & FIN)
    begin = place + bool(packet.flags & SYN)
    end = begin + packet.size
    old = sum(max(min(end, last) - max(begin, first), 0) for first, last in side.seen)
    fresh = packet.size - old
    is_probe = packet.size <= 1 and place == side.end - 1 and fresh == 0 and not extra
    if is_probe and packet.flags == ACK:
        side.add("probes")
    elif old:
        side.add("retransmissions")
        side.add("retransmitted_bytes", old)
        peer.timed = None
    elif place < side.end and fresh:
        side.add("out_of_order")
        peer.timed = None
    elif place < side.end and extra:
        peer.timed = None
    elif place + packet.size + extra > side.end and peer.timed is None:
        absolute = (packet.seq + packet.size + extra) % (2 * HALF)
        if not peer.acks or peer_has(peer.acks[-1], absolute) < 0:
            peer.timed = (absolute, packet.ts_ns)
    if fresh:
        side.seen.append((begin, end))
        merge(side)
    side.end = max(side.end, place + packet.size + extra)


def merge(side: OneSide) -> None:
    """Put the ranges in order, without overlap."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(side.seen):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    side.seen = merged


def peer_has(ack: int, position: int) -> int:
    return (ack - position + HALF) % (2 * HALF) - HALF


def acknowledged(side: OneSide, peer: OneSide, packet: Packet) -> None:
    """The acknowledgment and the window of a packet that `side` sent."""
    before = side.acks[-1] if side.acks else None
    if before is not None and peer_has(packet.ack, before) < 0:
        return
    outstanding = peer.start >= 0 and peer.place(packet.ack) < peer.end
    repeats = before == packet.ack and side.last_window == packet.window
    here = side.place(packet.seq) == side.end
    if repeats and outstanding and here and packet.size == 0 and packet.flags == ACK:
        side.add("duplicate_acks")
    side.acks.append(packet.ack)
    side.last_window = packet.window
    if side.timed is not None and peer_has(packet.ack, side.timed[0]) >= 0:
        side.round_trips.append(packet.ts_ns - side.timed[1])
        side.timed = None
    if packet.flags & SYN:
        return
    if packet.window == 0 and side.closed_ns is None:
        side.closed_ns = packet.ts_ns
        side.add("zero_windows")
    elif packet.window and side.closed_ns is not None:
        side.add("zero_window_ns", packet.ts_ns - side.closed_ns)
        side.closed_ns = None
