"""Sequence arithmetic: RFC 9293, section 3.4."""

from hypothesis import given
from hypothesis import strategies as st

from tcpkit.flow.sequence import MASK, distance

numbers = st.integers(0, MASK)


def test_distance_goes_over_the_wrap() -> None:
    assert distance(2, 0xFFFFFFFE) == 4
    assert distance(0xFFFFFFFE, 2) == -4


def test_distance_of_a_number_to_itself_is_nothing() -> None:
    assert distance(0xFFFFFFFF, 0xFFFFFFFF) == 0


@given(numbers, st.integers(-(2**31) + 1, 2**31 - 1))
def test_distance_is_what_was_added(number: int, step: int) -> None:
    assert distance((number + step) & MASK, number) == step


@given(numbers, numbers)
def test_distance_stays_within_half_of_the_numbers(a: int, b: int) -> None:
    assert -(2**31) <= distance(a, b) < 2**31
