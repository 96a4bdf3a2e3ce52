import struct

import pytest

from tests.wire import frames as f
from tests.wire.recording import Bench, decode


@pytest.mark.parametrize("length", [0, 1, 7])
def test_length_less_than_the_header_is_bad(length: int) -> None:
    bench = Bench().take(f.ethernet(f.ipv4(f.udp(b"payload", length=length), f.UDP)))
    assert (bench.seen, bench.counts.bad_udp) == ([], 1)


@pytest.mark.parametrize("length", range(8))
def test_header_shorter_than_8_bytes_is_bad(length: int) -> None:
    bench = Bench().take(f.ethernet(f.ipv4(f.udp()[:length], f.UDP)))
    assert (bench.seen, bench.counts.bad_udp) == ([], 1)


def test_length_says_where_the_payload_ends() -> None:
    seen = decode(f.ethernet(f.ipv4(f.udp(b"payload, padding", length=15), f.UDP)))
    assert seen is not None and (seen.payload, seen.size) == (b"payload", 7)


def test_length_beyond_the_packet_is_bounded_and_counted() -> None:
    bench = Bench().take(f.ethernet(f.ipv4(f.udp(b"payload", length=16), f.UDP)))
    assert (bench.one().payload, bench.one().size) == (b"payload", 7)
    assert (bench.counts.udp_too_long, bench.counts.cut_payloads) == (1, 0)


def test_cut_payload_has_its_size_on_the_wire() -> None:
    frame = f.ethernet(f.ipv4(f.udp(b"payload"), f.UDP))
    bench = Bench().take(frame[:-3], wire_length=len(frame))
    assert (bench.one().payload, bench.one().size) == (b"payl", 7)
    assert (bench.counts.udp_too_long, bench.counts.cut_payloads) == (0, 1)


def test_length_zero_means_the_rest_in_a_jumbogram() -> None:
    datagram = f.udp(b"x" * 70_000, length=0, summed=False)
    options = b"\xc2\x04" + struct.pack("!I", 8 + len(datagram))
    packet = f.ipv6(f.extension(datagram, f.UDP, options), f.HOP_BY_HOP, size=0)
    seen = decode(f.ethernet(packet, f.IPV6))
    assert seen is not None and seen.size == 70_000
