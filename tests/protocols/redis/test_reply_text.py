"""A reply of Redis in one line."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.protocols.message import Exchange
from tcpkit.protocols.redis.reply_text import reply_text
from tests.protocols.redis.values import messages

LIMIT = 128
KEPT = 512


def shown(reply: bytes, command: str = "GET") -> str:
    exchange = Exchange()
    exchange.command = command
    exchange.reply = reply[:KEPT]
    exchange.reply_bytes = len(reply)
    return reply_text(exchange)


def bulk(text: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(text), text)


def listed(*values: bytes) -> bytes:
    return b"*%d\r\n%s" % (len(values), b"".join(values))


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (b"+OK\r\n", "OK"),
        (b":3\r\n", "(integer) 3"),
        (b":-1\r\n", "(integer) -1"),
        (bulk(b"value"), '"value"'),
        (bulk(b""), '""'),
        (bulk(b'a"b\\c\r\n'), r'"a\"b\\c\x0d\x0a"'),
        (b"$-1\r\n", "(nil)"),
        (b"*-1\r\n", "(nil)"),
        (b"_\r\n", "(nil)"),
        (b"*0\r\n", "[]"),
        (listed(bulk(b"a"), bulk(b"b"), b"$-1\r\n"), '["a", "b", (nil)]'),
        (listed(b":1\r\n", listed(b"+OK\r\n", b"*0\r\n"), b":2\r\n"), "[1, [OK, []], 2]"),
        (b"%2\r\n" + bulk(b"k") + bulk(b"v") + bulk(b"n") + b":1\r\n", '{"k": "v", "n": 1}'),
        (b"~2\r\n:1\r\n:2\r\n", "{1, 2}"),
        (b"-WRONGTYPE Operation\r\n", "(error) WRONGTYPE Operation"),
        (b"!21\r\nSYNTAX invalid syntax\r\n", "(error) SYNTAX invalid syntax"),
        (b",3.14\r\n", "(double) 3.14"),
        (b"#t\r\n", "(true)"),
        (b"#f\r\n", "(false)"),
        (b"(12345678901234567890\r\n", "(big number) 12345678901234567890"),
        (b"=8\r\ntxt:Some\r\n", '"Some"'),
        (b"$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n", '"Hello"'),
        (b"*?\r\n:1\r\n:2\r\n.\r\n", "[1, 2]"),
        (b"*2\r\n|1\r\n+ttl\r\n:60\r\n:1\r\n:2\r\n", "[{ttl: 60} 1, 2]"),
        (listed(bulk(b"subscribe"), b":1\r\n") * 2, '["subscribe", 1], ["subscribe", 1]'),
    ],
)  # fmt: skip
def test_reply_is_told_as_redis_cli_would(reply: bytes, text: str) -> None:
    assert shown(reply) == text


def test_reply_whose_rest_was_not_kept_ends_in_dots() -> None:
    assert (
        shown(listed(*[bulk(b"x" * 60)] * 20)) == '["' + '", "'.join(["x" * 60] * 3)[:126] + "..."
    )
    assert shown(b"$90000\r\n" + b"x" * 100) == '"' + "x" * 100 + "..."
    assert shown(listed(b":1\r\n", b":2\r\n")[:-4]) == "[1..."


def test_cut_never_splits_an_escape() -> None:
    text = shown(bulk(b"\0" * 100))

    assert text == '"' + "\\x00" * 31 + "..."


@pytest.mark.parametrize("command", ["ACL GENPASS", "ACL GETUSER", "ACL LIST"])
def test_replies_about_passwords_are_hidden_but_errors_are_not(command: str) -> None:
    assert shown(bulk(b"secret"), command) == "***"
    assert shown(b"-NOPERM no\r\n", command) == "(error) NOPERM no"


@pytest.mark.parametrize("command", ["CONFIG GET", "SENTINEL CONFIG"])
def test_the_value_behind_the_name_of_a_secret_is_hidden(command: str) -> None:
    pairs = [b"dir", b"/auth", b"requirepass", b"secret", b"port", b"1"]
    text = '"dir": "/auth", "requirepass": ***, "port": "1"'

    assert shown(listed(*map(bulk, pairs)), command) == f"[{text.replace(':', ',')}]"
    assert shown(b"%3\r\n" + b"".join(map(bulk, pairs)), command) == f"{{{text}}}"


def test_whatever_the_value_of_a_secret_is_it_is_hidden_whole() -> None:
    inner = listed(bulk(b"secret"), listed(bulk(b"secret")), b":1\r\n")
    reply = listed(bulk(b"requirepass"), inner, bulk(b"port"), bulk(b"1"))

    assert shown(reply, "CONFIG GET") == '["requirepass", ***, "port", "1"]'
    assert shown(listed(reply), "EXEC") == '[["requirepass", ***, "port", "1"]]'
    assert (
        shown(listed(bulk(b"requirepass"), b"$20\r\nsecr"), "CONFIG GET")
        == '["requirepass", ***...'
    )


def test_names_of_secrets_in_other_replies_hide_nothing() -> None:
    assert shown(listed(bulk(b"password"), bulk(b"x")), "LRANGE") == '["password", "x"]'


@given(messages)
def test_every_message_is_a_line(reply: bytes) -> None:
    text = shown(reply)

    assert text.isascii() and text.isprintable()
    assert len(text) <= LIMIT + len("...")
    assert text.endswith("...") or len(text) <= LIMIT


@given(st.binary(max_size=600) | st.text("*%~|$:+-_#,(;.>?0123456789-\r\n").map(str.encode))
@example(b"*1\r\n" * 200)
@example(b"*999999999999\r\n")
@example(b"|1\r\n" * 128)
@example(b"*?\r\n" * 128)
def test_whatever_comes_is_a_line(reply: bytes) -> None:
    for command in ("GET", "CONFIG GET", "EXEC"):
        text = shown(reply, command)
        assert text.isascii() and text.isprintable()
        assert len(text) <= LIMIT + len("...")


@given(messages, st.integers(0, KEPT))
def test_what_is_shown_of_a_beginning_is_the_beginning_of_what_is_shown(
    reply: bytes, size: int
) -> None:
    whole, begun = shown(reply), shown(reply[: max(size, 4)])

    if begun.endswith("..."):
        assert whole.startswith(begun.removesuffix("..."))
