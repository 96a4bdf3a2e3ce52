"""The connections of a capture, whole: each direction's bytes, and when each was first captured.

Packets by dpkt; nothing of tcpkit is used.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dpkt

PORT = 11211
FRAME_SIZE = 8
MASK = 0xFFFFFFFF
NS_PER_S = 1_000_000_000
_ETHERNET, _SLL2 = 1, 276


@dataclass
class Bytes:
    """One direction: `data`, and for each byte the time of its first copy."""

    initial: int
    found: dict[int, tuple[int, int]] = field(default_factory=dict)
    data: bytes = b""
    frames: list[int] = field(default_factory=list)  # over UDP: where a datagram begins

    def add(self, seq: int, payload: bytes, ts_ns: int) -> None:
        offset = (seq - self.initial - 1) & MASK
        for at, value in enumerate(payload):
            self.found.setdefault(offset + at, (value, ts_ns))

    def append(self, payload: bytes, ts_ns: int) -> None:
        """Over UDP: what a datagram holds behind its frame header."""
        self.frames.append(len(self.found))
        self.add(self.initial + 1 + len(self.found), payload, ts_ns)

    def close(self) -> None:
        """Nothing more comes. Raises KeyError if a byte is missing."""
        self.data = bytes(self.found[at][0] for at in range(len(self.found)))

    def time(self, at: int) -> int:
        return self.found[at][1]

    def wire_size(self, start: int, end: int) -> int:
        """With the frame headers of the datagrams that they are in."""
        frames = sum(start <= frame < end for frame in self.frames)
        return end - start + FRAME_SIZE * max(frames, 1 if self.frames else 0)


@dataclass
class Connection:
    client: str
    requests: Bytes
    replies: Bytes


def connections(path: Path, port: int = PORT) -> list[Connection]:
    """Those of a server port, in the order of their beginning, each captured from its SYN on."""
    found: dict[str, Connection] = {}
    every: list[Connection] = []
    for ts_ns, source, destination, tcp in _packets(path):
        if not isinstance(tcp, dpkt.tcp.TCP):
            continue
        asks = tcp.dport == port
        client = source if asks else destination
        known = found.get(client)
        if tcp.flags & dpkt.tcp.TH_SYN:
            if asks and (known is None or known.requests.initial != tcp.seq):
                found[client] = Connection(client, Bytes(tcp.seq), Bytes(0))
                every.append(found[client])
            elif known is not None and not asks:
                known.replies.initial = tcp.seq
        elif known is not None and tcp.data:
            (known.requests if asks else known.replies).add(tcp.seq, bytes(tcp.data), ts_ns)
    for connection in every:
        connection.requests.close()
        connection.replies.close()
    return every


def conversations(path: Path) -> list[Connection]:
    """What was said over UDP under one request id of one client, as if it were a connection.

    A request datagram that is sent again before its reply is left out.
    """
    found: dict[tuple[str, int], Conversation] = {}
    for ts_ns, source, destination, udp in _packets(path):
        data = bytes(udp.data) if isinstance(udp, dpkt.udp.UDP) else b""
        if len(data) < FRAME_SIZE:
            continue
        number, sequence, count, _ = struct.unpack_from("!HHHH", data)
        client = source if udp.dport == PORT else destination
        talk = found.setdefault((client, number), Conversation(client))
        if udp.dport != PORT:
            talk.reply(sequence, count, data[FRAME_SIZE:], ts_ns)
        elif count == 1 and len(data) > FRAME_SIZE:
            talk.request(data[FRAME_SIZE:], ts_ns)
    every = [Connection(talk.client, talk.requests, talk.replies) for talk in found.values()]
    for connection in every:
        connection.requests.close()
        connection.replies.close()
    return every


class Conversation:
    """Requests and replies under one id."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.requests = Bytes(0)
        self.replies = Bytes(0)
        self._waiting = b""
        self._parts: dict[int, tuple[bytes, int]] = {}

    def request(self, payload: bytes, ts_ns: int) -> None:
        if payload != self._waiting:
            self.requests.append(payload, ts_ns)
        self._waiting = payload

    def reply(self, sequence: int, count: int, payload: bytes, ts_ns: int) -> None:
        """A datagram of a reply; of a whole reply the datagrams stand in their order."""
        self._waiting = b""
        self._parts[sequence] = payload, ts_ns
        if len(self._parts) >= count:
            for _, (part, time) in sorted(self._parts.items()):
                self.replies.append(part, time)
            self._parts.clear()


def _packets(
    path: Path,
) -> Iterator[tuple[int, str, str, "dpkt.tcp.TCP | dpkt.udp.UDP"]]:
    data = path.read_bytes()
    magic, link_type = struct.unpack_from("<I16xI", data)
    assert magic == 0xA1B23C4D, path
    at = 24
    while at < len(data):
        seconds, ns, captured, wire = struct.unpack_from("<IIII", data, at)
        assert captured == wire, "cut by the snap length"
        frame = data[at + 16 : at + 16 + captured]
        at += 16 + captured
        link = dpkt.ethernet.Ethernet if link_type == _ETHERNET else dpkt.sll2.SLL2
        ip = link(frame).data
        if isinstance(ip, dpkt.ip.IP | dpkt.ip6.IP6):
            layer = ip.data
            if isinstance(layer, dpkt.tcp.TCP | dpkt.udp.UDP):
                time = seconds * NS_PER_S + ns
                yield time, _end(ip.src, layer.sport), _end(ip.dst, layer.dport), layer


def _end(address: bytes, port: int) -> str:
    text: str = dpkt.utils.inet_to_str(address)
    return f"[{text}]:{port}" if ":" in text else f"{text}:{port}"
