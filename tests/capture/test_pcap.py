"""The pcap format, against files written by struct."""

import pytest

from tests.capture.files import (
    MICRO,
    MODIFIED,
    NANO,
    NS,
    Packet,
    packet,
    pcap,
    pcap_header,
    pcap_record,
    read,
)

THREE = [packet(1), packet(2, size=0), packet(3, size=1514)]


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("magic", [MICRO, NANO, MODIFIED])
def test_every_magic_in_both_byte_orders_gives_the_same_packets(magic: int, big: bool) -> None:
    outcome = read(pcap(THREE, magic, big))
    assert outcome.packets == THREE
    assert outcome.error == ""
    assert (outcome.counts.packets, outcome.counts.bytes) == (3, 60 + 0 + 1514)


def test_nanoseconds_are_kept() -> None:
    data = pcap_header(NANO) + pcap_record(7, 123_456_789, b"x")
    assert read(data).packets == [Packet(7_123_456_789, b"x", 1)]


def test_seconds_after_2038_are_not_negative() -> None:
    data = pcap_header(MICRO) + pcap_record(0xFFFFFFFF, 999_999, b"x")
    assert read(data).packets[0].ts_ns == 0xFFFFFFFF * NS + 999_999_000


def test_header_without_packets_is_an_empty_capture() -> None:
    outcome = read(pcap([]))
    assert (outcome.packets, outcome.error) == ([], "")


@pytest.mark.parametrize("field", [113, 0x04000000 | 113, 0xF0010000 | 113])
def test_link_type_field_is_read_without_its_upper_half(field: int) -> None:
    data = pcap_header(link_type=field) + pcap_record(1, 1, b"x")
    assert read(data).packets[0].link_type == 113


def test_packet_cut_by_the_snap_length_keeps_its_wire_length() -> None:
    outcome = read(pcap_header() + pcap_record(1, 1, b"abc", wire_length=1500))
    assert outcome.packets == [Packet(NS + 1, b"abc", 1500)]
    assert outcome.counts.truncated == 1


def test_wire_length_below_the_captured_length_is_corrected_and_counted() -> None:
    outcome = read(pcap_header() + pcap_record(1, 1, b"abc", wire_length=2))
    assert outcome.packets == [Packet(NS + 1, b"abc", 3)]
    assert outcome.counts.bad_lengths == 1


@pytest.mark.parametrize("minor", [2, 3])
def test_old_versions_with_swapped_lengths_are_understood(minor: int) -> None:
    swapped = pcap_record(1, 1, b"abc", captured=1500, wire_length=3)
    plain = pcap_record(1, 2, b"abc", captured=3, wire_length=1500)
    outcome = read(pcap_header(minor=minor) + swapped + plain)
    assert outcome.packets == [Packet(NS + 1, b"abc", 1500), Packet(NS + 2, b"abc", 1500)]
    assert (outcome.counts.truncated, outcome.counts.bad_lengths) == (2, 0)


@pytest.mark.parametrize(
    ("magic", "fraction", "nearest"), [(MICRO, 1_000_000, 999_999_000), (NANO, NS, 999_999_999)]
)
def test_fraction_of_a_whole_second_stays_within_its_second(
    magic: int, fraction: int, nearest: int
) -> None:
    data = pcap_header(magic) + pcap_record(5, fraction - 1, b"a") + pcap_record(6, fraction, b"b")
    outcome = read(data)
    assert [p.ts_ns for p in outcome.packets] == [5 * NS + nearest, 6 * NS + nearest]
    assert outcome.counts.bad_times == 1


def test_largest_frame_is_read() -> None:
    big = packet(1, size=1 << 20)
    outcome = read(pcap([packet(0), big, packet(2)]))
    assert outcome.packets == [packet(0), big, packet(2)]


def test_frame_above_the_bound_is_damage_at_the_offset_of_its_record() -> None:
    record = pcap_record(1, 1, b"", captured=(1 << 20) + 1, wire_length=1 << 21)
    outcome = read(pcap([packet(1)]) + record)
    assert outcome.packets == [packet(1)]
    assert outcome.error == "damaged: a packet of 1048577 bytes at offset 100: x"


@pytest.mark.parametrize("left", [1, 15, 16, 17, 75])
def test_file_cut_inside_of_a_record_gives_what_came_before_then_the_offset(left: int) -> None:
    whole = pcap([packet(1)])
    outcome = read((whole + pcap([packet(2)])[24:])[: len(whole) + left])
    assert outcome.packets == [packet(1)]
    assert outcome.error == "truncated in the middle of a packet at offset 100: x"


@pytest.mark.parametrize("size", [4, 23])
def test_file_cut_inside_of_its_header_is_truncated(size: int) -> None:
    assert read(pcap_header()[:size]).error == f"truncated in the file header at offset {size}: x"


@pytest.mark.parametrize("major", [1, 3])
def test_unknown_major_version_is_refused(major: int) -> None:
    assert read(pcap_header(major=major)).error == f"pcap version {major}.4 is not supported: x"
