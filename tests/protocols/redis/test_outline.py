"""An outline says of a request what taking it apart says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.protocols.redis.command import KEY_LIMIT, describe, keys_of
from tcpkit.protocols.redis.outline import Outline
from tcpkit.protocols.tally import MAX_KEYS
from tcpkit.wire.printable import printable

NAMES = [
    b"GET", b"get", b"SET", b"incr", b"LPUSH", b"PING", b"HGETALL", b"GEORADIUSBYMEMBER", b"AUTH",
    b"BITOP", b"EVAL", b"CONFIG", b"XREAD", b"MGET", b"DEL", b"MSET", b"\0GET", b"\xffET", b"",
    b"\x80\x00\x00\x00\x00\x00\x01", b"\xff\x80\x00\x00\x00\x00\x00\x01",
]  # fmt: skip
REQUESTS = st.tuples(
    st.one_of(st.sampled_from(NAMES), st.binary(max_size=12)),
    st.lists(st.one_of(st.binary(max_size=20), st.just(b"k" * 600)), max_size=12),
)


def encoded(arguments: list[bytes]) -> bytes:
    bulks = [b"$%d\r\n%s\r\n" % (len(each), each) for each in arguments]
    return b"*%d\r\n%s" % (len(arguments), b"".join(bulks))


@given(st.lists(REQUESTS, min_size=1, max_size=20))
def test_command_and_key_are_those_of_the_log(requests: list[tuple[bytes, list[bytes]]]) -> None:
    outline = Outline()  # what it remembers of one request must not show in the next
    for name, others in requests:
        arguments = [name, *others]
        if not outline.read(encoded(arguments)):
            continue
        words = describe(arguments, len(arguments))
        assert outline.plan.label.decode() == words.command
        keys = outline.keys.texts()
        assert (printable(keys[0], KEY_LIMIT) if keys else None) == words.key
        assert keys == keys_of(arguments)


@pytest.mark.parametrize("name", [b"GET", b"SET", b"PING", b"GEORADIUSBYMEMBER", b"DEL"])
def test_plain_commands_need_no_closer_look(name: bytes) -> None:
    outline = Outline()
    assert outline.read(encoded([name, b"key"]))
    assert outline.keys.texts() == ([] if name == b"PING" else [b"key"])


@pytest.mark.parametrize(
    "arguments",
    [
        [b"AUTH", b"secret"],
        [b"CONFIG", b"GET", b"x"],
        [b"EVAL", b"return 1", b"1", b"k"],
        [b"MGET", *[b"k"] * (MAX_KEYS + 1)],
        [b"GET", b"k" * (KEY_LIMIT + 1)],
    ],
)
def test_others_are_taken_apart(arguments: list[bytes]) -> None:
    assert not Outline().read(encoded(arguments))


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        ([b"DEL", b"a", b"b"], [b"a", b"b"]),
        ([b"MSET", b"a", b"1", b"b", b"2"], [b"a", b"b"]),
        ([b"MGET", *[b"k"] * MAX_KEYS], [b"k"] * MAX_KEYS),
        ([b"MGET"], []),
    ],
)
def test_all_keys_of_a_request_for_several_are_found(
    arguments: list[bytes], keys: list[bytes]
) -> None:
    outline = Outline()
    assert outline.read(encoded(arguments))
    assert outline.keys.texts() == keys


def test_names_that_share_their_letters_are_told_apart() -> None:
    outline = Outline()
    for name in (b"GET", b"\0GET", b"GET"):
        outline.read(encoded([name, b"k"]))
        assert outline.plan.name == printable(name, 40).upper()
