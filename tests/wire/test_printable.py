import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.wire.printable import printable


def naive(data: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 else "\\x" + format(b, "02x") for b in data)


def test_printable_ascii_is_kept() -> None:
    everything = bytes(range(0x20, 0x7F))
    assert printable(everything, 128) == everything.decode("ascii")


def test_each_byte_outside_printable_ascii_is_escaped() -> None:
    outside = [*range(0x20), *range(0x7F, 0x100)]
    assert printable(bytes(outside), 10_000) == "".join(f"\\x{b:02x}" for b in outside)


def test_backslash_stays() -> None:
    assert printable(b"a\\x00\\", 128) == "a\\x00\\"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"12345678", "12345678"),
        (b"123456789", "12345678..."),
        (b"1234\x00", "1234\\x00"),
        (b"1234\x005", "1234\\x00..."),
        (b"12345\x00", "12345..."),
        (b"12345678\x00", "12345678..."),
        (b"\xff\xff\xff", "\\xff\\xff..."),
    ],
)
def test_text_longer_than_the_limit_is_cut_between_characters(data: bytes, text: str) -> None:
    assert printable(data, 8) == text


@given(st.binary(max_size=200) | st.text("abc \n").map(str.encode), st.integers(0, 200))
def test_text_is_the_longest_that_fits_without_a_cut_escape(data: bytes, limit: int) -> None:
    whole = naive(data)
    text = printable(data, limit)
    if len(whole) <= limit:
        assert text == whole
        return
    assert text.endswith("...")
    kept = text[:-3]
    pieces = [naive(bytes([b])) for b in data]
    count = next(n for n in range(len(pieces), -1, -1) if len("".join(pieces[:n])) <= limit)
    assert kept == "".join(pieces[:count])


@given(st.binary(max_size=300), st.integers(0, 128))
def test_bytes_behind_the_limit_do_not_matter(data: bytes, limit: int) -> None:
    assert printable(data, limit) == printable(data[: limit + 1], limit)


@given(st.binary(max_size=300))
def test_text_is_always_printable_on_one_line(data: bytes) -> None:
    assert re.fullmatch(r"[ -~]{0,131}", printable(data, 128))
