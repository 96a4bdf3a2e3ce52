"""Ends of replies: RESP2, RESP3, streamed types. Source: the RESP3 specification."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.errors import ProtocolError
from tcpkit.protocols.redis.reply import HEAD_BYTES, MAX_LINE, MAX_STREAMED, ReplyScanner
from tests.feeds import in_steps, same_every_way, split
from tests.protocols.redis.resp import Reply, array, bulk, replies
from tests.protocols.redis.values import messages

MESSAGES = {
    "simple string": b"+OK\r\n",
    "empty simple string": b"+\r\n",
    "error": b"-ERR no\r\n",
    "integer": b":-42\r\n",
    "bulk": b"$5\r\nhello\r\n",
    "empty bulk": b"$0\r\n\r\n",
    "bulk of line ends": b"$6\r\n\r\n\r\n\r\n\r\n",
    "bulk that looks like RESP": b"$8\r\n*1\r\n+a\r\n\r\n",
    "null bulk": b"$-1\r\n",
    "null array": b"*-1\r\n",
    "null": b"_\r\n",
    "empty array": b"*0\r\n",
    "array": b"*2\r\n+a\r\n$1\r\nb\r\n",
    "nested arrays": b"*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n*1\r\n$-1\r\n",
    "array with nulls": b"*3\r\n$-1\r\n*-1\r\n_\r\n",
    "array with an error": b"*2\r\n-ERR a\r\n+OK\r\n",
    "map": b"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n",
    "empty map": b"%0\r\n",
    "map of maps": b"%1\r\n%1\r\n+a\r\n+b\r\n%1\r\n+c\r\n+d\r\n",
    "set": b"~2\r\n+a\r\n+b\r\n",
    "true": b"#t\r\n",
    "double": b",3.14\r\n",
    "infinity": b",-inf\r\n",
    "big number": b"(3492890328409238509324850943850943825024385\r\n",
    "bulk error": b"!21\r\nSYNTAX invalid syntax\r\n",
    "verbatim string": b"=15\r\ntxt:Some string\r\n",
    "push": b">3\r\n+message\r\n+a\r\n+b\r\n",
    "attribute before a value": b"|1\r\n+ttl\r\n:3600\r\n$1\r\na\r\n",
    "attribute before an array": b"|1\r\n+ttl\r\n*2\r\n:1\r\n:2\r\n*2\r\n+a\r\n+b\r\n",
    "empty attribute": b"|0\r\n+OK\r\n",
    "two attributes": b"|1\r\n+a\r\n+b\r\n|1\r\n+c\r\n+d\r\n+OK\r\n",
    "attribute inside an array": b"*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n",
    "attribute inside an attribute": b"|1\r\n+a\r\n|1\r\n+c\r\n+d\r\n+b\r\n+OK\r\n",
    "attribute before the last element": b"*1\r\n|1\r\n+a\r\n+b\r\n:1\r\n",
    "streamed string": b"$?\r\n;4\r\nHell\r\n;5\r\no wor\r\n;2\r\nld\r\n;0\r\n",
    "empty streamed string": b"$?\r\n;0\r\n",
    "streamed string in an array": b"*2\r\n$?\r\n;1\r\na\r\n;0\r\n+b\r\n",
    "streamed array": b"*?\r\n:1\r\n:2\r\n.\r\n",
    "empty streamed array": b"*?\r\n.\r\n",
    "streamed map": b"%?\r\n+a\r\n:1\r\n+b\r\n:2\r\n.\r\n",
    "streamed set": b"~?\r\n+a\r\n.\r\n",
    "streamed arrays in each other": b"*?\r\n*?\r\n:1\r\n.\r\n*?\r\n.\r\n.\r\n",
    "streamed array in an array": b"*2\r\n*?\r\n:1\r\n.\r\n+a\r\n",
    "array in a streamed array": b"*?\r\n*2\r\n:1\r\n:2\r\n:3\r\n.\r\n",
    "streamed string in a streamed array": b"*?\r\n$?\r\n;1\r\na\r\n;0\r\n.\r\n",
    "bulk in a streamed array": b"*?\r\n$3\r\nabc\r\n.\r\n",
    "attribute in a streamed array": b"*?\r\n|1\r\n+a\r\n+b\r\n:1\r\n.\r\n",
    "long number of digits": b"$0000005\r\nhello\r\n",
}


@pytest.mark.parametrize("name", MESSAGES)
def test_end_is_found_however_the_bytes_come(name: str) -> None:
    message = MESSAGES[name]
    found = same_every_way(lambda pieces: [reply.end for reply in replies(pieces)], message)
    assert found == [len(message)]


@pytest.mark.parametrize("name", MESSAGES)
def test_end_is_found_with_more_behind_it(name: str) -> None:
    message = MESSAGES[name]
    data = message + b"+NEXT\r\n" + message
    ends = [len(message), len(message) + 7, len(data)]
    found = same_every_way(lambda pieces: [reply.end for reply in replies(pieces)], data)
    assert found == ends


@pytest.mark.parametrize("name", MESSAGES)
def test_end_is_found_without_keeping_heads(name: str) -> None:
    message = MESSAGES[name]
    found = same_every_way(lambda p: [reply.end for reply in replies(p, False)], message * 2)
    assert found == [len(message), 2 * len(message)]


@pytest.mark.parametrize("name", MESSAGES)
def test_message_without_its_last_byte_is_not_done(name: str) -> None:
    cut = MESSAGES[name][:-1]
    assert same_every_way(lambda pieces: len(replies(pieces)), cut) == 0


def test_kind_is_the_messages_first_byte_and_not_its_attributes() -> None:
    kinds = {name: replies([message])[0].kind for name, message in MESSAGES.items()}
    assert kinds["attribute before a value"] == "$"
    assert kinds["attribute before an array"] == "*"
    assert kinds["empty attribute"] == "+"
    assert kinds["two attributes"] == "+"
    assert kinds["attribute inside an attribute"] == "+"
    assert kinds["array with an error"] == "*"
    assert kinds["bulk error"] == "!"
    assert kinds["streamed string"] == "$"
    assert kinds["push"] == ">"


@pytest.mark.parametrize("name", MESSAGES)
def test_kind_is_the_same_however_the_bytes_come(name: str) -> None:
    same_every_way(lambda pieces: [reply.kind for reply in replies(pieces)], MESSAGES[name])


def test_head_is_the_messages_beginning() -> None:
    error = b"-WRONGTYPE Operation against a key\r\n"
    assert replies([error], False) == [Reply(len(error), "-", error)]
    assert same_every_way(lambda p: [reply.head for reply in replies(p, False)], error) == [error]


def test_head_of_each_message_is_its_own() -> None:
    errors = b"-ERR one\r\n+OK\r\n-ERR two\r\n"
    found = same_every_way(lambda p: [reply.head for reply in replies(p, False)], errors)
    assert found == [b"-ERR one\r\n", b"", b"-ERR two\r\n"]
    mixed = b"*0\r\n$7\r\nmessage\r\n_\r\n*1\r\n:1\r\n"
    found = same_every_way(lambda p: [reply.head for reply in replies(p)], mixed)
    assert found == [b"*0\r\n", b"$7\r\nmessage\r\n", b"_\r\n", b"*1\r\n:1\r\n"]


@pytest.mark.parametrize("step", [1, 7, 300, 5000])
def test_head_is_bounded(step: int) -> None:
    message = bulk(b"x" * 3000)
    (reply,) = replies(in_steps(message, step))
    assert reply.head == message[:HEAD_BYTES]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\n",
        b"\x16\x03\x01\x02\x00",
        b"\0",
        b"+OK\n",
        b"$3\r\nabcde",
        b"$3\r\nabc\rX",
        b"$x\r\n",
        b"$-2\r\n",
        b"*-2\r\n",
        b"$ 3\r\nabc\r\n",
        b"$+3\r\nabc\r\n",
        b"$3\nabc\r\n",
        b"$\r\n",
        b"*\r\n",
        b"*9999999999999999999999\r\n",
        b"$99999999999999999999\r\n",
        b";3\r\nabc\r\n",
        b".\r\n",
        b"*1\r\n.\r\n",
        b"*?\r\n*2\r\n:1\r\n.\r\n",
        b"=?\r\n",
        b"!?\r\n",
        b"?\r\n",
    ],
)
def test_bytes_that_are_no_reply_are_refused(data: bytes) -> None:
    def is_refused(pieces: list[bytes]) -> bool:
        try:
            replies([*pieces, b"\r\n\r\n"])
        except ProtocolError:
            return True
        return False

    assert same_every_way(is_refused, data)


def test_long_text_line_is_passed_over() -> None:
    text = b"+" + b"x" * (3 * MAX_LINE) + b"\r\n"
    data = text + b":1\r\n"
    for step in (1000, MAX_LINE + 1, len(data)):
        found = replies(in_steps(data, step))
        assert [reply.end for reply in found] == [len(text), len(data)]


@pytest.mark.parametrize("first", [b"-", b"+", b":", b"("])
def test_long_line_inside_an_array_is_passed_over(first: bytes) -> None:
    data = array(first + b"1" * (2 * MAX_LINE) + b"\r\n", b"+a\r\n")
    assert [reply.end for reply in replies(in_steps(data, 100))] == [len(data)]


def test_header_that_never_ends_is_refused() -> None:
    with pytest.raises(ProtocolError):
        replies(in_steps(b"$" + b"1" * (3 * MAX_LINE), 100))


def test_deep_arrays_cost_no_depth() -> None:
    depth = 100_000
    data = b"*1\r\n" * depth + b":1\r\n"
    assert [reply.end for reply in replies([data])] == [len(data)]
    assert [reply.end for reply in replies(in_steps(data, 1000))] == [len(data)]


def test_streamed_arrays_nest_so_deep_and_no_deeper() -> None:
    data = b"*?\r\n" * MAX_STREAMED + b".\r\n" * MAX_STREAMED
    assert [reply.end for reply in replies([data])] == [len(data)]
    with pytest.raises(ProtocolError):
        replies([b"*?\r\n" * (MAX_STREAMED + 1)])


def test_huge_bulk_is_counted_down() -> None:
    scanner = ReplyScanner()
    head = b"$536870912\r\n"
    scanner.feed(head, 0, len(head))
    assert scanner.countdown() == 536870912
    piece = bytes(1 << 20)
    for _ in range(512):
        assert not scanner.done
        scanner.feed(piece, 0, len(piece))
    assert scanner.countdown() == 0
    scanner.feed(b"\r\n", 0, 2)
    assert scanner.done


def test_skip_passes_over_bytes_of_one_value_only() -> None:
    scanner = ReplyScanner()
    scanner.feed(b"$10\r\nab", 0, 7)
    assert not scanner.skip(9)
    assert scanner.skip(5)
    assert scanner.feed(b"xyz\r\n", 0, 5) == 5
    assert scanner.done


def test_skip_to_end_may_take_the_line_end_with_it() -> None:
    scanner = ReplyScanner()
    scanner.feed(b"$10\r\nab", 0, 7)
    assert not scanner.skip_to_end(11)
    assert scanner.skip_to_end(10)
    assert scanner.done


def test_skip_to_end_of_an_element_goes_on_in_the_array() -> None:
    scanner = ReplyScanner()
    scanner.feed(b"*2\r\n$10\r\nab", 0, 11)
    assert scanner.skip_to_end(10)
    assert not scanner.done
    assert scanner.feed(b":1\r\n", 0, 4) == 4
    assert scanner.done


def test_scanner_begins_anew_after_reset() -> None:
    scanner = ReplyScanner()
    for unfinished in (b"$10\r\nab", b"*?\r\n:1\r\n", b"$?\r\n;3\r\na", b"|1\r\n+a", b"+long li"):
        scanner.feed(unfinished, 0, len(unfinished))
        scanner.reset()
        assert scanner.feed(b"+OK\r\n$", 0, 6) == 5
        assert scanner.done
        scanner.next_message()


@given(st.lists(messages, min_size=1, max_size=3), st.data())
def test_ends_of_generated_messages_are_found_in_any_split(
    several: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(several)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    ends = [sum(map(len, several[: at + 1])) for at in range(len(several))]
    found = replies(split(stream, cuts))
    assert [reply.end for reply in found] == ends
    found = replies(in_steps(stream, 1))
    assert [reply.end for reply in found] == ends


@given(st.lists(st.binary(max_size=30), max_size=4))
def test_random_bytes_raise_nothing_but_protocol_error(pieces: list[bytes]) -> None:
    with contextlib.suppress(ProtocolError):
        replies(pieces)


@given(
    st.lists(
        st.sampled_from(
            [b"*", b"$", b"|", b"%", b"~", b">", b"?", b";", b".", b"-1", b"0", b"1", b"2", b"12"]
            + [b"\r\n"] * 6
            + [b"a", b"+", b":", b"!", b"=", b"99999999999"]
        ),
        max_size=30,
    ),
    st.data(),
)
def test_almost_resp_raises_nothing_but_protocol_error_and_is_read_the_same_in_any_split(
    tokens: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(tokens)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6))
    assert outcome([stream]) == outcome(split(stream, cuts))


def outcome(pieces: list[bytes]) -> list[Reply] | None:
    try:
        return replies(pieces)
    except ProtocolError:
        return None
