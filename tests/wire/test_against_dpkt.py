"""dpkt as the oracle: on whatever it can read, our decoder finds the same."""

from dataclasses import astuple
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire import frames as f
from tests.wire.captures import read
from tests.wire.oracle import Expected, ask_dpkt
from tests.wire.recording import Bench, Seen

PCAPS = Path(__file__).parents[2] / "pcaps"
CAPTURES = sorted(
    path for path in PCAPS.rglob("*") if path.name.endswith((".pcap", ".pcapng", ".gz"))
)

PORTS = st.tuples(st.integers(0, 65535), st.integers(0, 65535))
NUMBERS = st.integers(0, 0xFFFFFFFF)
HEADERS = [f.HOP_BY_HOP, f.ROUTING, f.DESTINATION, f.AH]
# A NOP each: what options say is another test's business.
FOURS = st.integers(0, 10).map(lambda words: b"\x01" * 4 * words)


def same(seen: Seen, expected: Expected) -> bool:
    rest = expected.rest
    if expected.protocol == "udp":
        rest = rest[: max(expected.length - 8, 0)]
    ends = (seen.protocol, seen.source, seen.sport, seen.destination, seen.dport)
    numbers = (seen.seq, seen.ack, seen.flags, seen.window)
    return (*ends, seen.payload, *numbers) == (*astuple(expected)[:5], rest, *astuple(expected)[7:])


def disagreements(path: Path) -> list[str]:
    """The packets of a capture on which dpkt and the decoder differ.

    dpkt reads on where lengths or versions are impossible; what the decoder counts as
    malformed is no disagreement.
    """
    found = []
    for number, (frame, wire_length, link_type) in enumerate(read(path), 1):
        bench = Bench().take(frame, link_type, wire_length=wire_length)
        expected = ask_dpkt(frame, link_type)
        if expected is None or bench.counts.malformed():
            agreed = not bench.seen
        else:
            agreed = bool(bench.seen) and same(bench.one(), expected)
        if not agreed:
            found.append(f"packet {number}: {bench.seen} against {expected}")
    return found


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: str(path.relative_to(PCAPS)))
def test_every_packet_of_every_capture_is_the_same(path: Path) -> None:
    assert disagreements(path) == []


@st.composite
def transports(draw: st.DrawFn) -> tuple[bytes, int]:
    payload = draw(st.binary(max_size=80))
    if draw(st.booleans()):
        return f.udp(payload, ports=draw(PORTS)), f.UDP
    segment = f.tcp(
        payload,
        ports=draw(PORTS),
        seq=draw(NUMBERS),
        ack=draw(NUMBERS),
        flags=draw(st.integers(0, 255)),
        window=draw(st.integers(0, 65535)),
        options=draw(FOURS),
    )
    return segment, f.TCP


@st.composite
def packets(draw: st.DrawFn) -> tuple[bytes, int]:
    """An IP packet, and its EtherType."""
    segment, protocol = draw(transports())
    if draw(st.booleans()):
        addresses = draw(st.tuples(*[st.ip_addresses(v=4).map(str)] * 2))
        if draw(st.integers(0, 4)) == 0:
            segment, protocol = f.authentication(segment, protocol), f.AH
        packet = f.ipv4(
            segment,
            protocol,
            addresses=addresses,
            options=draw(FOURS),
            total=draw(st.sampled_from([None, None, 0])),
        )
        return packet, f.IPV4
    addresses = draw(st.tuples(*[st.ip_addresses(v=6).map(str)] * 2))
    if draw(st.integers(0, 4)) == 0:  # dpkt fails where an extension header follows it
        segment, protocol = f.fragment_header(segment, protocol, 0, False), f.FRAGMENT
    for kind in draw(st.lists(st.sampled_from(HEADERS), max_size=5)):
        if kind == f.AH:
            segment = f.authentication(segment, protocol, draw(st.integers(1, 5)))
        else:
            padding = bytes(draw(st.sampled_from([6, 14, 22])))
            segment = f.extension(segment, protocol, padding)
        protocol = kind
    size = draw(st.sampled_from([None, None, 0]))
    return f.ipv6(segment, protocol, addresses=addresses, size=size), f.IPV6


@st.composite
def stacks(draw: st.DrawFn) -> tuple[bytes, int]:
    """A frame and its link type, as far as dpkt knows them."""
    packet, kind = draw(packets())
    link_type = draw(
        st.sampled_from([1, 1, 1, 113, 276, 0, 108, 9, 12, 14, 101, 228 + (kind != f.IPV4)])
    )
    if link_type == 1:
        tpids = draw(st.sampled_from([[], [f.VLAN], [0x9100], [f.PROVIDER_VLAN, f.VLAN]]))
        if draw(st.integers(0, 4)) == 0:
            protocol = b"\x00\x21" if kind == f.IPV4 else b"\x00\x57"
            packet, kind = f.pppoe(packet, protocol), f.PPPOE
        return f.tagged(packet, tpids, kind), 1
    if link_type == 113:
        return f.sll(packet, kind), 113
    if link_type == 276:
        return f.sll2(packet, kind), 276
    if link_type in (0, 108):
        family = 2 if kind == f.IPV4 else draw(st.sampled_from([24, 28, 30]))
        header = family.to_bytes(4, "big")
        if link_type == 0 and draw(st.booleans()):
            header = header[::-1]
        return header + packet, link_type
    if link_type == 9:
        protocol = b"\x00\x21" if kind == f.IPV4 else b"\x00\x57"
        return b"\xff\x03" + protocol[draw(st.integers(0, 1)) :] + packet, 9
    return packet, link_type


@given(stack=stacks(), padding=st.integers(0, 20))
@settings(max_examples=500)
def test_generated_frames_are_the_same(stack: tuple[bytes, int], padding: int) -> None:
    frame, link_type = stack
    frame += b"\xfe" * padding
    expected = ask_dpkt(frame, link_type)
    assert expected is not None
    assert same(Bench().take(frame, link_type).one(), expected)


@given(stack=stacks(), missing=st.integers(0, 90))
@settings(max_examples=200)
def test_cut_frames_are_the_same(stack: tuple[bytes, int], missing: int) -> None:
    frame, link_type = stack
    cut = frame[: max(len(frame) - missing, 0)]
    bench = Bench().take(cut, link_type, wire_length=len(frame))
    expected = ask_dpkt(cut, link_type)
    if bench.seen:
        assert expected is not None and same(bench.one(), expected)
    else:
        assert expected is None
        assert bench.counts.cut_headers == 1
