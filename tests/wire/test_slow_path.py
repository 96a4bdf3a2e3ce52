import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.wire.layer import GRE_HEADER, MPLS, MPLS_MULTICAST, RADIO_FRAME, RADIOTAP_FRAME
from tcpkit.wire.slow_path import DAMAGED, NOTHING, unwrap
from tests.wire import frames as f
from tests.wire.recording import Bench, accounted, decode

PACKET = f.ipv4(f.tcp(b"inner"))
KINDS = [MPLS, MPLS_MULTICAST, GRE_HEADER, RADIO_FRAME, RADIOTAP_FRAME]


def gre(header: str, payload: bytes = PACKET) -> bytes:
    return f.ethernet(f.ipv4(bytes.fromhex(header) + payload, f.GRE))


def wireless(control: str, payload: bytes) -> bytes:
    """A data frame from the access point, with this frame control."""
    return bytes.fromhex(control) + b"\0\0" + f.MAC * 3 + b"\x10\0" + payload


def test_headers_looked_at_by_dpkt_are_counted() -> None:
    bench = Bench().take(gre("20000800" + "00000007"))
    assert bench.one().payload == b"inner"
    assert (bench.counts.slow_path, bench.counts.tunnelled) == (1, 1)


def test_gre_in_gre_is_followed() -> None:
    inner = f.ipv4(b"\0\0\x08\0" + PACKET, f.GRE)
    seen = decode(gre("00000800", inner))
    assert seen is not None and seen.payload == b"inner"


@pytest.mark.parametrize(
    "frame",
    [gre("0000880b"), gre("40000800" + "00000000"), gre("00010800")],
    ids=["ppp", "source-route", "version-1"],
)
def test_gre_without_ip_is_another_protocol(frame: bytes) -> None:
    bench = Bench().take(frame)
    assert (bench.seen, bench.counts.other) == ([], 1)


@pytest.mark.parametrize(
    "frame",
    [
        f.ethernet(b"\0\0\x10\x40" * 24 + PACKET, f.MPLS),
        f.ethernet(b"\0\0\x11\x40", f.MPLS),
        f.ethernet(b"\0\0\x11", f.MPLS),
        f.ethernet(f.ipv4(b"\xb0\x00\x08\x00" + bytes(8), f.GRE)),
    ],
    ids=["no-last-label", "no-packet", "half-a-label", "half-a-header"],
)
def test_damaged_tunnel_is_counted(frame: bytes) -> None:
    bench = Bench().take(frame)
    assert (bench.seen, bench.counts.bad_tunnel, bench.counts.malformed()) == ([], 1, 1)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (wireless("8000", f.snap(PACKET)), "not_ip"),
        (wireless("d400", b""), "not_ip"),
        (wireless("4802", b""), "not_ip"),
        (wireless("0842", f.snap(PACKET)), "not_ip"),
        (wireless("0806", f.snap(PACKET)), "not_ip"),
        (wireless("0882", f.snap(PACKET)), "not_ip"),
        (wireless("8802", b"\x80\0" + f.snap(PACKET)), "not_ip"),
        (wireless("0802", b"\x42\x42\x03" + bytes(8)), "not_ip"),
        (wireless("0802", f.snap(PACKET, oui=b"\0\0\1")), "not_ip"),
        (wireless("0802", f.snap(bytes(28), 0x0806)), "not_ip"),
        (wireless("0802", b"\xaa\xaa"), "not_ip"),
        (b"", "bad_tunnel"),
    ],
    ids=[
        "beacon", "ack", "null", "encrypted", "in-parts", "high-throughput", "aggregated",
        "stp", "other-oui", "arp", "half-snap", "empty",
    ],
)  # fmt: skip
def test_wireless_frame_without_ip_is_counted(frame: bytes, reason: str) -> None:
    bench = Bench().take(frame, 105)
    assert (bench.seen, getattr(bench.counts, reason)) == ([], 1)


def test_later_part_of_a_wireless_frame_is_not_read() -> None:
    frame = bytearray(wireless("0802", f.snap(PACKET)))
    frame[22] |= 1
    bench = Bench().take(bytes(frame), 105)
    assert (bench.seen, bench.counts.not_ip) == ([], 1)


@pytest.mark.parametrize("length", [0, 7, 200])
def test_radiotap_of_impossible_length_is_damaged(length: int) -> None:
    frame = b"\0\0" + length.to_bytes(2, "little") + bytes(4) + wireless("0802", f.snap(PACKET))
    bench = Bench().take(frame, 127)
    assert (bench.seen, bench.counts.bad_tunnel) == ([], 1)


@given(kind=st.sampled_from(KINDS), data=st.binary(max_size=80), cut=st.integers(0, 80))
def test_random_bytes_give_a_place_within_reach_or_nothing(
    kind: int, data: bytes, cut: int
) -> None:
    end = min(cut, len(data))
    found, start = unwrap(kind, b"\xff" + data, 1, 1 + end)
    if found not in (NOTHING, DAMAGED):
        assert 1 <= start <= 1 + end + 4  # a pseudowire's control word may be missing
    assert unwrap(kind, data[:end], 0, end)[0] == found


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    packet = PACKET
    for _ in range(2000):
        packet = f.ipv4(b"\0\0\x08\0" + packet, f.GRE)[:65000]
    bench = Bench().take(f.ethernet(packet))
    assert (bench.seen, bench.counts.nested, accounted(bench)) == ([], 1, 1)
