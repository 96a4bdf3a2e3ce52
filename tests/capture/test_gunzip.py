"""Compressed captures, against what Python's gzip writes."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.capture.files import packet, pcap, pcapng, read

PACKETS = [packet(number, size=100 + number % 50) for number in range(3000)]
PLAIN = pcap(PACKETS)
PACKED = gzip.compress(PLAIN, 1, mtime=0)


def test_gzip_is_known_by_its_first_bytes() -> None:
    outcome = read(PACKED)
    assert (outcome.packets, outcome.error) == (PACKETS, "")


def test_compressed_pcapng_is_read() -> None:
    assert read(gzip.compress(pcapng(PACKETS))).packets == PACKETS


@given(sizes=st.lists(st.integers(0, 9), max_size=200))
def test_every_split_of_the_compressed_bytes_gives_the_same_packets(sizes: list[int]) -> None:
    few = PACKETS[:20]
    outcome = read(gzip.compress(pcap(few)), sizes)
    assert (outcome.packets, outcome.error) == (few, "")


def test_members_and_padding_are_one_stream() -> None:
    half = len(PLAIN) // 2
    empty = gzip.compress(b"")
    data = (
        empty
        + empty
        + gzip.compress(PLAIN[:half])
        + bytes(512)
        + empty
        + gzip.compress(PLAIN[half:])
        + bytes(3)
    )
    outcome = read(data)
    assert (outcome.packets, outcome.error) == (PACKETS, "")


def test_highly_compressed_data_comes_out_in_pieces() -> None:
    giant = pcap([packet(1)] + [packet(2, size=1 << 20)] * 20)
    outcome = read(gzip.compress(giant))
    assert (len(outcome.packets), outcome.error) == (21, "")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.999])
def test_cut_gzip_gives_everything_that_can_be_decompressed(kept: float) -> None:
    cut = PACKED[: int(len(PACKED) * kept)]
    plain = zlib.decompressobj(31).decompress(cut)
    outcome = read(cut)
    assert outcome.packets == read(plain).packets
    assert outcome.packets
    assert outcome.error == f"gzip data truncated at offset {len(plain)}: x"


def test_gzip_cut_inside_of_its_header_holds_nothing() -> None:
    assert read(PACKED[:5]).error == "gzip data truncated at offset 0: x"


def test_wrong_checksum_is_damage_after_all_packets() -> None:
    outcome = read(PACKED[:-8] + bytes(8))
    assert outcome.packets == PACKETS
    assert outcome.error == f"damaged gzip data at offset {len(PLAIN)}: x"


def test_damage_in_the_middle_gives_what_came_before() -> None:
    """A stored block of an impossible kind is put where the second of two members begins."""
    first = gzip.compress(PLAIN[:100_000])
    damaged = bytearray(gzip.compress(PLAIN[100_000:]))
    damaged[10] = 0x07
    outcome = read(first + bytes(damaged))
    assert outcome.packets == read(PLAIN[:100_000]).packets
    assert outcome.error == "damaged gzip data at offset 100000: x"


def test_garbage_behind_the_compressed_data_is_damage() -> None:
    outcome = read(PACKED + b"garbage")
    assert outcome.packets == PACKETS
    assert outcome.error == f"damaged gzip data at offset {len(PLAIN)}: x"


def test_nothing_compressed_is_an_empty_file() -> None:
    assert read(gzip.compress(b"")).error == "empty, not a capture file: x"


def test_gzip_in_gzip_is_no_capture() -> None:
    assert read(gzip.compress(PACKED)).error.startswith("not a capture file, it begins with 1f 8b")
