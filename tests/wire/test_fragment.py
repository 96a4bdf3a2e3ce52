from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tcpkit.wire.fragment import MAX_AGE_NS, MAX_BYTES, MAX_DATAGRAMS, MAX_PIECES
from tests.wire import frames as f
from tests.wire.recording import TIME_NS, Bench, accounted, fragments_accounted

PAYLOAD = bytes(range(256)) * 4
Splitter = Callable[[bytes, int, list[int]], list[bytes]]


def four(datagram: bytes, protocol: int, sizes: list[int]) -> list[bytes]:
    return [f.ethernet(packet) for packet in f.ipv4_fragments(datagram, protocol, sizes)]


def six(datagram: bytes, protocol: int, sizes: list[int]) -> list[bytes]:
    return [f.ethernet(packet, f.IPV6) for packet in f.ipv6_fragments(datagram, protocol, sizes)]


def addresses(split: Splitter) -> tuple[str, str]:
    return f.FOUR if split is four else f.SIX


def datagram_of(split: Splitter, payload: bytes = PAYLOAD) -> bytes:
    return f.udp(payload, addresses=addresses(split))


def part(offset: int, payload: bytes, more: bool = True, identification: int = 1) -> bytes:
    """An IPv4 fragment of UDP."""
    return f.ethernet(
        f.ipv4(payload, f.UDP, offset=offset, more=more, identification=identification)
    )


def part6(offset: int, payload: bytes, more: bool = True) -> bytes:
    packet = f.fragment_header(payload, f.UDP, offset, more)
    return f.ethernet(f.ipv6(packet, f.FRAGMENT), f.IPV6)


both = pytest.mark.parametrize("split", [four, six])


@both
def test_datagram_is_delivered_when_its_last_fragment_comes(split: Splitter) -> None:
    bench = Bench(wanted=False)
    frames = split(datagram_of(split), f.UDP, [400, 400])
    for index, frame in enumerate(frames):
        assert not bench.seen
        bench.take(frame, ts_ns=TIME_NS + index)
        assert bench.decoder.wanted is (index < 2)
        assert bench.counts.fragments_waiting == (index + 1) % 3
    seen = bench.one()
    assert (seen.payload, seen.size) == (PAYLOAD, len(PAYLOAD))
    assert seen.ts_ns == TIME_NS + 2
    assert (seen.source, seen.destination) == addresses(split)
    assert (bench.counts.fragments, bench.counts.reassembled, bench.counts.udp) == (3, 1, 1)


@both
@pytest.mark.parametrize("sizes", [[8, 16], [400]])
def test_segment_in_fragments_is_delivered_once(split: Splitter, sizes: list[int]) -> None:
    segment = f.tcp(PAYLOAD, addresses=addresses(split))
    bench = Bench()
    for frame in split(segment, f.TCP, sizes):
        bench.take(frame)
    assert (bench.one().payload, bench.one().seq) == (PAYLOAD, 0x89ABCDEF)
    assert bench.one().mark == (0x1234 if split is four else 0)


@given(
    split=st.sampled_from([four, six]),
    sizes=st.lists(st.integers(1, 8).map(lambda words: 8 * words), max_size=6),
    extra=st.lists(st.integers(0, 6), max_size=6),
    data=st.data(),
)
def test_any_order_and_any_repetition_gives_the_same_datagram(
    split: Splitter, sizes: list[int], extra: list[int], data: DataObject
) -> None:
    frames = split(datagram_of(split, PAYLOAD[:400]), f.UDP, [8, *sizes])
    every = [*range(len(frames)), *(index % len(frames) for index in extra)]
    order = data.draw(st.permutations(every))
    bench = Bench()
    for index in order:
        bench.take(frames[index])
    assert {seen.payload for seen in bench.seen} == {PAYLOAD[:400]}
    assert len(bench.seen) == bench.counts.reassembled == bench.counts.udp
    used = [len(frames)] * len(bench.seen)
    assert bench.counts.fragments == fragments_accounted(bench, used) == len(order)
    assert accounted(bench) == len(order)


@both
def test_missing_fragment_means_no_datagram(split: Splitter) -> None:
    frames = split(datagram_of(split), f.UDP, [400, 400])
    for missing in range(3):
        bench = Bench()
        for index, frame in enumerate(frames):
            if index != missing:
                bench.take(frame)
        assert (bench.seen, bench.counts.fragments_waiting) == ([], 2)


def test_extension_headers_behind_the_fragment_header_are_read_when_whole() -> None:
    datagram = f.udp(PAYLOAD, addresses=f.SIX)
    bench = Bench()
    for packet in f.ipv6_fragments(f.extension(datagram, f.UDP), f.DESTINATION, [8, 8]):
        bench.take(f.ethernet(packet, f.IPV6))
    assert bench.one().payload == PAYLOAD


def test_first_fragment_says_what_the_packet_carries() -> None:
    first, last = f.ipv6_fragments(f.udp(PAYLOAD, addresses=f.SIX), f.UDP, [400])
    last = last[:40] + bytes([f.ICMP]) + last[41:]
    bench = Bench().take(f.ethernet(first, f.IPV6)).take(f.ethernet(last, f.IPV6))
    assert bench.one().payload == PAYLOAD


def test_fragment_within_a_reassembled_packet_is_bad() -> None:
    inner = f.fragment_header(bytes(32), f.UDP, 8, True)
    bench = Bench()
    for packet in f.ipv6_fragments(inner, f.FRAGMENT, [16]):
        bench.take(f.ethernet(packet, f.IPV6))
    assert (bench.seen, bench.counts.bad_ip, accounted(bench)) == ([], 1, 2)


def test_tunnel_in_fragments_is_followed() -> None:
    inner = f.ipv4(f.udp(PAYLOAD), f.UDP)
    bench = Bench()
    for frame in four(inner, f.IPIP, [400]):
        bench.take(frame)
    assert bench.one().payload == PAYLOAD


def test_fragments_in_a_tunnel_are_put_together() -> None:
    bench = Bench()
    for packet in f.ipv4_fragments(f.udp(PAYLOAD), f.UDP, [400]):
        bench.take(f.ethernet(f.ipv4(packet, f.IPIP)))
    assert bench.one().payload == PAYLOAD


@pytest.mark.parametrize("change", ["addresses", "identification", "protocol"])
def test_fragments_of_different_datagrams_are_kept_apart(change: str) -> None:
    first, second = f.ipv4_fragments(f.udp(PAYLOAD), f.UDP, [400])
    datagram = f.udp(PAYLOAD)[400:]
    second = f.ipv4(
        datagram,
        f.UDP if change != "protocol" else f.TCP,
        offset=400,
        addresses=("10.0.0.1", "10.0.0.9") if change == "addresses" else f.FOUR,
        identification=2 if change == "identification" else 0x1234,
    )
    bench = Bench().take(f.ethernet(first)).take(f.ethernet(second))
    assert (bench.seen, bench.counts.fragments_waiting) == ([], 2)


@both
def test_pieces_of_two_datagrams_with_one_identification_are_not_mixed(split: Splitter) -> None:
    lost = split(datagram_of(split, b"a" * 800), f.UDP, [400])
    kept = split(datagram_of(split, b"b" * 800), f.UDP, [400])
    bench = Bench().take(lost[0]).take(kept[1])
    assert (bench.seen, bench.counts.bad_checksum, bench.counts.malformed()) == ([], 1, 1)
    assert accounted(bench) == 2


def test_odd_sized_datagram_has_a_right_checksum_too() -> None:
    for size in (799, 800):
        bench = Bench()
        for frame in four(f.udp(PAYLOAD[:size]), f.UDP, [400]):
            bench.take(frame)
        assert bench.one().size == size


@both
def test_bytes_behind_the_datagram_are_not_in_its_checksum(split: Splitter) -> None:
    bench = Bench()
    for frame in split(datagram_of(split) + b"padding", f.UDP, [400]):
        bench.take(frame)
    assert bench.one().payload == PAYLOAD


def test_datagram_without_checksum_is_delivered_in_ipv4_only() -> None:
    bench = Bench()
    for frame in four(f.udp(PAYLOAD, summed=False), f.UDP, [400]):
        bench.take(frame)
    assert bench.one().payload == PAYLOAD
    for frame in six(f.udp(PAYLOAD, summed=False), f.UDP, [400]):
        bench.take(frame)
    assert (len(bench.seen), bench.counts.bad_checksum) == (1, 1)


def test_reassembled_datagram_shorter_than_its_header_is_bad() -> None:
    bench = Bench().take(part(0, b"")).take(part(0, bytes(8))).take(part(8, b"x", more=False))
    assert (bench.seen, bench.counts.bad_udp, bench.counts.fragments_bad) == ([], 1, 1)


def test_cut_fragment_is_of_no_use() -> None:
    first, last = four(f.udp(PAYLOAD), f.UDP, [400])
    bench = Bench().take(first[:-1], wire_length=len(first)).take(last)
    assert (bench.seen, bench.counts.fragments_cut, bench.counts.fragments_waiting) == ([], 1, 1)


@pytest.mark.parametrize(
    "frame",
    [part(0, bytes(12)), part(65528, bytes(16)), part(8, b""), part6(65528, bytes(8), False)],
    ids=["not-a-multiple-of-8", "too-large", "empty", "too-large-ipv6"],
)
def test_fragment_that_cannot_be_is_bad(frame: bytes) -> None:
    bench = Bench().take(frame)
    assert (bench.counts.fragments_bad, bench.counts.fragments_waiting) == (1, 0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((16, 8, False), (24, 8, True)),
        ((32, 8, True), (16, 8, False)),
        ((16, 8, False), (24, 8, False)),
        ((16, 8, False), (8, 8, False)),
    ],
    ids=["beyond-the-last", "last-before-others", "later-last", "earlier-last"],
)
@pytest.mark.parametrize("make", [part, part6])
def test_contradicting_sizes_end_the_datagram(
    make: Callable[[int, bytes, bool], bytes],
    first: tuple[int, int, bool],
    second: tuple[int, int, bool],
) -> None:
    bench = Bench()
    for offset, size, more in (first, second):
        bench.take(make(offset, bytes(size), more))
    assert (bench.counts.fragments_bad, bench.counts.fragments_waiting) == (2, 0)


def test_given_up_datagram_stays_given_up() -> None:
    bench = Bench()
    bench.take(part(16, bytes(8), False)).take(part(24, bytes(8), False))
    assert bench.counts.fragments_bad == 2
    for frame in (part(0, bytes(8)), part(8, bytes(8)), part(16, bytes(8), False)):
        bench.take(frame)
    assert (bench.counts.fragments_bad, bench.counts.reassembled) == (5, 0)
    assert bench.counts.fragments_waiting == 0


def test_overlap_keeps_the_first_copy_in_ipv4() -> None:
    datagram = f.udp(PAYLOAD[:40])
    bench = Bench()
    bench.take(part(16, datagram[16:24]))
    bench.take(part(8, b"\xee" * 24))  # overwrites nothing, fills 8 to 16 and 24 to 32
    bench.take(part(0, datagram[:8] + b"\xff" * 8))
    assert bench.counts.fragments_repeated == 0
    bench.take(part(32, datagram[32:], more=False))
    assert (bench.counts.reassembled, bench.counts.bad_checksum) == (1, 1)

    bench = Bench()
    bench.take(part(16, datagram[16:24]))
    bench.take(part(8, datagram[8:16] + b"\xee" * 8 + datagram[24:32]))
    bench.take(part(0, datagram[:8] + b"\xee" * 16))
    bench.take(part(24, b"\xee" * 8 + datagram[32:], more=False))
    assert bench.one().payload == PAYLOAD[:40]


def test_fragment_with_nothing_new_is_a_repetition_in_ipv4() -> None:
    bench = Bench().take(part(8, bytes(24))).take(part(16, b"\xee" * 8))
    assert (bench.counts.fragments_repeated, bench.counts.fragments_waiting) == (1, 1)


@pytest.mark.parametrize(("offset", "size"), [(0, 16), (8, 8), (16, 8), (24, 16), (0, 48)])
def test_overlap_ends_the_datagram_in_ipv6(offset: int, size: int) -> None:
    bench = Bench().take(part6(8, bytes(24)))
    bench.take(part6(8, bytes(24)))
    assert bench.counts.fragments_repeated == 1
    bench.take(part6(offset, bytes(size)))
    assert (bench.counts.fragments_bad, bench.counts.fragments_waiting) == (2, 0)


def test_age_is_capture_time() -> None:
    first, last = four(f.udp(PAYLOAD), f.UDP, [400])
    bench = Bench().take(first, ts_ns=TIME_NS).take(last, ts_ns=TIME_NS + MAX_AGE_NS)
    assert len(bench.seen) == 1
    bench = Bench().take(first, ts_ns=TIME_NS).take(last, ts_ns=TIME_NS + MAX_AGE_NS + 1)
    assert (bench.seen, bench.counts.fragments_expired) == ([], 1)
    assert bench.counts.fragments_waiting == 1


def test_clock_that_went_far_back_gives_up_what_waited() -> None:
    first, last = four(f.udp(PAYLOAD), f.UDP, [400])
    bench = Bench().take(first, ts_ns=TIME_NS).take(last, ts_ns=TIME_NS - MAX_AGE_NS - 1)
    assert (bench.seen, bench.counts.fragments_expired) == ([], 1)


def test_number_of_datagrams_is_bounded() -> None:
    bench = Bench()
    for identification in range(MAX_DATAGRAMS + 3):
        bench.take(part(0, bytes(8), identification=identification))
    assert bench.counts.fragments_evicted == 3
    assert bench.counts.fragments_waiting == MAX_DATAGRAMS
    bench.take(part(8, b"x", False, identification=3))
    assert bench.counts.reassembled == 1
    bench.take(part(8, b"x", False, identification=2))
    assert bench.counts.reassembled == 1


def test_bytes_that_wait_are_bounded() -> None:
    bench = Bench()
    large = bytes(65_512 // 8 * 8)
    most = MAX_BYTES // len(large)
    for identification in range(most):
        bench.take(part(8, large, identification=identification))
    assert bench.counts.fragments_evicted == 0
    bench.take(part(8, large, identification=60_000))
    assert bench.counts.fragments_evicted == 1


def test_bytes_are_given_back_when_a_datagram_is_whole_or_given_up() -> None:
    bench = Bench()
    large = bytes(65_000)
    for identification in range(MAX_BYTES // len(large) + 1):
        for frame in (part(8, large), part(0, bytes(8)), part(65_008, b"x", False)):
            bench.take(frame)
        bench.take(part(8, large, identification=2 + identification))
        bench.take(part(16, b"x", False, identification=2 + identification))
    assert bench.counts.reassembled == MAX_BYTES // len(large) + 1
    assert (bench.counts.fragments_evicted, bench.counts.fragments_waiting) == (0, 0)


def test_fragments_of_one_datagram_are_bounded() -> None:
    bench = Bench()
    for index in range(MAX_PIECES):
        bench.take(part(16 * index, bytes(8)))
    assert (bench.counts.fragments_bad, bench.counts.fragments_waiting) == (0, MAX_PIECES)
    bench.take(part(8, bytes(8)))
    assert bench.counts.fragments_bad == MAX_PIECES + 1
    assert bench.counts.fragments_waiting == 0


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(0, 3),
            st.integers(0, 12),
            st.integers(0, 60),
            st.booleans(),
            st.integers(-1, 40),
        ),
        max_size=30,
    )
)
def test_any_fragments_at_all_are_accounted(
    fragments: list[tuple[bool, int, int, int, bool, int]],
) -> None:
    bench = Bench(wanted=False)
    now = TIME_NS
    for is_four, identification, words, size, more, seconds in fragments:
        now += seconds * 1_000_000_000
        body = bytes(size)
        if is_four:
            packet = f.ipv4(body, f.UDP, offset=8 * words, more=more, identification=identification)
            frame = f.ethernet(packet)
        else:
            header = f.fragment_header(body, f.UDP, 8 * words, more, identification)
            frame = f.ethernet(f.ipv6(header, f.FRAGMENT), f.IPV6)
        before = settled(bench)
        bench.take(frame, ts_ns=now)
        if words or more:
            assert bench.decoder.wanted is (settled(bench) == before)
    used = bench.counts.fragments - fragments_accounted(bench, [])
    assert used >= 2 * bench.counts.reassembled
    assert used == 0 or bench.counts.reassembled
    assert accounted(bench) == bench.counts.packets == len(fragments)


def settled(bench: Bench) -> tuple[int, int, int]:
    """The numbers that tell what became of a fragment that is not held."""
    counts = bench.counts
    return counts.fragments_repeated, counts.fragments_bad, counts.reassembled
