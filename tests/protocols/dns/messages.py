"""DNS messages written by hand (RFC 1035, section 4), and runs over them."""

import struct
from collections.abc import Sequence

from tests.build import START_NS, Conversation, Packet, datagram
from tests.protocols.capture import Capture

CLIENT = "10.0.0.1:40000"
SERVER = "10.0.0.2:53"
A, NS, SOA, TXT, AAAA, OPT, IXFR, AXFR = 1, 2, 6, 16, 28, 41, 251, 252
RESPONSE = 0x8000
NOTIFY, UPDATE, DSO = 4, 5, 6
FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 1, 2, 3, 5


def name(text: str) -> bytes:
    """
    >>> name("a.bc."), name(".")
    (b'\\x01a\\x02bc\\x00', b'\\x00')
    """
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def question(text: str = "example.com", type_: int = A, class_: int = 1) -> bytes:
    return name(text) + struct.pack("!HH", type_, class_)


def header(id_: int, flags: int, counts: Sequence[int]) -> bytes:
    return struct.pack("!HHHHHH", id_, flags, *counts)


def record(type_: int, data: bytes, owner: bytes = b"\xc0\x0c", ttl: int = 300) -> bytes:
    return owner + struct.pack("!HHIH", type_, 1, ttl, len(data)) + data


def opt(extended: int = 0, data: bytes = b"") -> bytes:
    """The OPT record, with the upper bits of the RCODE (RFC 6891, section 6.1.3)."""
    return record(OPT, data, b"\0", extended << 24)


def soa(serial: int, owner: bytes = b"\xc0\x0c") -> bytes:
    numbers = struct.pack("!IIIII", serial, 3600, 600, 86400, 300)
    return record(SOA, name("ns.example.com") + b"\4root\xc0\x0c" + numbers, owner)


def address(host: int = 1) -> bytes:
    return record(A, bytes([192, 0, 2, host]))


def query(
    text: str = "example.com",
    type_: int = A,
    id_: int = 1,
    class_: int = 1,
    opcode: int = 0,
    authority: Sequence[bytes] = (),
    additional: Sequence[bytes] = (),
) -> bytes:
    counts = 1, 0, len(authority), len(additional)
    head = header(id_, opcode << 11 | 0x100, counts) + question(text, type_, class_)
    return head + b"".join(authority) + b"".join(additional)


def answer(
    text: str = "example.com",
    type_: int = A,
    id_: int = 1,
    records: Sequence[bytes] = (),
    rcode: int = 0,
    class_: int = 1,
    opcode: int = 0,
    authority: Sequence[bytes] = (),
    additional: Sequence[bytes] = (),
) -> bytes:
    counts = 1, len(records), len(authority), len(additional)
    flags = RESPONSE | opcode << 11 | 0x180 | rcode
    body = b"".join([*records, *authority, *additional])
    return header(id_, flags, counts) + question(text, type_, class_) + body


def bare(id_: int = 1, flags: int = 0) -> bytes:
    """A header and nothing else."""
    return header(id_, flags, (0, 0, 0, 0))


def framed(*messages: bytes) -> bytes:
    """As they go over TCP."""
    return b"".join(struct.pack("!H", len(message)) + message for message in messages)


class Talk:
    """Datagrams between one client and one server, each with a mark of its own."""

    def __init__(self, client: str = CLIENT, server: str = SERVER, first_mark: int = 100) -> None:
        self.client, self.server = client, server
        self.packets: list[Packet] = []
        self._mark = first_mark

    def ask(self, message: bytes, at_us: float, mark: int | None = None) -> "Talk":
        return self._send(self.client, self.server, message, at_us, mark)

    def reply(self, message: bytes, at_us: float, mark: int | None = None) -> "Talk":
        return self._send(self.server, self.client, message, at_us, mark)

    def _send(
        self, source: str, destination: str, message: bytes, at_us: float, mark: int | None
    ) -> "Talk":
        if mark is None:
            mark = self._mark
            self._mark += 1
        at_ns = START_NS + round(at_us * 1000)
        self.packets.append(datagram(source, destination, message, at_ns, identification=mark))
        return self


def dns(ports: Sequence[int] = (53,), timeout_s: int = 10) -> Capture:
    return Capture(mode="dns", ports=ports, timeout_s=timeout_s, keep_bytes=False)


def traced(*talks: Talk) -> Capture:
    """The whole capture of what was sent, in the order of time."""
    packets = [packet for talk in talks for packet in talk.packets]
    packets.sort(key=lambda packet: packet.ts_ns)
    return dns().feed(packets).finish()


def connection(client: str = CLIENT, server: str = SERVER) -> Conversation:
    return Conversation(client, server).handshake()


def over_tcp(packets: Sequence[Packet]) -> Capture:
    return Capture(mode="dns", ports=(53,)).feed(packets).finish()
