"""The pcapng format, against blocks written by struct."""

import pytest

from tests.capture.files import (
    NS,
    Packet,
    block,
    enhanced,
    interface,
    obsolete,
    option,
    packet,
    pcapng,
    read,
    read_all,
    section,
    simple,
    tsoffset,
    tsresol,
)

THREE = [packet(1), packet(2, size=0), packet(3, size=1513)]
START = section() + interface()


@pytest.mark.parametrize("big", [False, True])
def test_both_byte_orders_give_the_same_packets(big: bool) -> None:
    outcome = read(pcapng(THREE, big))
    assert (outcome.packets, outcome.error) == (THREE, "")
    assert (outcome.counts.packets, outcome.counts.bytes) == (3, 60 + 0 + 1513)


def test_each_interface_has_its_own_link_type_and_clock() -> None:
    data = (
        section()
        + interface(1)
        + interface(113, options=tsresol(9))
        + enhanced(5_000_000, b"a", number=0)
        + interface(276, options=tsresol(0x80 | 10) + tsoffset(100))
        + enhanced(5_000_000_001, b"b", number=1)
        + enhanced(1024 + 512, b"c", number=2)
    )
    assert read(data).packets == [
        Packet(5 * NS, b"a", 1, 1),
        Packet(5 * NS + 1, b"b", 1, 113),
        Packet(101 * NS + NS // 2, b"c", 1, 276),
    ]


def test_sections_have_their_own_byte_order_and_interfaces() -> None:
    data = (
        section(big=False)
        + interface(1)
        + enhanced(1, b"a")
        + section(big=True, length=1000)
        + interface(101, big=True)
        + enhanced(2, b"b", big=True)
        + section(big=False)
        + enhanced(3, b"c")
    )
    outcome = read(data)
    assert outcome.packets == [Packet(1000, b"a", 1, 1), Packet(2000, b"b", 1, 101)]
    assert outcome.counts.damaged_blocks == 1


@pytest.mark.parametrize("big", [False, True])
def test_obsolete_packet_block_is_read(big: bool) -> None:
    data = section(big) + interface(7, big=big) + interface(8, big=big)
    outcome = read(data + obsolete(9, b"abcde", number=1, drops=3, big=big))
    assert outcome.packets == [Packet(9000, b"abcde", 5, 8)]


def test_simple_packet_has_the_time_of_the_packet_before() -> None:
    outcome = read(START + simple(b"first") + enhanced(7, b"a") + simple(b"xyz"))
    assert outcome.packets == [
        Packet(0, b"first", 5),
        Packet(7000, b"a", 1),
        Packet(7000, b"xyz", 3),
    ]
    assert outcome.counts.untimed == 2


def test_simple_packet_takes_its_time_from_the_file_before() -> None:
    outcome = read_all([pcapng([packet(1)]), START + simple(b"xyz")])
    assert outcome.packets[1].ts_ns == packet(1).ts_ns


def test_simple_packet_is_cut_by_the_snap_length_of_the_first_interface() -> None:
    data = section() + interface(1, snaplen=4) + interface(1) + simple(b"abcd", wire_length=99)
    outcome = read(data)
    assert outcome.packets == [Packet(0, b"abcd", 99)]
    assert outcome.counts.truncated == 1


def test_simple_packet_longer_than_its_block_is_left_out() -> None:
    outcome = read(START + simple(b"abcd", wire_length=5) + enhanced(1, b"a"))
    assert [p.frame for p in outcome.packets] == [b"a"]
    assert outcome.counts.damaged_blocks == 1


def test_packet_cut_by_the_snap_length_keeps_its_wire_length() -> None:
    outcome = read(START + enhanced(1, b"abc", wire_length=1500))
    assert outcome.packets == [Packet(1000, b"abc", 1500)]
    assert outcome.counts.truncated == 1


def test_wire_length_below_the_captured_length_is_corrected_and_counted() -> None:
    outcome = read(START + enhanced(1, b"abc", wire_length=1))
    assert outcome.packets == [Packet(1000, b"abc", 3)]
    assert outcome.counts.bad_lengths == 1


def test_packet_options_are_not_part_of_the_frame() -> None:
    outcome = read(START + enhanced(1, b"abc", options=option(1, b"a comment") + option(0, b"")))
    assert outcome.packets == [Packet(1000, b"abc", 3)]


def test_blocks_without_packets_are_skipped_whatever_their_size() -> None:
    blocks = [
        block(kind, bytes(size))
        for kind in (0, 4, 5, 7, 10, 0x80000001)
        for size in (0, 8, 1 << 21)
    ]
    data = START + b"".join(one + enhanced(1, b"a") for one in blocks)
    outcome = read(data)
    assert len(outcome.packets) == outcome.counts.skipped_blocks == len(blocks)
    assert outcome.error == ""


def test_file_cut_inside_of_a_skipped_block_is_truncated_where_the_block_begins() -> None:
    data = START + enhanced(1, b"a")
    for size in (11, 12, 13, 1 << 20):
        outcome = read(data + block(5, bytes(1 << 21))[:size])
        assert outcome.error == f"truncated in the middle of a packet at offset {len(data)}: x"
        assert len(outcome.packets) == 1


@pytest.mark.parametrize("left", [1, 11, 12, 35])
def test_file_cut_inside_of_a_packet_gives_what_came_before_then_the_offset(left: int) -> None:
    data = START + enhanced(1, b"a")
    outcome = read(data + enhanced(2, b"b")[:left])
    assert outcome.packets == [Packet(1000, b"a", 1)]
    assert outcome.error == f"truncated in the middle of a packet at offset {len(data)}: x"


@pytest.mark.parametrize(
    "bad",
    [
        enhanced(1, b"abc", number=1),
        enhanced(1, b"abc", number=0xFFFFFFFF),
        enhanced(1, b"abc", captured=5),
        enhanced(1, b"abc", captured=0xFFFFFFFF),
        enhanced(1, bytes((1 << 20) + 1)),
        block(6, bytes(16)),
        block(2, bytes(16)),
        block(3, b""),
    ],
)
def test_packet_block_that_contradicts_itself_is_left_out_and_counted(bad: bytes) -> None:
    outcome = read(START + bad + enhanced(1, b"good"))
    assert [p.frame for p in outcome.packets] == [b"good"]
    assert (outcome.counts.damaged_blocks, outcome.error) == (1, "")


def test_time_that_cannot_be_is_replaced_by_the_one_before() -> None:
    outcome = read(START + enhanced(7, b"a") + enhanced((1 << 64) - 1, b"b"))
    assert [p.ts_ns for p in outcome.packets] == [7000, 7000]
    assert outcome.counts.bad_times == 1


def test_interface_with_damaged_options_is_used_and_counted() -> None:
    damaged = tsresol(9) + b"\x0e\x00\xff\x00"
    outcome = read(section() + interface(1, options=damaged) + enhanced(5, b"a"))
    assert outcome.packets == [Packet(5, b"a", 1)]
    assert outcome.counts.damaged_blocks == 1


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (b"\x06\0\0\0\x08\0\0\0" + bytes(20), "a block of 8 bytes"),
        (b"\x05\0\0\0\x0e\0\0\0" + bytes(20), "a block of 14 bytes"),
        (b"\x06\0\0\0\xfc\xff\xff\xff" + bytes(20), "a block of 4294967292 bytes"),
        (enhanced(1, b"a")[:-4] + b"\x20\0\0\0", "a block with two different lengths"),
        (b"\x0a\x0d\x0d\x0a" + bytes(24), "a section header without its byte order"),
        (block(0x0A0D0D0A, b"\x4d\x3c\x2b\x1a" + bytes(8)), "a short section header"),
        (block(1, bytes(4)), "a short interface description"),
    ],
)
def test_block_that_cannot_be_trusted_ends_the_file(bad: bytes, what: str) -> None:
    data = START + enhanced(7, b"a")
    outcome = read(data + bad + enhanced(8, b"b"))
    assert outcome.packets == [Packet(7000, b"a", 1)]
    assert outcome.error == f"damaged: {what} at offset {len(data)}: x"


def test_other_major_version_is_refused() -> None:
    assert read(section(major=2)).error == "pcapng version 2.0 is not supported: x"


def test_interfaces_of_a_section_are_bounded() -> None:
    data = section() + interface() * 65536
    assert read(data).error == ""
    outcome = read(data + interface())
    assert outcome.error == f"damaged: more than 65536 interfaces at offset {len(data)}: x"
