import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.wire.tcp import timestamp_mark
from tests.wire import frames as f
from tests.wire.recording import Bench, Seen, decode
from tests.wire.stacks import OPTIONS

TIMESTAMP = b"\x08\x0a" + b"\x11\x22\x33\x44" + b"\x55\x66\x77\x88"
PORTS = st.integers(0, 65535)
NUMBERS = st.integers(0, 0xFFFFFFFF)


@given(
    ports=st.tuples(PORTS, PORTS),
    seq=NUMBERS,
    ack=NUMBERS,
    flags=st.integers(0, 255),
    window=PORTS,
    identification=PORTS,
    payload=st.binary(max_size=50),
    words=st.integers(0, 10),
    addresses=st.tuples(*[st.ip_addresses(v=4).map(str)] * 2),
)
def test_every_field_is_read_the_same_by_both_paths(
    ports: tuple[int, int],
    seq: int,
    ack: int,
    flags: int,
    window: int,
    identification: int,
    payload: bytes,
    words: int,
    addresses: tuple[str, str],
) -> None:
    segment = f.tcp(
        payload, ports=ports, seq=seq, ack=ack, flags=flags, window=window,
        options=bytes(4 * words), addresses=addresses,
    )  # fmt: skip
    plain = f.ipv4(segment, addresses=addresses, identification=identification)
    careful = f.ipv4(segment, addresses=addresses, identification=identification, options=OPTIONS)
    bench = Bench().take(f.ethernet(plain)).take(f.ethernet(careful))
    assert bench.seen[0] == bench.seen[1]
    assert bench.seen[0] == Seen(
        "tcp", addresses[0], ports[0], addresses[1], ports[1], payload, len(payload),
        bench.seen[0].ts_ns, seq, ack, flags, window, identification,
    )  # fmt: skip


@pytest.mark.parametrize("words", [0, 4, 8, 15])
@pytest.mark.parametrize("options", [b"", OPTIONS], ids=["plain", "options"])
def test_data_offset_out_of_range_is_bad(words: int, options: bytes) -> None:
    bench = Bench().take(f.ethernet(f.ipv4(f.tcp(b"12345678", words=words), options=options)))
    assert (bench.seen, bench.counts.bad_tcp) == ([], 1)


@pytest.mark.parametrize("length", range(20))
def test_header_shorter_than_20_bytes_is_bad(length: int) -> None:
    bench = Bench().take(f.ethernet(f.ipv4(f.tcp()[:length])))
    assert (bench.seen, bench.counts.bad_tcp) == ([], 1)


@pytest.mark.parametrize(
    ("options", "mark"),
    [
        (b"\x01\x01" + TIMESTAMP, 0x3344),
        (TIMESTAMP + b"\x01\x01", 0x3344),
        (b"\x02\x04\x05\xb4" + b"\x04\x02" + TIMESTAMP + b"\x01\x03\x03\x07", 0x3344),
        (b"\x01\x01\x05\x0a" + bytes(8) + b"\x01\x01" + TIMESTAMP, 0x3344),
        (b"", 0),
        (b"\x02\x04\x05\xb4", 0),
        (b"\x00\x04\x01\x01" + TIMESTAMP, 0),
        (b"\x05\x00" + TIMESTAMP, 0),
        (b"\x05\x01" + TIMESTAMP, 0),
        (b"\x05\xff" + TIMESTAMP, 0),
        (TIMESTAMP[:8], 0),
    ],
    ids=[
        "usual", "first", "syn", "after-sack", "none", "mss", "after-end", "length-0",
        "length-1", "length-255", "cut",
    ],
)  # fmt: skip
def test_mark_of_ipv6_is_the_timestamp(options: bytes, mark: int) -> None:
    options += bytes(-len(options) % 4)
    segment = f.tcp(b"x", options=options)
    seen = decode(f.ethernet(f.ipv6(segment), f.IPV6))
    assert seen is not None and (seen.mark, seen.payload) == (mark, b"x")


def test_mark_of_ipv4_is_the_identification() -> None:
    for options in (b"", OPTIONS):
        segment = f.tcp(options=b"\x01\x01" + TIMESTAMP)
        seen = decode(f.ethernet(f.ipv4(segment, identification=0xFEDC, options=options)))
        assert seen is not None and seen.mark == 0xFEDC


@given(options=st.binary(max_size=44), behind=st.binary(max_size=12))
def test_timestamp_is_looked_for_in_the_options_only(options: bytes, behind: bytes) -> None:
    alone = timestamp_mark(options, 0, len(options))
    assert timestamp_mark(b"\x08" + options + behind, 1, 1 + len(options)) == alone
