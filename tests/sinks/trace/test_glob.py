"""Patterns of keys mean what they mean to Redis."""

import itertools

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.sinks.trace.glob import matcher
from tests.servers import redis_server_running


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("h?llo", ["hello", "hallo"], ["hllo", "heello"]),
        ("h*llo", ["hllo", "heeeello"], ["hallo!"]),
        ("h[ae]llo", ["hello", "hallo"], ["hillo"]),
        ("h[^e]llo", ["hallo", "h^llo"], ["hello"]),
        ("h[a-b]llo", ["hallo", "hbllo"], ["hcllo", "h-llo"]),
        ("h[b-a]llo", ["hallo", "hbllo"], ["hcllo"]),
        (r"a\*", ["a*"], ["ab"]),
        ("a.b+", ["a.b+"], ["axb+", "a.bb"]),
        ("", [""], ["a"]),
    ],
)
def test_patterns_are_those_of_keys(pattern: str, fits: list[str], fits_not: list[str]) -> None:
    found = matcher(pattern, False)

    assert [key for key in [*fits, *fits_not] if found.fullmatch(key)] == fits


def test_letters_are_the_same_in_either_case_where_that_is_asked() -> None:
    assert matcher("WWW.*", True).fullmatch("www.example")
    assert not matcher("WWW.*", False).fullmatch("www.example")


@given(st.text("ab[]^-\\*?.", max_size=12), st.text("ab[]^-\\*?.", max_size=8))
def test_every_pattern_can_be_asked(pattern: str, key: str) -> None:
    matcher(pattern, False).fullmatch(key)


def test_a_real_server_says_the_same() -> None:
    letters = ["a", "b", "]", "^", "-", "\\", "*", "["]
    keys = {"".join(key) for n in (1, 2) for key in itertools.product(letters, repeat=n)}
    parts = [
        "a",
        "*",
        "?",
        "[ab]",
        "[^a]",
        "[a-",
        "[a",
        "\\",
        "]",
        "[]",
        "[^]",
        "[\\]]",
        "^",
        "[b-a]",
    ]
    patterns = ["".join(each) for n in (1, 2) for each in itertools.product(parts, repeat=n)]
    with redis_server_running() as server, redis.Redis(port=server.port) as client:
        client.mset(dict.fromkeys(keys, "x"))
        for pattern in patterns:
            said = {key.decode() for key in client.keys(pattern)}
            found = matcher(pattern, False)
            assert {key for key in keys if found.fullmatch(key)} == said, pattern
