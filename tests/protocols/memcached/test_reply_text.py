"""A reply of memcached in one line."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.protocols.memcached.reply_text import reply_text
from tcpkit.protocols.message import Exchange
from tests.protocols.memcached.packets import DELETE, GET, GETK, INCR, STAT, answer, miss

LIMIT = 128
KEPT = 512


def shown(reply: bytes, key: str | None = "a") -> str:
    exchange = Exchange()
    exchange.key = key
    exchange.reply = reply[:KEPT]
    exchange.reply_bytes = len(reply)
    return reply_text(exchange)


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (b"STORED\r\n", "STORED"),
        (b"12\r\n", "12"),
        (b"END\r\n", "END"),
        (b"VALUE a 0 5\r\nhello\r\nEND\r\n", 'a = "hello"'),
        (b"VALUE a 7 5 12\r\nhello\r\nEND\r\n", 'a = "hello" (flags 7, cas 12)'),
        (b"VALUE a 0 1\r\nx\r\nVALUE b 0 3\r\nE\r\n\r\nEND\r\n", 'a = "x", b = "E\\x0d\\x0a"'),
        (b"VALUE a 0 0\r\n\r\nEND\r\n", 'a = ""'),
        (b"STAT pid 1\r\nSTAT version 1.6 x\r\nEND\r\n", "pid = 1, version = 1.6 x"),
        (b"VA 5 f0 c1\r\nhello\r\n", 'VA f0 c1 "hello"'),
        (b"HD\r\n", "HD"),
        (b"HD f0 O1\r\n", "HD f0 O1"),
        (b"ITEM a [1 b; 0 s]\r\nEND\r\n", "ITEM a [1 b; 0 s]"),
        (b"SERVER_ERROR out of memory\r\n", "SERVER_ERROR out of memory"),
        (answer(GET, b"hello"), 'a = "hello"'),
        (answer(GETK, b"hello", key=b"k\0"), 'k\\x00 = "hello"'),
        (miss(GET), "NOT_FOUND"),
        (answer(INCR, (7).to_bytes(8, "big")), "7"),
        (answer(DELETE), "OK"),
        (answer(0x21, b"challenge", status=0x21), "AUTH_CONTINUE ***"),
        (answer(0x20, b"PLAIN"), "PLAIN"),
        (answer(STAT, b"1", key=b"pid") + answer(STAT), "pid = 1"),
        (answer(STAT, b"1", key=b"p") + answer(STAT, b"2", key=b"n"), "p = 1, n = 2"),
        (b"VALUE a 0 900\r\n" + b"x" * 20, f'a = "{"x" * 20}...'),
        (b"VALUE a 0 1\r\nx\r\nVALUE b", 'a = "x", VALUE b...'),
        (answer(GET, b"x" * 90)[:40], f'a = "{"x" * 12}...'),
    ],
)  # fmt: skip
def test_reply_is_told_in_the_words_of_the_protocol(reply: bytes, text: str) -> None:
    assert shown(reply) == text


@given(
    st.binary(max_size=600)
    | st.binary(max_size=300).map(lambda rest: b"\x81" + rest)
    | st.lists(
        st.sampled_from([b"VALUE a 0 5", b"VA 5", b"STAT", b"STAT a", b"END", b"VALUE", b"hello"]),
        max_size=9,
    ).map(b"\r\n".join)
)
@example(b"\x81\x10\xff\xff\xff" + b"\xff" * 90)
@example(b"VALUE a 0 9999999999\r\n")
@example(b"\x81")
def test_whatever_comes_is_a_line(reply: bytes) -> None:
    text = shown(reply, None)

    assert text.isascii() and text.isprintable()
    assert len(text) <= LIMIT + len("...")
