"""How long a segment's headers are: with the payload they are the IP packet."""

import pytest

from tests.wire import frames as f
from tests.wire.recording import Bench

PAYLOAD = b"abcde"
OPTIONS = b"\x01" * 12


def headers(frame: bytes, wire_length: int | None = None) -> int:
    return Bench().take(frame, wire_length=wire_length).one().headers


@pytest.mark.parametrize(
    ("packet", "kind", "size"),
    [
        (f.ipv4(f.tcp(PAYLOAD)), f.IPV4, 20 + 20),
        (f.ipv4(f.tcp(PAYLOAD, options=OPTIONS)), f.IPV4, 20 + 32),
        (f.ipv4(f.tcp(PAYLOAD, options=OPTIONS), options=OPTIONS), f.IPV4, 32 + 32),
        (f.ipv4(f.tcp(PAYLOAD), total=0), f.IPV4, 20 + 20),
        (f.ipv6(f.tcp(PAYLOAD)), f.IPV6, 40 + 20),
        (f.ipv6(f.extension(f.tcp(PAYLOAD), f.TCP), f.HOP_BY_HOP), f.IPV6, 40 + 8 + 20),
        (f.ipv4(f.ipv4(f.tcp(PAYLOAD)), 4), f.IPV4, 20 + 20),
    ],
    ids=["plain", "tcp-options", "ip-options", "offload", "ipv6", "extension", "tunnel"],
)
def test_headers_are_those_of_the_innermost_ip_packet(packet: bytes, kind: int, size: int) -> None:
    assert headers(f.ethernet(packet, kind)) == size
    assert headers(f.tagged(packet, [f.VLAN, f.VLAN], kind)) == size


def test_padding_and_a_short_snap_length_change_nothing() -> None:
    frame = f.ethernet(f.ipv4(f.tcp(PAYLOAD, options=OPTIONS)))
    assert headers(frame + bytes(10)) == 52
    for kept in range(14 + 40, len(frame)):
        assert headers(frame[:kept], len(frame)) == 52


@pytest.mark.parametrize("six", [False, True])
def test_segment_that_came_in_fragments_counts_as_if_it_had_come_whole(six: bool) -> None:
    addresses = f.SIX if six else f.FOUR
    segment = f.tcp(PAYLOAD * 100, options=OPTIONS, addresses=addresses)
    split = f.ipv6_fragments if six else f.ipv4_fragments
    bench = Bench()
    for packet in split(segment, f.TCP, [200, 200]):
        bench.take(f.ethernet(packet, f.IPV6 if six else f.IPV4))
    assert bench.one().headers == (40 if six else 20) + 32
