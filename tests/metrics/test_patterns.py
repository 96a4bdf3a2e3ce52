import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.metrics.patterns import MAX_FOLDED, folded

UUID = b"123E4567-e89b-12d3-a456-426614174000"


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        (b"user:1042:cart", b"user:{n}:cart"),
        (b"user1042", b"user{n}"),
        (b"user:name", b"user:name"),
        (b"007", b"{n}"),
        (b"1.5", b"{n}.{n}"),
        (b"-3", b"-{n}"),
        (b"", b""),
        (b"deadbeef", b"deadbeef"),
        (b"deadbeef1", b"{hex}"),
        (b"12345678", b"{n}"),
        (b"a1b2c3", b"a{n}b{n}c{n}"),
        (b"a1b2c3d4", b"{hex}"),
        (b"A1B2C3D4e5", b"{hex}"),
        (b"a1b2c3d4x", b"a{n}b{n}c{n}d{n}x"),
        (b"sess_a1b2c3d4", b"sess_{hex}"),
        (b"s:" + UUID, b"s:{uuid}"),
        (UUID + b":x", b"{uuid}:x"),
        (UUID + b"1", b"{hex}-e{n}b-{n}d{n}-a{n}-{n}"),
        (UUID[:-1], b"{hex}-e{n}b-{n}d{n}-a{n}-{n}"),
        (b"\xff\x009", b"\xff\x00{n}"),
        (b"{user:1}", b"{user:{n}}"),
    ],
)
def test_numbers_and_ids_are_folded(key: bytes, pattern: bytes) -> None:
    assert folded(key) == pattern


@given(st.binary(max_size=200))
def test_no_digit_is_left(key: bytes) -> None:
    assert re.search(rb"[0-9]", folded(key)) is None


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=2))
def test_keys_that_differ_in_numbers_only_are_one_pattern(numbers: list[int]) -> None:
    one, other = (b"cart:%d:item:%d" % (number, number + 1) for number in numbers)
    assert folded(one) == folded(other) == b"cart:{n}:item:{n}"


def test_no_more_than_the_first_bytes_of_a_key_are_looked_at() -> None:
    assert folded(b"x" * 10_000) == b"x" * MAX_FOLDED
