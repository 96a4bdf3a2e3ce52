"""Whether what is reported of a damaged capture is true of the undamaged one.

An exchange is true if the undamaged log has the same request and the same reply, by
their places in the two streams, and each of its times is that of the first captured
copy, in the damaged capture, of the byte that it is the time of. The places of the
bytes are looked up with dpkt, not with the code that is tested.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

import dpkt

from tcpkit.protocols.message import NO_TIME, Exchange
from tests.build import Packet
from tests.truth.damage import LONG_WAYS, WAYS, Damaged
from tests.truth.trace import trace

MASK = 0xFFFFFFFF
Flow = tuple[bytes, int, bytes, int]
Place = tuple[str, str, int, int, int, int, str]


@dataclass(frozen=True)
class Piece:
    """Payload that a packet carries: position, size on the wire, time."""

    seq: int
    size: int
    ts_ns: int


class Wire:
    """The TCP payload of a capture, by direction, in capture order."""

    def __init__(self, packets: Iterable[Packet], link_type: int) -> None:
        self.pieces: dict[tuple[str, str], list[Piece]] = {}
        for packet in packets:
            found = _piece(packet, link_type)
            if found is not None:
                ends, piece = found
                self.pieces.setdefault(ends, []).append(piece)

    def first_time(self, source: str, destination: str, position: int) -> int:
        """When the byte at `position` was first captured; NO_TIME if it never was."""
        for piece in self.pieces.get((source, destination), []):
            if (position - piece.seq) & MASK < piece.size:
                return piece.ts_ns
        return NO_TIME


_KNOWN: dict[tuple[int, bytes], tuple[tuple[str, str], int, int] | None] = {}
_LINKS = {1: dpkt.ethernet.Ethernet, 113: dpkt.sll.SLL, 276: dpkt.sll2.SLL2}


def _piece(packet: Packet, link_type: int) -> tuple[tuple[str, str], Piece] | None:
    key = link_type, packet.frame[:96]
    if key not in _KNOWN:
        _KNOWN[key] = _dissect(packet.frame, link_type)
    found = _KNOWN[key]
    return None if found is None else (found[0], Piece(found[1], found[2], packet.ts_ns))


def _dissect(frame: bytes, link_type: int) -> tuple[tuple[str, str], int, int] | None:
    ip = _LINKS[link_type](frame).data
    if not isinstance(ip, dpkt.ip.IP | dpkt.ip6.IP6) or not isinstance(ip.data, dpkt.tcp.TCP):
        return None
    tcp = ip.data
    total = ip.plen if isinstance(ip, dpkt.ip6.IP6) else ip.len - ip.hl * 4
    size = total - tcp.off * 4
    if size <= 0:
        return None
    seq = (tcp.seq + 1) & MASK if tcp.flags & dpkt.tcp.TH_SYN else tcp.seq
    source, destination = _end(ip.src, tcp.sport), _end(ip.dst, tcp.dport)
    return (source, destination), seq, size


def _end(address: bytes, port: int) -> str:
    text: str = dpkt.utils.inet_to_str(address)
    return f"[{text}]:{port}" if ":" in text else f"{text}:{port}"


def place(exchange: Exchange) -> Place:
    """Which bytes were paired, and how it ended."""
    return (
        exchange.client,
        exchange.server,
        int(exchange.request_seq),
        int(exchange.request_bytes),
        int(exchange.reply_seq),
        int(exchange.reply_bytes),
        exchange.status,
    )


def wrong_times(exchange: Exchange, wire: Wire) -> list[str]:
    """Names of the times that are not those of the first captured copies."""
    client, server = exchange.client, exchange.server
    last = exchange.request_seq + exchange.request_bytes - 1
    expected = {
        "request_first_ns": wire.first_time(client, server, int(exchange.request_seq)),
        "request_last_ns": wire.first_time(client, server, int(last)),
    }
    if exchange.answered:
        last = exchange.reply_seq + exchange.reply_bytes - 1
        expected["reply_first_ns"] = wire.first_time(server, client, int(exchange.reply_seq))
        expected["reply_last_ns"] = wire.first_time(server, client, int(last))
    return [name for name, time in expected.items() if int(getattr(exchange, name)) != time]


@dataclass
class Verdict:
    """How the damaged runs of one capture went."""

    runs: int = 0
    exact: int = 0
    inferred: int = 0
    false_exact: list[str] = field(default_factory=list)
    wrong_inferred: list[str] = field(default_factory=list)

    def add(self, other: "Verdict") -> None:
        self.runs += other.runs
        self.exact += other.exact
        self.inferred += other.inferred
        self.false_exact += other.false_exact
        self.wrong_inferred += other.wrong_inferred


def judge(damaged: Damaged, truth: set[Place], link_type: int) -> Verdict:
    """Trace one damaged capture and compare it with the undamaged one's `truth`."""
    verdict = Verdict(runs=1)
    wire = Wire(damaged.packets, link_type)
    for exchange in trace(damaged.packets, link_type).exchanges:
        problem = ""
        if place(exchange) not in truth:
            problem = "not in the undamaged log"
        else:
            times = wrong_times(exchange, wire)
            if times:
                problem = "wrong " + ", ".join(times)
        verdict.exact += exchange.exact
        verdict.inferred += not exchange.exact
        if problem:
            text = f"{damaged.how}: {exchange.request} ({exchange.status}): {problem}"
            (verdict.false_exact if exchange.exact else verdict.wrong_inferred).append(text)
    return verdict


def judge_capture(
    link_type: int, packets: list[Packet], runs_a_way: int | None = None
) -> dict[str, Verdict]:
    """Every damage of every way, or `runs_a_way` of them at even distances; verdicts by way."""
    truth = {place(exchange) for exchange in trace(packets, link_type).exchanges}
    verdicts: dict[str, Verdict] = {}
    for way, damage in WAYS.items():
        verdict = verdicts.setdefault(way, Verdict())
        step = 1 if runs_a_way is None else -(-len(packets) // runs_a_way)
        for damaged in islice(damage(packets), 0, None, step if way in LONG_WAYS else 1):
            verdict.add(judge(damaged, truth, link_type))
    return verdicts
