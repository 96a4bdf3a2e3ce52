from dataclasses import replace

import pytest

from tests.wire import frames as f
from tests.wire.recording import TIME_NS, Bench, Seen, accounted, decode
from tests.wire.stacks import ALL, Stack

PAYLOAD = b"*1\r\n$4\r\nPING\r\n"
NOP_NOP_TIMESTAMP = b"\x01\x01\x08\x0a" + b"\x11\x22\x33\x44" + b"\x55\x66\x77\x88"


def ids(stack: Stack) -> str:
    return stack.name


def segment_of(stack: Stack, payload: bytes = PAYLOAD, options: bytes = b"") -> bytes:
    return f.tcp(payload, options=options, addresses=stack.addresses)


def expected(stack: Stack, mark: int = 0x1234) -> Seen:
    source, destination = stack.addresses
    return Seen(
        "tcp", source, 50001, destination, 6379, PAYLOAD, len(PAYLOAD), TIME_NS,
        0x89ABCDEF, 0xFEDCBA98, 0x18, 0xF0F1, mark,
    )  # fmt: skip


def mark_of(stack: Stack) -> int:
    return 0x3344 if ":" in stack.addresses[0] else 0x1234


@pytest.mark.parametrize("stack", ALL, ids=ids)
def test_segment_is_found_in_every_stack(stack: Stack) -> None:
    frame = stack.wrap(segment_of(stack, options=NOP_NOP_TIMESTAMP), f.TCP)
    bench = Bench().take(frame, stack.link_type)
    assert bench.one() == expected(stack, mark_of(stack))
    assert (bench.counts.tcp, accounted(bench)) == (1, 1)


@pytest.mark.parametrize("stack", ALL, ids=ids)
def test_datagram_is_found_in_every_stack(stack: Stack) -> None:
    frame = stack.wrap(f.udp(PAYLOAD, addresses=stack.addresses), f.UDP)
    bench = Bench().take(frame, stack.link_type)
    source, destination = stack.addresses
    assert bench.one() == Seen(
        "udp", source, 50002, destination, 53, PAYLOAD, len(PAYLOAD), TIME_NS
    )
    assert (bench.counts.udp, accounted(bench)) == (1, 1)


@pytest.mark.parametrize("stack", ALL, ids=ids)
def test_frame_cut_anywhere_loses_payload_or_is_counted_as_cut(stack: Stack) -> None:
    frame = stack.wrap(segment_of(stack, options=NOP_NOP_TIMESTAMP), f.TCP)
    whole = expected(stack, mark_of(stack))
    for length in range(len(frame)):
        bench = Bench().take(frame[:length], stack.link_type, wire_length=len(frame))
        missing = len(frame) - length
        header_there = missing <= len(PAYLOAD) + len(NOP_NOP_TIMESTAMP)
        options_there = missing <= len(PAYLOAD)
        assert (bench.counts.tcp, bench.counts.cut_headers) == (header_there, not header_there)
        if header_there:
            seen = bench.one()
            assert seen.size == len(PAYLOAD)
            assert seen.payload == (PAYLOAD[:-missing] if options_there else b"")
            assert bench.counts.cut_payloads == 1
            if options_there:
                assert replace(seen, payload=PAYLOAD) == whole


@pytest.mark.parametrize("stack", ALL, ids=ids)
def test_frame_that_ends_anywhere_on_the_wire_is_accounted(stack: Stack) -> None:
    frame = stack.wrap(segment_of(stack), f.TCP)
    for length in range(len(frame)):
        bench = Bench().take(frame[:length], stack.link_type)
        assert accounted(bench) == bench.counts.packets == 1


@pytest.mark.parametrize("stack", ALL, ids=ids)
def test_unknown_wire_length_changes_nothing(stack: Stack) -> None:
    frame = stack.wrap(segment_of(stack), f.TCP)
    seen = decode(frame, stack.link_type, wire_length=-1)
    assert seen is not None and (seen.payload, seen.size) == (PAYLOAD, len(PAYLOAD))


def test_ethernet_padding_is_no_payload() -> None:
    frame = f.ethernet(f.ipv4(f.tcp())).ljust(60, b"\0")
    seen = decode(frame)
    assert seen is not None and (seen.payload, seen.size) == (b"", 0)


def test_ipv4_after_ipv6_has_no_rest_of_the_longer_address() -> None:
    bench = Bench().take(f.ethernet(f.ipv6(f.tcp(), f.TCP), f.IPV6))
    bench.take(f.ethernet(f.ipv4(f.tcp())))
    bench.take(f.ethernet(f.ipv4(f.tcp(), options=bytes(4))))
    bench.take(f.ethernet(f.ipv4(f.udp(), f.UDP)))
    assert [seen.source for seen in bench.seen] == [f.SIX[0], *[f.FOUR[0]] * 3]


@pytest.mark.parametrize("options", [b"", b"\x01" * 4], ids=["plain", "options"])
def test_tcp_that_is_not_wanted_is_counted_and_not_delivered(options: bytes) -> None:
    bench = Bench(tcp=False).take(f.ethernet(f.ipv4(f.tcp(PAYLOAD), options=options)))
    assert (bench.seen, bench.counts.tcp, bench.decoder.wanted) == ([], 1, False)


def test_udp_that_is_not_wanted_is_counted_and_not_delivered() -> None:
    bench = Bench(udp=False).take(f.ethernet(f.ipv4(f.udp(PAYLOAD), f.UDP)))
    assert (bench.seen, bench.counts.udp, bench.decoder.wanted) == ([], 1, False)


@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize(
    "packet",
    [f.ipv4(f.tcp()), f.ipv4(f.tcp(), options=bytes(4)), f.ipv4(f.udp(), f.UDP)],
    ids=["tcp", "tcp-options", "udp"],
)
def test_wanted_is_what_the_sink_answered(answer: bool, packet: bytes) -> None:
    bench = Bench(wanted=answer).take(f.ethernet(packet))
    assert bench.decoder.wanted is answer


@pytest.mark.parametrize(
    "frame",
    [
        f.ethernet(b"", 0x0806),
        f.ethernet(f.ipv4(b"", f.ICMP)),
        f.ethernet(f.ipv4(f.tcp(), version=5)),
        f.ethernet(f.ipv4(bytes(13), f.UDP, more=True)),
    ],
    ids=["arp", "icmp", "bad", "bad-fragment"],
)
def test_wanted_does_not_outlive_its_packet(frame: bytes) -> None:
    bench = Bench().take(f.ethernet(f.ipv4(f.tcp())))
    assert bench.decoder.wanted
    assert not bench.take(frame).decoder.wanted


def test_wanted_does_not_outlive_its_packet_when_the_protocol_is_not() -> None:
    bench = Bench(udp=False).take(f.ethernet(f.ipv4(f.tcp())))
    assert not bench.take(f.ethernet(f.ipv4(f.udp(), f.UDP))).decoder.wanted


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (f.ethernet(bytes(28), 0x0806), "not_ip"),
        (f.ethernet(b"", 0x88CC), "not_ip"),
        (f.ethernet(f.ipv4(bytes(8), f.ICMP)), "other"),
        (f.ethernet(f.ipv6(bytes(8), 58), f.IPV6), "other"),
        (f.ethernet(f.ipv6(b"", 59), f.IPV6), "other"),
        (f.ethernet(f.ipv4(bytes(8), 50)), "other"),
        (f.ethernet(b"", f.IPV4), "bad_ip"),
        (b"", "bad_link"),
    ],
    ids=["arp", "lldp", "icmp", "icmp6", "nothing", "esp", "no-ip-header", "empty"],
)
def test_what_is_not_delivered_is_counted_by_reason(frame: bytes, reason: str) -> None:
    bench = Bench().take(frame)
    assert not bench.seen
    assert {
        name: getattr(bench.counts, name)
        for name in ("tcp", "udp", "other", "not_ip", "bad_link", "bad_ip")
        if getattr(bench.counts, name)
    } == {reason: 1}


def test_unknown_link_type_is_counted() -> None:
    bench = Bench().take(f.ethernet(f.ipv4(f.tcp())), 147)
    assert (bench.seen, bench.counts.unknown_link) == ([], 1)


def test_tunnels_are_followed_up_to_a_bound() -> None:
    def nested(depth: int) -> bytes:
        packet = f.ipv4(f.tcp(PAYLOAD))
        for _ in range(depth):
            packet = f.ipv4(packet, f.IPIP)
        return f.ethernet(packet)

    bench = Bench().take(nested(5))
    assert bench.one().payload == PAYLOAD
    bench.take(nested(6))
    assert (len(bench.seen), bench.counts.nested, accounted(bench)) == (1, 1, 2)


def test_tunnelled_headers_are_counted() -> None:
    bench = Bench().take(f.ethernet(f.ipv4(f.ipv4(f.ipv4(f.tcp()), f.IPIP), f.IPIP)))
    assert (bench.counts.tunnelled, bench.counts.slow_path) == (2, 0)
