"""The connections of a capture, whole: each direction's bytes, and when each was first captured.

Packets by dpkt; nothing of tcpkit is used.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dpkt

PORT = 11211
MASK = 0xFFFFFFFF
NS_PER_S = 1_000_000_000
_ETHERNET, _SLL2 = 1, 276


@dataclass
class Bytes:
    """One direction: `data`, and for each byte the time of its first copy."""

    initial: int
    found: dict[int, tuple[int, int]] = field(default_factory=dict)
    data: bytes = b""

    def add(self, seq: int, payload: bytes, ts_ns: int) -> None:
        offset = (seq - self.initial - 1) & MASK
        for at, value in enumerate(payload):
            self.found.setdefault(offset + at, (value, ts_ns))

    def close(self) -> None:
        """Nothing more comes. Raises KeyError if a byte is missing."""
        self.data = bytes(self.found[at][0] for at in range(len(self.found)))

    def time(self, at: int) -> int:
        return self.found[at][1]


@dataclass
class Connection:
    client: str
    requests: Bytes
    replies: Bytes


@dataclass(frozen=True)
class Datagram:
    """A payload over UDP, with the client that sent it or gets it."""

    client: str
    asks: bool
    ts_ns: int
    data: bytes


def connections(path: Path) -> list[Connection]:
    """In the order of their beginning. Each must have been captured from its SYN on."""
    found: dict[str, Connection] = {}
    every: list[Connection] = []
    for ts_ns, source, destination, tcp in _packets(path):
        if not isinstance(tcp, dpkt.tcp.TCP):
            continue
        asks = tcp.dport == PORT
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


def datagrams(path: Path) -> list[Datagram]:
    return [
        Datagram(
            source if udp.dport == PORT else destination,
            udp.dport == PORT,
            ts_ns,
            bytes(udp.data),
        )
        for ts_ns, source, destination, udp in _packets(path)
        if isinstance(udp, dpkt.udp.UDP)
    ]


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
