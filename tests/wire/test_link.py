import pytest

from tcpkit.wire.link import MAX_TAGS
from tests.wire import frames as f
from tests.wire.recording import Bench, decode

PACKET = f.ipv4(f.tcp(b"hello"))


def test_tags_are_followed_up_to_a_bound() -> None:
    most = decode(f.tagged(PACKET, [f.VLAN] * MAX_TAGS))
    assert most is not None and most.payload == b"hello"
    bench = Bench().take(f.tagged(PACKET, [f.VLAN] * (MAX_TAGS + 1)))
    assert (bench.seen, bench.counts.nested) == ([], 1)


@pytest.mark.parametrize(
    ("link_type", "frame"),
    [
        (1, f.ieee802_3(b"\x42\x42\x03" + bytes(35))),
        (1, f.ieee802_3(f.snap(PACKET, oui=b"\x00\x00\x0c"))),
        (1, f.ieee802_3(b"\xff\xff" + bytes(30))),
        (1, f.ieee802_3(b"\x42\x42\x03")),
        (1, f.ethernet(f.pppoe(PACKET, code=0xA7), f.PPPOE)),
        (1, f.ethernet(f.pppoe(bytes(8), b"\xc0\x21"), f.PPPOE)),
        (9, b"\xff\x03\xc0\x21" + bytes(8)),
        (0, b"\x07\0\0\0" + PACKET),
        (113, f.sll(bytes(28), 0x0806)),
    ],
    ids=["stp", "cisco-snap", "novell", "short-llc", "padt", "lcp", "lcp-ppp", "af-7", "arp"],
)
def test_other_protocols_are_not_ip(link_type: int, frame: bytes) -> None:
    bench = Bench().take(frame, link_type)
    assert (bench.seen, bench.counts.not_ip) == ([], 1)


def test_snap_carries_any_ethertype() -> None:
    frame = f.ieee802_3(f.snap(f.ipv6(f.tcp(b"six"), f.TCP), f.IPV6))
    seen = decode(frame)
    assert seen is not None and seen.payload == b"six"


@pytest.mark.parametrize("link_type", [12, 14, 101])
def test_raw_packet_of_no_ip_version_is_a_bad_frame(link_type: int) -> None:
    bench = Bench().take(b"\x50" + PACKET[1:], link_type)
    assert (bench.seen, bench.counts.bad_link) == ([], 1)


def test_link_type_of_one_ip_version_does_not_carry_the_other() -> None:
    bench = Bench().take(PACKET, 229)
    bench.take(f.ipv6(f.tcp(), f.TCP), 228)
    assert (bench.seen, bench.counts.bad_ip) == ([], 2)


def test_loopback_family_may_not_be_larger_than_16_bits() -> None:
    bench = Bench().take(b"\x02\x01\x01\x02" + PACKET, 0)
    assert (bench.seen, bench.counts.not_ip) == ([], 1)
