from hypothesis import given
from hypothesis import strategies as st

from tcpkit.protocols.command_numbers import (
    CODES,
    MAX_UNLISTED,
    MAX_WORDS,
    NOT_KNOWN,
    OTHER,
    CommandNumbers,
)

LISTED = frozenset(["GET", "SET"])
NAMES = st.binary(min_size=1, max_size=12)


def test_listed_command_has_a_number_even_if_nobody_answers_it() -> None:
    numbers = CommandNumbers(LISTED)
    number = numbers.number("GET", False)
    assert number != OTHER
    assert numbers.names[number] == "GET"
    assert numbers.number("SET", False) not in (OTHER, number)
    assert numbers.number("GET", True) == number


def test_made_up_command_is_other_until_it_is_served() -> None:
    numbers = CommandNumbers(LISTED)
    assert numbers.number("JSON.GET", False) == OTHER
    number = numbers.number("JSON.GET", True)
    assert numbers.names[number] == "JSON.GET"
    assert numbers.number("JSON.GET", False) == number


def test_made_up_commands_leave_room_for_listed_ones() -> None:
    numbers = CommandNumbers(LISTED)
    given = [numbers.number(f"NAME{at}", True) for at in range(MAX_UNLISTED + 10)]
    assert len({number for number in given if number != OTHER}) == MAX_UNLISTED
    assert given[-10:] == [OTHER] * 10
    assert numbers.number("GET", False) == MAX_UNLISTED + 1
    assert numbers.number("NAME0", True) == given[0]


def test_names_that_are_none_are_other() -> None:
    numbers = CommandNumbers(LISTED)
    assert (numbers.number("", True), numbers.number("other", True)) == (OTHER, OTHER)


def test_who_does_not_say_the_command_counts_for_other() -> None:
    numbers = CommandNumbers(LISTED)
    numbers.current = 3
    assert (numbers.take(), numbers.take()) == (3, OTHER)


@given(st.lists(NAMES, min_size=1, max_size=60, unique=True), NAMES, st.binary(max_size=10))
def test_name_is_found_by_exactly_its_bytes(
    names: list[bytes], stranger: bytes, behind: bytes
) -> None:
    numbers = CommandNumbers(LISTED)
    for number, name in enumerate(names, start=1):
        assert numbers.learn(name, number) == number
    for _ in range(2):  # by the dict, then by the table before it
        for number, name in enumerate(names, start=1):
            assert numbers.of_bytes(b"$3\r\n" + name + behind, 4, len(name)) == number
        for number, name in enumerate(names, start=1):
            assert numbers.of_bytes(behind + name, len(behind), len(name)) == number
    expected = names.index(stranger) + 1 if stranger in names else NOT_KNOWN
    assert numbers.of_bytes(stranger + behind, 0, len(stranger)) == expected


def test_length_of_a_name_is_part_of_it() -> None:
    numbers = CommandNumbers(LISTED)
    numbers.learn(b"GET", 1)
    assert numbers.of_bytes(b"GET\0\0\0\0\0", 0, 3) == 1
    assert numbers.of_bytes(b"GET\0\0\0\0\0", 0, 4) == NOT_KNOWN
    assert numbers.of_bytes(b"\0GET\0\0\0\0", 0, 4) == NOT_KNOWN
    assert numbers.of_bytes(b"GET", 0, 0) == NOT_KNOWN


def test_what_is_other_is_asked_again() -> None:
    numbers = CommandNumbers(LISTED)
    assert numbers.learn(b"JSON.GET", OTHER) == OTHER
    assert numbers.of_bytes(b"JSON.GET", 0, 8) == NOT_KNOWN
    numbers.learn_code(7, OTHER)
    assert numbers.of_code(7) == NOT_KNOWN


def test_ways_to_write_a_name_have_a_bound() -> None:
    numbers = CommandNumbers(LISTED)
    for at in range(MAX_WORDS + 1):
        numbers.learn(b"%d" % at, 1)
    assert numbers.of_bytes(b"%d" % (MAX_WORDS - 1), 0, len(str(MAX_WORDS - 1))) == 1
    assert numbers.of_bytes(b"%d" % MAX_WORDS, 0, len(str(MAX_WORDS))) == NOT_KNOWN


def test_codes_are_learned_within_their_range() -> None:
    numbers = CommandNumbers(LISTED)
    assert [numbers.learn_code(code, 5) for code in (0, CODES - 1, CODES, -1)] == [5] * 4
    found = [numbers.of_code(code) for code in (0, CODES - 1, CODES, -1, 1)]
    assert found == [5, 5, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN]
