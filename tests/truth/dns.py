"""Which query of a capture goes with which answer: with dpkt and dnspython, not with our code.

It knows the whole capture before it decides, which is what makes it simple: of a TCP
stream all bytes are put together first, a transfer is every message until its client
asks again.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dpkt

PORT = 53
TIMEOUT_NS = 10_000_000_000
COPY_NS = 1_000_000  # a packet on another interface so soon after is the same one
MASK = 0xFFFFFFFF
SLL2 = 276
HEADER = 12
TRANSFERS = (dns.rdatatype.AXFR, dns.rdatatype.IXFR)
ANSWERS = ("NOERROR", "NXDOMAIN", "YXDOMAIN", "YXRRSET", "NXRRSET")

Network: TypeAlias = "dpkt.ip.IP | dpkt.ip6.IP6"
End = tuple[bytes, int]  # address and port
Key = tuple[int, int, str, int, int]  # id, opcode, name in small letters, type, class


@dataclass(frozen=True)
class Row:
    """What the log has to say of an exchange."""

    transport: str
    client: str
    server: str
    id: int
    command: str
    key: str | None
    attempts: int
    status: str
    code: str | None
    answers: int
    latency_ns: int | None
    request_first_ns: int
    request_last_ns: int
    reply_first_ns: int | None
    reply_last_ns: int | None
    request_bytes: int
    reply_bytes: int
    late: bool = False


@dataclass(frozen=True)
class Packet:
    ts_ns: int
    ip: Network


@dataclass(frozen=True)
class Message:
    """A message with its framing: `size` octets, of which the head at least was captured."""

    data: bytes
    size: int
    first_ns: int
    last_ns: int

    @property
    def is_whole(self) -> bool:
        """Whether there is a header at least."""
        return len(self.data) >= HEADER

    @property
    def id(self) -> int:
        return int.from_bytes(self.data[:2], "big")

    @property
    def flags(self) -> int:
        return int.from_bytes(self.data[2:4], "big")

    @property
    def is_reply(self) -> bool:
        return bool(self.flags & dns.flags.QR)

    @property
    def questions(self) -> int:
        return int.from_bytes(self.data[4:6], "big")

    @property
    def answers(self) -> int:
        return int.from_bytes(self.data[6:8], "big")

    @property
    def question(self) -> "tuple[dns.name.Name, int, int] | None":
        """None if there is none, or not one, or it cannot be read."""
        if self.questions != 1:
            return None
        try:
            name, used = dns.name.from_wire(self.data, HEADER)
            kind, kind_class = struct.unpack_from("!HH", self.data, HEADER + used)
        except (dns.exception.DNSException, struct.error):
            return None
        return name, kind, kind_class

    @property
    def identity(self) -> Key | None:
        found = self.question
        opcode = dns.opcode.from_flags(self.flags)
        if found is None:
            return (self.id, opcode, "", -1, -1) if self.questions == 0 else None
        name, kind, kind_class = found
        return self.id, opcode, name.to_text().lower(), kind, kind_class

    @property
    def rcode(self) -> str:
        try:
            whole = dns.message.from_wire(self.data, raise_on_truncation=False)
        except dns.exception.DNSException:
            return dns.rcode.to_text(dns.rcode.Rcode(self.flags & 15))
        return dns.rcode.to_text(whole.rcode())


def shown_name(name: "dns.name.Name") -> str:
    r"""Visible ASCII as it is, with a backslash before dots and backslashes, the rest as \xNN."""
    labels = [label for label in name.labels if label]
    return ".".join("".join(map(_shown, label)) for label in labels) or "."


def _shown(byte: int) -> str:
    if byte in b".\\":
        return f"\\{chr(byte)}"
    return chr(byte) if 0x20 < byte < 0x7F else f"\\x{byte:02x}"


def read(path: Path) -> list[Packet]:
    """The IP packets of a little-endian nanosecond capture, without an `any` capture's copies."""
    data = path.read_bytes()
    magic, link_type = struct.unpack_from("<I16xI", data)
    assert magic == 0xA1B23C4D, path
    packets: list[Packet] = []
    seen: dict[bytes, tuple[int, int]] = {}
    at = 24
    while at < len(data):
        seconds, ns, captured = struct.unpack_from("<III", data, at)
        frame = data[at + 16 : at + 16 + captured]
        at += 16 + captured
        ts_ns = seconds * 1_000_000_000 + ns
        if link_type == SLL2:
            interface = int.from_bytes(frame[4:8], "big")
            before = seen.get(frame[20:])
            if before and before[0] != interface and ts_ns - before[1] < COPY_NS:
                continue
            seen[frame[20:]] = interface, ts_ns
            ip = dpkt.sll2.SLL2(frame).data
        else:
            ip = dpkt.ethernet.Ethernet(frame).data
        if isinstance(ip, dpkt.ip.IP | dpkt.ip6.IP6):
            packets.append(Packet(ts_ns, ip))
    return packets


@dataclass
class Query:
    """A query that waits, or was given up, or is answered."""

    message: Message
    key: Key
    attempts: int = 1
    replies: list[Message] = field(default_factory=list)

    def row(self, transport: str, client: End, server: End, status: str, late: bool) -> Row:
        """`status` is empty for a query with replies: the first of them tells."""
        first, last = (self.replies[0], self.replies[-1]) if self.replies else (None, None)
        code = first.rcode if first else None
        if first:
            status = "ok" if code in ANSWERS else "error"
        question = self.message.question
        sent = self.message
        return Row(
            transport=transport,
            client=shown_end(client),
            server=shown_end(server),
            id=sent.id,
            command=shown_command(sent),
            key=shown_name(question[0]) if question else None,
            attempts=self.attempts,
            status=status,
            code=code,
            answers=sum(reply.answers for reply in self.replies),
            latency_ns=first.first_ns - sent.last_ns if first else None,
            request_first_ns=sent.first_ns,
            request_last_ns=sent.last_ns,
            reply_first_ns=first.first_ns if first else None,
            reply_last_ns=last.last_ns if last else None,
            request_bytes=sent.size,
            reply_bytes=sum(reply.size for reply in self.replies),
            late=late,
        )


def shown_command(query: Message) -> str:
    """The type that is asked for; the opcode where there is no question."""
    if query.question is None:
        return dns.opcode.to_text(dns.opcode.from_flags(query.flags))
    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(query.question[1]))


def shown_end(end: End) -> str:
    text: str = dpkt.utils.inet_to_str(end[0])
    return f"[{text}]:{end[1]}" if ":" in text else f"{text}:{end[1]}"


def waiting_for(reply: Message, waiting: Iterable[Query]) -> Query | None:
    """The query that a reply answers: by its question, or by its id where it has none."""
    for query in waiting:
        if query.key == reply.identity:
            return query
    if reply.questions:
        return None
    same = [query for query in waiting if query.message.id == reply.id]
    return same[0] if len(same) == 1 else None


@dataclass
class Datagrams:
    """Pairs what comes over UDP, one datagram after the other."""

    rows: list[Row] = field(default_factory=list)
    _waiting: dict[tuple[End, End], list[Query]] = field(default_factory=dict)

    def take(self, source: End, destination: End, message: Message) -> None:
        self.expire(message.last_ns)
        if not message.is_whole:
            return
        if destination[1] == PORT and not message.is_reply:
            self._query(source, destination, message)
        elif source[1] == PORT and message.is_reply:
            self._reply(destination, source, message)

    def expire(self, now_ns: int) -> None:
        for (client, server), queries in self._waiting.items():
            for query in list(queries):
                if query.message.last_ns + TIMEOUT_NS <= now_ns:
                    queries.remove(query)
                    self.rows.append(query.row("udp", client, server, "timeout", False))

    def _query(self, client: End, server: End, message: Message) -> None:
        key = message.identity
        if key is None:
            return
        queries = self._waiting.setdefault((client, server), [])
        for query in queries:
            if query.key == key:
                query.attempts += 1
                return
        queries.append(Query(message, key))

    def _reply(self, client: End, server: End, message: Message) -> None:
        queries = self._waiting.get((client, server), [])
        query = waiting_for(message, queries)
        if query is not None:
            queries.remove(query)
            query.replies.append(message)
            self.rows.append(query.row("udp", client, server, "", False))


@dataclass
class Fragments:
    """Puts datagrams together."""

    _parts: dict[tuple[bytes, bytes, int], dict[int, tuple[bytes, int, int, bool]]] = field(
        default_factory=dict
    )

    def whole(self, packet: Packet) -> tuple[End, End, Message] | None:
        """The datagram that a UDP packet completes."""
        ip = packet.ip
        more, offset, ident, size = False, 0, 0, 0
        if isinstance(ip, dpkt.ip6.IP6):
            fragment = ip.extension_hdrs.get(dpkt.ip.IP_PROTO_FRAGMENT)
            size = ip.plen
            if fragment is not None:
                more, offset, ident = bool(fragment.m_flag), fragment.frag_off * 8, fragment.id
                size -= 8
        else:
            more, offset, ident = bool(ip.mf), ip.offset * 8, ip.id
            size = ip.len - ip.hl * 4
        data = ip.data if isinstance(ip.data, bytes) else bytes(ip.data)
        if not more and not offset:
            return _datagram(ip, data[:size], packet.ts_ns, packet.ts_ns)
        parts = self._parts.setdefault((bytes(ip.src), bytes(ip.dst), ident), {})
        parts.setdefault(offset, (data[:size], size, packet.ts_ns, more))
        joined, at = b"", 0
        while at in parts:
            data, size, ts_ns, more = parts[at]
            if len(joined) == at:  # nothing before was cut off
                joined += data
            at += size
            if not more:
                times = [part[2] for part in parts.values()]
                return _datagram(ip, joined, parts[0][2], max(*times, ts_ns))
        return None


def _datagram(ip: Network, data: bytes, first_ns: int, last_ns: int) -> tuple[End, End, Message]:
    source_port, destination_port, size = struct.unpack_from("!HHH", data)
    message = Message(data[8:size], size - 8, first_ns, last_ns)
    return (bytes(ip.src), source_port), (bytes(ip.dst), destination_port), message


@dataclass
class Stream:
    """One direction: what stands at each position, None where it was cut off, and when it came."""

    begin: int | None = None  # the sequence number of the first byte
    pieces: list[int] = field(default_factory=list)  # where segments begin
    bytes_at: dict[int, tuple[int | None, int]] = field(default_factory=dict)
    fin_ns: int | None = None

    def add(self, seq: int, data: bytes, size: int, ts_ns: int) -> None:
        if self.begin is None:
            self.begin = seq
        first = (seq - self.begin + 0x80000000 & MASK) - 0x80000000
        if size and first not in self.bytes_at:
            self.pieces.append(first)
        for at in range(size):
            self.bytes_at.setdefault(first + at, (data[at] if at < len(data) else None, ts_ns))

    def messages(self, is_reply: bool, from_start: bool) -> list[Message]:
        """All of them.

        Where the start is unknown, or a length was cut off, from the first segment on
        whose beginning is a message's: all is well framed from there to the end.
        """
        found, rest = self._framed(0) if from_start else ([], False)
        known_to = 1 + sum(each.size for each in found) if from_start else 0
        for at in () if rest else sorted(self.pieces):
            more, rest = self._framed(at) if at >= known_to else ([], False)
            if rest and all(each.is_whole and each.is_reply == is_reply for each in more):
                found += more
                break
        return [each for each in found if each.is_whole and each.is_reply == is_reply]

    def _framed(self, at: int) -> tuple[list[Message], bool]:
        """The messages from `at` on, and whether nothing is left behind the last of them."""
        found: list[Message] = []
        while at in self.bytes_at:
            high, low = self.bytes_at[at][0], self.bytes_at.get(at + 1, (None, 0))[0]
            if high is None or low is None:
                return found, False
            size = 2 + high * 256 + low
            last = self.bytes_at.get(at + size - 1)
            if last is None:
                return found, False
            data = bytearray()
            for place in range(at + 2, at + size):
                byte = self.bytes_at[place][0] if place in self.bytes_at else None
                if byte is None:
                    break
                data.append(byte)
            times = [
                self.bytes_at[each][1] for each in range(at, at + size) if each in self.bytes_at
            ]
            found.append(Message(bytes(data), size, self.bytes_at[at][1], max(times)))
            at += size
        return found, True


@dataclass
class Connection:
    """Pairs what comes over one TCP connection, when all of it is there."""

    client: End
    server: End
    from_start: bool
    sent: Stream = field(default_factory=Stream)
    received: Stream = field(default_factory=Stream)
    broken_ns: int | None = None  # RST by either, or the server's FIN

    def rows(self, end_ns: int) -> list[Row]:
        sent = self.sent.messages(False, self.from_start)
        received = self.received.messages(True, self.from_start)
        queries = [Query(each, each.identity) for each in sent if each.identity is not None]
        for reply in received:
            self._assign(reply, queries)
        return [row for query in queries for row in self._rows_of(query, end_ns)]

    def _assign(self, reply: Message, queries: list[Query]) -> None:
        before = [each for each in queries if each.message.last_ns <= reply.first_ns]
        query = waiting_for(reply, [each for each in before if not each.replies])
        if query is None:
            # The next message of a transfer, which is that of the newest query with its id.
            begun = [each for each in before if each.replies and each.message.id == reply.id]
            query = begun[-1] if begun and begun[-1].key[3] in TRANSFERS else None
        if query is not None:
            query.replies.append(reply)

    def _rows_of(self, query: Query, end_ns: int) -> list[Row]:
        gave_up_ns = query.message.last_ns + TIMEOUT_NS
        answered_ns = query.replies[0].first_ns if query.replies else end_ns
        rows = []
        late = gave_up_ns <= min(answered_ns, self.broken_ns or answered_ns)
        if late:
            without = Query(query.message, query.key)
            rows.append(without.row("tcp", self.client, self.server, "timeout", False))
        if query.replies:
            rows.append(query.row("tcp", self.client, self.server, "", late))
        elif self.broken_ns is not None:
            rows.append(query.row("tcp", self.client, self.server, "aborted", late))
        return rows


@dataclass
class Connections:
    """Sorts segments by connection."""

    ended: list[Connection] = field(default_factory=list)
    _open: dict[frozenset[End], Connection] = field(default_factory=dict)

    def take(self, packet: Packet) -> None:
        ip, tcp = packet.ip, packet.ip.data
        source, destination = (bytes(ip.src), tcp.sport), (bytes(ip.dst), tcp.dport)
        ends = frozenset((source, destination))
        is_syn = tcp.flags & (dpkt.tcp.TH_SYN | dpkt.tcp.TH_ACK) == dpkt.tcp.TH_SYN
        if is_syn and ends in self._open and self._open[ends].sent.begin != (tcp.seq + 1) & MASK:
            self.ended.append(self._open.pop(ends))
        if ends not in self._open:
            swap = not is_syn and source[1] == PORT
            client, server = (destination, source) if swap else (source, destination)
            self._open[ends] = Connection(client, server, is_syn)
        connection = self._open[ends]
        stream = connection.sent if source == connection.client else connection.received
        length = ip.plen if isinstance(ip, dpkt.ip6.IP6) else ip.len - ip.hl * 4
        seq = (tcp.seq + 1) & MASK if tcp.flags & dpkt.tcp.TH_SYN else tcp.seq
        size = length - tcp.off * 4
        if tcp.flags & dpkt.tcp.TH_RST:
            size = 0
        elif size or tcp.flags & dpkt.tcp.TH_SYN:
            stream.add(seq, tcp.data[:size], size, packet.ts_ns)
        ends_it = tcp.flags & dpkt.tcp.TH_RST or (
            tcp.flags & dpkt.tcp.TH_FIN and source == connection.server
        )
        if ends_it and connection.broken_ns is None:
            connection.broken_ns = packet.ts_ns

    def rows(self, end_ns: int) -> list[Row]:
        every = [*self.ended, *self._open.values()]
        return [row for connection in every for row in connection.rows(end_ns)]


def rows_of(path: Path) -> list[Row]:
    """What the log of a capture has to say, sorted by the time of the query."""
    packets = read(path)
    datagrams, fragments, connections = Datagrams(), Fragments(), Connections()
    for packet in packets:
        if isinstance(packet.ip.data, dpkt.tcp.TCP):
            connections.take(packet)
            continue
        whole = fragments.whole(packet)
        if whole is not None:
            datagrams.take(*whole)
    end_ns = packets[-1].ts_ns
    datagrams.expire(end_ns)
    rows = datagrams.rows + connections.rows(end_ns)
    return sorted(rows, key=order)


def order(row: Row) -> tuple[int, str, int, str]:
    return row.request_last_ns, row.client, row.id, f"{row.command} {row.key} {row.status}"
