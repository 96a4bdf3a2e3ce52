"""Write a TCP conversation as one expression and get its frames with their times.

>>> packets = (
...     Conversation(client="10.0.0.1:40000", server="10.0.0.2:6379")
...     .handshake()
...     .client(b"PING\\r\\n", at_us=10)
...     .server(b"+PONG\\r\\n", at_us=250)
...     .close()
...     .packets
... )
>>> [packet.ts_ns - START_NS for packet in packets]
[0, 1000, 2000, 10000, 250000, 251000, 252000, 253000]

Frames are Ethernet with right lengths, checksums, sequence and acknowledgment numbers,
IPv4 identifications and TCP timestamps. Nothing here comes from the package that is tested.

Times: `at_us` counts microseconds (a decimal is fine) from the conversation's `start_ns`;
left out, the packet comes 1 us after the one before. Nothing sorts packets by time, except
`merge`: a packet stands where it was written.
"""

import socket
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

ETHERNET: Final = 1  # LINKTYPE_ETHERNET
START_NS: Final = 1_500_000_000_000_000_000
STEP_NS: Final = 1000
WINDOW: Final = 502

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10

_TCP: Final = 6
_UDP: Final = 17
_MASK_32: Final = 0xFFFFFFFF
_MACS: Final = b"\x02\0\0\0\0\x02" + b"\x02\0\0\0\0\x01"


@dataclass(frozen=True)
class Packet:
    """A captured frame: `wire_length` is larger than `len(frame)` where it was cut."""

    ts_ns: int
    frame: bytes
    wire_length: int


@dataclass(frozen=True)
class End:
    """One end of a conversation: an address and a port."""

    address: bytes
    port: int

    @classmethod
    def parse(cls, text: str) -> "End":
        """
        >>> End.parse("[::1]:53").port, End.parse("10.0.0.1:53").address
        (53, b'\\n\\x00\\x00\\x01')
        """
        host, _, port = text.rpartition(":")
        if host.startswith("["):
            return cls(socket.inet_pton(socket.AF_INET6, host[1:-1]), int(port))
        return cls(socket.inet_pton(socket.AF_INET, host), int(port))


class Side:
    """What one end of a Conversation has sent. `sent` counts payload bytes."""

    def __init__(self, end: End, isn: int, identification: int, clock_ms: int) -> None:
        self.end = end
        self.isn = isn
        self.identification = identification
        self.clock_ms = clock_ms
        self.sent = 0
        self.finished = False  # its FIN was written

    def position(self, offset: int) -> int:
        """The sequence number of the payload byte `offset`."""
        return (self.isn + 1 + offset) & _MASK_32

    def next_position(self) -> int:
        return self.position(self.sent + self.finished)


class Conversation:
    """One TCP connection. Every method appends packets and returns the conversation.

    client, server  `10.0.0.1:40000` or `[2001:db8::1]:40000`; both of one family
    mss             payload bytes in a segment; longer data is split, 1 us apart
    vlan            VLAN ids, outermost first
    timestamps      whether segments carry the TCP timestamp option (1 ms clock)
    client_isn      sequence number of the client's SYN; its first byte has the next one
    """

    def __init__(
        self,
        client: str = "10.0.0.1:40000",
        server: str = "10.0.0.2:6379",
        start_ns: int = START_NS,
        *,
        mss: int = 1448,
        vlan: Sequence[int] = (),
        timestamps: bool = True,
        client_isn: int = 1000,
        server_isn: int = 500_000,
    ) -> None:
        self.packets: list[Packet] = []
        self.start_ns = start_ns
        self.now_ns = start_ns - STEP_NS
        self.mss = mss
        self.vlan = tuple(vlan)
        self.timestamps = timestamps
        self._client = Side(End.parse(client), client_isn, 0x1000, 100_000)
        self._server = Side(End.parse(server), server_isn, 0x8000, 900_000)

    def handshake(self, at_us: float | None = None) -> "Conversation":
        """SYN, SYN ACK, ACK, 1 us apart."""
        client, server = self._client, self._server
        self._send(client, b"", SYN, client.isn, 0, at_us)
        self._send(server, b"", SYN | ACK, server.isn, client.position(0), None)
        return self.client_ack()

    def client(
        self,
        data: bytes,
        at_us: float | None = None,
        *,
        offset: int | None = None,
        acked: int | None = None,
    ) -> "Conversation":
        """The client sends `data`.

        offset  where in its stream the data goes: before the end of what was sent is a
                retransmission, beyond it leaves a hole; left out, it follows what was sent
        acked   how many of the peer's bytes are acknowledged; left out, all that were sent
        """
        return self._data(self._client, self._server, data, at_us, offset, acked)

    def server(
        self,
        data: bytes,
        at_us: float | None = None,
        *,
        offset: int | None = None,
        acked: int | None = None,
    ) -> "Conversation":
        """The server sends `data`; see `client`."""
        return self._data(self._server, self._client, data, at_us, offset, acked)

    def client_ack(
        self, at_us: float | None = None, *, acked: int | None = None, window: int = WINDOW
    ) -> "Conversation":
        """A segment without payload."""
        return self._empty(self._client, self._server, ACK, at_us, acked, window)

    def server_ack(
        self, at_us: float | None = None, *, acked: int | None = None, window: int = WINDOW
    ) -> "Conversation":
        return self._empty(self._server, self._client, ACK, at_us, acked, window)

    def client_fin(self, at_us: float | None = None) -> "Conversation":
        self._empty(self._client, self._server, FIN | ACK, at_us, None)
        self._client.finished = True
        return self

    def server_fin(self, at_us: float | None = None) -> "Conversation":
        self._empty(self._server, self._client, FIN | ACK, at_us, None)
        self._server.finished = True
        return self

    def close(self, at_us: float | None = None) -> "Conversation":
        """The client's FIN, the server's FIN, the client's ACK, 1 us apart."""
        return self.client_fin(at_us).server_fin().client_ack()

    def client_reset(self, at_us: float | None = None) -> "Conversation":
        return self._empty(self._client, self._server, RST | ACK, at_us, None)

    def server_reset(self, at_us: float | None = None) -> "Conversation":
        return self._empty(self._server, self._client, RST | ACK, at_us, None)

    def client_refuses(
        self, at_us: float | None = None, *, acked: int | None = None
    ) -> "Conversation":
        """A RST that answers a segment of the server's, which acknowledged `acked` bytes."""
        return self._refuse(self._client, at_us, acked)

    def server_refuses(
        self, at_us: float | None = None, *, acked: int | None = None
    ) -> "Conversation":
        return self._refuse(self._server, at_us, acked)

    def write_pcap(self, path: str | Path) -> None:
        write_pcap(path, self.packets)

    def _refuse(self, side: Side, at_us: float | None, acked: int | None) -> "Conversation":
        seq = side.next_position() if acked is None else side.position(acked)
        self._send(side, b"", RST, seq, 0, at_us)
        return self

    def _data(
        self,
        side: Side,
        peer: Side,
        data: bytes,
        at_us: float | None,
        offset: int | None,
        acked: int | None,
    ) -> "Conversation":
        first = side.sent if offset is None else offset
        ack = peer.next_position() if acked is None else peer.position(acked)
        for at in range(0, len(data), self.mss):
            piece = data[at : at + self.mss]
            last = at + len(piece) == len(data)
            seq = side.position(first + at)
            self._send(side, piece, PSH | ACK if last else ACK, seq, ack, at_us)
            at_us = None
        side.sent = max(side.sent, first + len(data))
        return self

    def _empty(
        self,
        side: Side,
        peer: Side,
        flags: int,
        at_us: float | None,
        acked: int | None,
        window: int = WINDOW,
    ) -> "Conversation":
        ack = peer.next_position() if acked is None else peer.position(acked)
        self._send(side, b"", flags, side.next_position(), ack, at_us, window)
        return self

    def _send(
        self,
        side: Side,
        data: bytes,
        flags: int,
        seq: int,
        ack: int,
        at_us: float | None,
        window: int = WINDOW,
    ) -> None:
        self.now_ns += STEP_NS
        if at_us is not None:
            self.now_ns = self.start_ns + round(at_us * 1000)
        peer = self._server if side is self._client else self._client
        elapsed_ms = (self.now_ns - self.start_ns) // 1_000_000
        options = b""
        if flags & SYN:
            options += b"\x02\x04" + struct.pack("!H", self.mss)
        if self.timestamps:
            echo = peer.clock_ms + elapsed_ms if flags & ACK else 0
            options += b"\x01\x01\x08\x0a" + struct.pack(
                "!II", (side.clock_ms + elapsed_ms) & _MASK_32, echo & _MASK_32
            )
        segment = tcp_segment(
            side.end, peer.end, data, seq, ack, flags, window=window, options=options
        )
        packet = ip_packet(side.end, peer.end, _TCP, segment, side.identification)
        side.identification = (side.identification + 1) & 0xFFFF or 1
        frame = ethernet_frame(packet, self.vlan)
        self.packets.append(Packet(self.now_ns, frame, len(frame)))


def datagram(
    source: str,
    destination: str,
    payload: bytes,
    ts_ns: int = START_NS,
    *,
    vlan: Sequence[int] = (),
    identification: int = 1,
) -> Packet:
    """One UDP datagram as an Ethernet frame."""
    here, there = End.parse(source), End.parse(destination)
    segment = udp_datagram(here, there, payload)
    frame = ethernet_frame(ip_packet(here, there, _UDP, segment, identification), vlan)
    return Packet(ts_ns, frame, len(frame))


def tcp_segment(
    source: End,
    destination: End,
    payload: bytes,
    seq: int,
    ack: int,
    flags: int,
    *,
    window: int = WINDOW,
    options: bytes = b"",
) -> bytes:
    """TCP header and payload; `options` are filled up to a multiple of 4 bytes."""
    options += bytes(-len(options) % 4)
    words = 5 + len(options) // 4
    ports = struct.pack("!HH", source.port, destination.port)
    numbers = struct.pack("!IIBBH", seq & _MASK_32, ack & _MASK_32, words << 4, flags, window)
    zero_sum = ports + numbers + bytes(4) + options + payload
    total = _transport_checksum(source, destination, _TCP, zero_sum)
    return zero_sum[:16] + struct.pack("!H", total) + zero_sum[18:]


def udp_datagram(source: End, destination: End, payload: bytes) -> bytes:
    header = struct.pack("!HHHH", source.port, destination.port, 8 + len(payload), 0)
    total = _transport_checksum(source, destination, _UDP, header + payload) or 0xFFFF
    return header[:6] + struct.pack("!H", total) + payload


def ip_packet(
    source: End, destination: End, protocol: int, payload: bytes, identification: int
) -> bytes:
    """An IPv4 or IPv6 packet, by the addresses' length. `identification` is IPv4's."""
    addresses = source.address + destination.address
    if len(source.address) == 16:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + addresses + payload
    header = struct.pack(
        "!BBHHHBB", 0x45, 0, 20 + len(payload), identification, 0x4000, 64, protocol
    )
    total = checksum(header + b"\0\0" + addresses)
    return header + struct.pack("!H", total) + addresses + payload


def ethernet_frame(packet: bytes, vlan: Sequence[int] = ()) -> bytes:
    """`packet` in an Ethernet frame, with an 0x8100 tag for each of `vlan`, not padded."""
    tags = b"".join(struct.pack("!HH", 0x8100, tag) for tag in vlan)
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return _MACS + tags + kind + packet


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = data + bytes(len(data) % 2)
    words: tuple[int, ...] = struct.unpack(f"!{len(padded) // 2}H", padded)
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _transport_checksum(source: End, destination: End, protocol: int, segment: bytes) -> int:
    pseudo = source.address + destination.address + struct.pack("!II", len(segment), protocol)
    return checksum(pseudo + segment)


def drop(packets: Sequence[Packet], *indexes: int) -> list[Packet]:
    """The packets without those at `indexes`, as if the capture had lost them."""
    return [packet for index, packet in enumerate(packets) if index not in indexes]


def duplicate(packets: Sequence[Packet], index: int, after_us: float = 1) -> list[Packet]:
    """The same packet captured twice: its copy follows it, `after_us` later."""
    copy = replace(packets[index], ts_ns=packets[index].ts_ns + round(after_us * 1000))
    return [*packets[: index + 1], copy, *packets[index + 1 :]]


def swap(packets: Sequence[Packet], first: int, second: int) -> list[Packet]:
    """Two packets captured in each other's place and time."""
    swapped = list(packets)
    swapped[first] = replace(packets[second], ts_ns=packets[first].ts_ns)
    swapped[second] = replace(packets[first], ts_ns=packets[second].ts_ns)
    return swapped


def cut(packets: Sequence[Packet], snaplen: int) -> list[Packet]:
    """The packets as a capture with this snap length has them."""
    return [replace(packet, frame=packet.frame[:snaplen]) for packet in packets]


def merge(*conversations: Iterable[Packet]) -> list[Packet]:
    """All packets in the order of their times; equal times keep the order given."""
    every = [packet for packets in conversations for packet in packets]
    return sorted(every, key=lambda packet: packet.ts_ns)


def write_pcap(path: str | Path, packets: Iterable[Packet], link_type: int = ETHERNET) -> None:
    """A little-endian pcap file with nanoseconds."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link_type))
        for packet in packets:
            seconds, ns = divmod(packet.ts_ns, 1_000_000_000)
            sizes = len(packet.frame), packet.wire_length
            file.write(struct.pack("<IIII", seconds, ns, *sizes) + packet.frame)
