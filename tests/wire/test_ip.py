import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpkit.wire.ip import MAX_EXTENSIONS, MAX_JUMBO
from tests.wire import frames as f
from tests.wire.recording import Bench, decode

SEGMENT = f.tcp(b"payload")


def jumbo(payload: bytes, claimed: int, before: bytes = b"") -> bytes:
    """An IPv6 packet whose length is in a hop-by-hop option, behind the options `before`."""
    options = before + b"\xc2\x04" + struct.pack("!I", claimed)
    options += bytes((6 - len(options)) % 8)
    return f.ethernet(f.ipv6(f.extension(payload, f.TCP, options), f.HOP_BY_HOP, size=0), f.IPV6)


@pytest.mark.parametrize(
    "packet",
    [
        f.ipv4(SEGMENT, version=6),
        f.ipv4(SEGMENT, words=4),
        f.ipv4(SEGMENT, words=0),
        f.ipv4(SEGMENT, total=19),
        f.ipv4(SEGMENT, total=23, options=bytes(4)),
        f.ipv4(b"", words=15, total=20),
    ],
    ids=["version", "words-4", "words-0", "total-19", "total-less-than-header", "words-15"],
)
def test_ipv4_header_with_impossible_lengths_is_bad(packet: bytes) -> None:
    bench = Bench().take(f.ethernet(packet))
    assert (bench.seen, bench.counts.bad_ip) == ([], 1)


def test_ipv6_header_of_another_version_is_bad() -> None:
    bench = Bench().take(f.ethernet(f.ipv6(SEGMENT, version=4), f.IPV6))
    assert (bench.seen, bench.counts.bad_ip) == ([], 1)


@given(options=st.binary(max_size=40).map(lambda data: data + bytes(-len(data) % 4)))
@settings(max_examples=50)
def test_ipv4_options_are_skipped_whatever_they_are(options: bytes) -> None:
    seen = decode(f.ethernet(f.ipv4(SEGMENT, options=options)))
    assert seen is not None and seen.payload == b"payload"


@pytest.mark.parametrize("options", [b"", bytes(8)], ids=["plain", "options"])
def test_ipv4_length_zero_stands_for_the_whole_frame(options: bytes) -> None:
    frame = f.ethernet(f.ipv4(SEGMENT, total=0, options=options))
    seen = decode(frame)
    assert seen is not None and (seen.payload, seen.size) == (b"payload", 7)


def test_ipv4_length_zero_of_a_cut_frame_takes_the_wire_length() -> None:
    frame = f.ethernet(f.ipv4(f.tcp(b"x" * 70_000), total=0))
    seen = decode(frame[:100], wire_length=len(frame))
    assert seen is not None and (seen.payload, seen.size) == (b"x" * 46, 70_000)


def test_ipv4_length_beyond_the_frame_is_taken_for_a_cut_frame() -> None:
    frame = f.ethernet(f.ipv4(SEGMENT, total=1040))
    seen = decode(frame)
    assert seen is not None and (seen.payload, seen.size) == (b"payload", 1000)


def test_bytes_behind_the_ip_packet_are_not_its_own() -> None:
    seen = decode(f.ethernet(f.ipv6(SEGMENT, f.TCP) + b"trailer", f.IPV6))
    assert seen is not None and (seen.payload, seen.size) == (b"payload", 7)


def test_ipv6_length_zero_stands_for_the_whole_frame() -> None:
    frame = f.ethernet(f.ipv6(f.tcp(b"x" * 70_000), size=0), f.IPV6)
    seen = decode(frame)
    assert seen is not None and seen.size == 70_000
    seen = decode(frame[:100], wire_length=len(frame))
    assert seen is not None and (len(seen.payload), seen.size) == (100 - 74, 70_000)


@pytest.mark.parametrize(
    "before", [b"", b"\x00", b"\x01\x00", b"\x05\x02\x00\x00", b"\x00\x01\x03abc"]
)
def test_jumbogram_says_its_length_in_an_option(before: bytes) -> None:
    segment = f.tcp(b"x" * 70_000)
    size = 8 + (2 + len(before) + 6 - 8 + 7) // 8 * 8 + len(segment)
    seen = decode(jumbo(segment, size, before) + b"trailer")
    assert seen is not None and seen.size == 70_000


def test_jumbogram_of_impossible_length_is_bad() -> None:
    bench = Bench().take(jumbo(SEGMENT, MAX_JUMBO + 1))
    bench.take(jumbo(SEGMENT, 20))
    assert (bench.seen, bench.counts.bad_ip, bench.counts.bad_tcp) == ([], 1, 1)


def test_jumbogram_beyond_the_frame_is_taken_for_a_cut_frame() -> None:
    seen = decode(jumbo(SEGMENT, 100_000))
    assert seen is not None and (seen.payload, seen.size) == (b"payload", 100_000 - 8 - 20)


def test_extension_headers_are_followed_up_to_a_bound() -> None:
    packet, following = SEGMENT, f.TCP
    for _ in range(MAX_EXTENSIONS):
        packet, following = f.extension(packet, following), f.DESTINATION
    seen = decode(f.ethernet(f.ipv6(packet, following), f.IPV6))
    assert seen is not None and seen.payload == b"payload"
    bench = Bench().take(f.ethernet(f.ipv6(f.extension(packet, following), following), f.IPV6))
    assert (bench.seen, bench.counts.bad_ip) == ([], 1)


def test_extension_header_longer_than_the_packet_is_bad() -> None:
    packet = f.ipv6(bytes([f.TCP, 40]) + bytes(6) + SEGMENT, f.DESTINATION)
    bench = Bench().take(f.ethernet(packet, f.IPV6))
    assert (bench.seen, bench.counts.bad_ip) == ([], 1)


@pytest.mark.parametrize("kind", [f.HOP_BY_HOP, f.ROUTING, f.FRAGMENT, f.DESTINATION])
def test_extension_headers_of_ipv6_are_other_protocols_in_ipv4(kind: int) -> None:
    bench = Bench().take(f.ethernet(f.ipv4(f.extension(SEGMENT, f.TCP), kind)))
    assert (bench.seen, bench.counts.other) == ([], 1)


def test_packet_in_one_part_needs_no_others() -> None:
    packet = f.ipv6(f.fragment_header(SEGMENT, f.TCP, 0, False), f.FRAGMENT)
    bench = Bench().take(f.ethernet(packet, f.IPV6))
    assert (bench.one().payload, bench.counts.fragments) == (b"payload", 0)
