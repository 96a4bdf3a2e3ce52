"""Whole files: every way to cut a stream into reads, several files, random damage."""

import random
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.capture.reader import RawReader
from tcpkit.capture.savefile import Savefile
from tcpkit.capture.source import PacketSink
from tests.capture.files import (
    MICRO,
    MODIFIED,
    NANO,
    Collector,
    Packet,
    Pieces,
    block,
    enhanced,
    interface,
    obsolete,
    packet,
    pcap,
    pcapng,
    read,
    read_all,
    section,
    simple,
)

PACKETS = [packet(number, size) for number, size in enumerate((0, 1, 60, 15, 16, 17, 300, 5))]
FORMATS = {
    "little": pcap(PACKETS, NANO),
    "big": pcap(PACKETS, MICRO, big=True),
    "modified": pcap(PACKETS, MODIFIED),
    "pcapng little": pcapng(PACKETS),
    "pcapng big": pcapng(PACKETS, big=True),
    "pcapng mixed": section()
    + interface(1)
    + enhanced(1, b"a")
    + block(5, bytes(100))
    + simple(b"bcd")
    + section(big=True)
    + interface(2, big=True)
    + obsolete(2, bytes(99), big=True)
    + block(0x1234, bytes(50), big=True),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 24, 25, 64])
def test_reads_of_any_fixed_size_give_the_same_packets(name: str, size: int) -> None:
    data = FORMATS[name]
    whole = read(data)
    pieces = read(data, [size] * len(data))
    assert whole.packets
    assert (pieces.packets, pieces.error) == (whole.packets, "")


@given(
    name=st.sampled_from(sorted(FORMATS)),
    sizes=st.lists(st.integers(0, 40), max_size=100),
    cut=st.integers(0, 4000),
)
def test_every_split_of_a_cut_file_gives_the_same_packets_and_error(
    name: str, sizes: list[int], cut: int
) -> None:
    data = FORMATS[name][:cut]
    whole, pieces = read(data), read(data, sizes)
    assert (pieces.packets, pieces.error) == (whole.packets, whole.error)


@pytest.mark.parametrize("name", FORMATS)
def test_cut_anywhere_the_packets_are_a_prefix_and_the_offset_is_a_record_boundary(
    name: str,
) -> None:
    data = FORMATS[name]
    whole = read(data).packets
    for cut in range(24, len(data)):
        outcome = read(data[:cut])
        assert outcome.packets == whole[: len(outcome.packets)]
        if outcome.error:
            what, offset = outcome.error.removesuffix(": x").rsplit(" ", 1)
            assert what == "truncated in the middle of a packet at offset"
            assert read(data[: int(offset)]).packets == outcome.packets


def test_records_that_straddle_chunks_are_joined() -> None:
    packets = [packet(number, size=1 + number * 37 % 1500) for number in range(2000)]
    assert read(pcap(packets), [65536] * 100).packets == packets
    assert read(pcapng(packets), [65536] * 100).packets == packets


def test_several_files_are_one_capture_with_their_own_link_types() -> None:
    outcome = read_all([pcap([packet(1)], link_type=113), pcapng([packet(2)]), pcap([packet(3)])])
    assert outcome.packets == [packet(1, link_type=113), packet(2), packet(3)]
    assert outcome.counts.packets == 3


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "empty, not a capture file: x"),
        (
            b"#!/bin/sh\necho hello, this is no capture\n",
            "not a capture file, it begins with 23 21 2f 62: x",
        ),
        (b"ab", "not a capture file, it begins with 61 62: x"),
        (bytes(4096), "not a capture file, it begins with 00 00 00 00: x"),
        (section()[:23], "truncated in the file header at offset 23: x"),
    ],
)
def test_what_is_no_capture_is_refused(data: bytes, error: str) -> None:
    assert read(data).error == error


class Endless(RawReader):
    """A capture of `chunks` chunks, made as it is read."""

    def __init__(self, head: bytes, record: bytes, chunks: int) -> None:
        self.next = head
        self.chunk = (record * (65536 // len(record) + 2))[: 65536 - 65536 % len(record)]
        self.left = chunks

    def read(self, size: int) -> bytes | None:
        data, self.next = self.next[:size], bytes(bytearray(self.chunk))
        self.left -= 1
        return data if self.left >= 0 else b""


@pytest.mark.parametrize("head", [FORMATS["little"][:24], section() + interface()])
def test_memory_does_not_grow_with_the_file(head: bytes) -> None:
    record = enhanced(1, bytes(1000)) if len(head) > 24 else pcap([packet(1, size=1000)])[24:]
    savefile = Savefile(Forgetful())
    tracemalloc.start()
    try:
        savefile.read_stream(Endless(head, record, 100), "x")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert savefile.counts.packets == 99 * (65536 // len(record))
    assert peak < 5 * 65536


class Forgetful(PacketSink):
    def packet(
        self, data: bytes, start: int, end: int, ts_ns: int, wire_length: int, link_type: int
    ) -> None:
        pass


class Stopper(Collector):
    """Sets `stop` at the packet of a number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.savefile: Savefile | None = None

    def packet(
        self, data: bytes, start: int, end: int, ts_ns: int, wire_length: int, link_type: int
    ) -> None:
        super().packet(data, start, end, ts_ns, wire_length, link_type)
        if len(self.packets) == self.number and self.savefile is not None:
            self.savefile.stop = True


def test_stop_ends_the_read_before_the_next_chunk_and_without_an_error() -> None:
    sink = Stopper(3)
    sink.savefile = savefile = Savefile(sink)
    record = 16 + 60
    reader = Pieces(
        pcap([packet(number) for number in range(100)]), [24 + record // 2] + [record] * 50
    )
    savefile.read_stream(reader, "x")
    assert sink.packets == [packet(0), packet(1), packet(2)]
    assert savefile.counts.packets == 3


def test_stop_before_the_first_byte_reads_nothing() -> None:
    sink = Collector()
    savefile = Savefile(sink)
    savefile.stop = True
    reader = Pieces(pcap([packet(1)]))
    savefile.read_stream(reader, "x")
    assert (sink.packets, reader.pos) == ([], 0)


class Full(Collector):
    """Fails at the third packet."""

    def packet(
        self, data: bytes, start: int, end: int, ts_ns: int, wire_length: int, link_type: int
    ) -> None:
        if len(self.packets) == 2:
            raise BrokenPipeError
        super().packet(data, start, end, ts_ns, wire_length, link_type)


@pytest.mark.parametrize("write", [pcap, pcapng])
def test_error_of_the_sink_passes_through_with_exact_counts(
    write: Callable[[list[Packet]], bytes],
) -> None:
    sink = Full()
    savefile = Savefile(sink)
    with pytest.raises(BrokenPipeError):
        savefile.read_stream(Pieces(write([packet(1), packet(2), packet(3), packet(4)])), "x")
    assert len(sink.packets) == 2
    assert savefile.counts.packets == 3


def check_is_refused_in_one_line_or_read(data: bytes, sizes: list[int]) -> None:
    """Nothing but CaptureError, the same for every split, and no packet from nowhere."""
    whole = read(data)
    assert "\n" not in whole.error
    assert sum(len(p.frame) for p in whole.packets) <= len(data)
    for p in whole.packets:
        assert p.wire_length >= len(p.frame)
        assert 0 <= p.ts_ns < 1 << 63
        assert 0 <= p.link_type < 1 << 16
    pieces = read(data, sizes)
    assert (pieces.packets, pieces.error) == (whole.packets, whole.error)


@given(
    magic=st.sampled_from([data[:24] for data in FORMATS.values()] + [b"\x1f\x8b\x08", b""]),
    tail=st.binary(max_size=300),
    sizes=st.lists(st.integers(1, 40), max_size=40),
)
def test_random_bytes_raise_nothing_but_capture_error(
    magic: bytes, tail: bytes, sizes: list[int]
) -> None:
    check_is_refused_in_one_line_or_read(magic + tail, sizes)


@given(
    name=st.sampled_from(sorted(FORMATS)),
    seed=st.integers(0, 1 << 32),
    flips=st.integers(1, 8),
    sizes=st.lists(st.integers(1, 40), max_size=40),
)
def test_mutated_files_raise_nothing_but_capture_error(
    name: str, seed: int, flips: int, sizes: list[int]
) -> None:
    data = bytearray(FORMATS[name])
    chance = random.Random(seed)
    for _ in range(flips):
        data[chance.randrange(len(data))] = chance.choice(
            [0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)]
        )
    check_is_refused_in_one_line_or_read(bytes(data), sizes)
