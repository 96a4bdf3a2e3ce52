"""Requests: arrays of bulk strings and inline commands, as networking.c reads them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.errors import ProtocolError
from tcpkit.protocols.redis.request import (
    ARGUMENT_BYTES,
    ARGUMENTS,
    INCOMPLETE,
    INLINE,
    MAX_INLINE,
    RequestParser,
    RequestScanner,
    split_inline,
    split_request,
)
from tests.feeds import in_steps, same_every_way, split
from tests.protocols.redis.resp import command, requests

REQUESTS = {
    "ping": (b"*1\r\n$4\r\nPING\r\n", [b"PING"]),
    "set": (b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\nab\r\n", [b"SET", b"k", b"ab"]),
    "empty argument": (b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n", [b"GET", b""]),
    "binary argument": (b"*2\r\n$3\r\nGET\r\n$4\r\n\r\n*1\r\n", [b"GET", b"\r\n*1"]),
    "inline": (b"SET k v\r\n", [b"SET", b"k", b"v"]),
    "inline without CR": (b"ping\n", [b"ping"]),
    "inline with spaces": (b"  GET \t k  \r\n", [b"GET", b"k"]),
    "inline in quotes": (
        b"SET k \"a b\\x41\\n\\\"\" 'it\\'s'\r\n",
        [b"SET", b"k", b'a bA\n"', b"it's"],
    ),
    "empty line": (b"\r\n", []),
    "line of spaces": (b"   \r\n", []),
    "no arguments": (b"*0\r\n", []),
    "null array": (b"*-1\r\n", []),
    "negative array": (b"*-10\r\n", []),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_request_is_the_same_however_its_bytes_come(name: str) -> None:
    data, arguments = REQUESTS[name]
    assert same_every_way(requests, data) == [(len(data), len(arguments), arguments)]


@pytest.mark.parametrize("name", REQUESTS)
def test_request_ends_where_the_next_one_begins(name: str) -> None:
    data, arguments = REQUESTS[name]
    ping = command("PING")
    assert same_every_way(requests, data + ping) == [
        (len(data), len(arguments), arguments),
        (len(data + ping), 1, [b"PING"]),
    ]


@pytest.mark.parametrize("name", REQUESTS)
def test_request_without_its_last_byte_is_not_done(name: str) -> None:
    data, _ = REQUESTS[name]
    assert same_every_way(requests, data[:-1]) == []


@pytest.mark.parametrize("name", ["ping", "set", "empty argument", "binary argument"])
def test_scanner_finds_the_end_the_count_and_the_name(name: str) -> None:
    data, arguments = REQUESTS[name]
    scanner = RequestScanner()
    padded = b"xx" + data + b"*1\r\n"
    assert scanner.whole(padded, 2, len(padded)) == 2 + len(data)
    assert scanner.count == len(arguments)
    assert padded[scanner.name : scanner.name + scanner.name_size] == arguments[0]
    for end in range(3, 2 + len(data)):
        assert scanner.whole(padded, 2, end) == INCOMPLETE


def test_scanner_leaves_inline_commands_to_the_parser() -> None:
    assert RequestScanner().whole(b"PING\r\n", 0, 6) == INLINE


def test_scanner_tells_an_empty_request_by_its_count() -> None:
    scanner = RequestScanner()
    assert scanner.whole(b"*0\r\n*1", 0, 6) == 4
    assert scanner.count == 0


@pytest.mark.parametrize(
    "data",
    [
        b"*a\r\n",
        b"*1x\r\n",
        b"*\r\n",
        b"*1\n$4\r\nPING\r\n",
        b"*1\r\n:4\r\n",
        b"*1\r\nPING\r\n",
        b"*1\r\n$-1\r\n",
        b"*1\r\n$x\r\n",
        b"*1\r\n$\r\n",
        b"*1\r\n$4\nPING\r\n",
        b"*2147483648\r\n",
        b"*99999999999999999999999\r\n",
        b"*1\r\n$99999999999999999999999\r\n",
        b'ECHO "a"b\r\n',
        b'ECHO "a\r\n',
        b"ECHO 'a\r\n",
    ],
)
def test_requests_that_the_server_refuses_are_refused(data: bytes) -> None:
    """Each is answered by `-ERR Protocol error` and the connection's end."""

    def is_refused(pieces: list[bytes]) -> bool:
        try:
            requests(pieces)
        except ProtocolError:
            return True
        return False

    assert same_every_way(is_refused, data)


def test_scanner_refuses_or_leaves_what_the_parser_refuses() -> None:
    scanner = RequestScanner()
    for data in (b"*1\r\n:4\r\nxxxx", b"*1\r\n$-1\r\nxxxx", b"*1\r\n$x\r\nxxxxx"):
        with pytest.raises(ProtocolError):
            scanner.whole(data, 0, len(data))
    for data in (b"*a\r\nxxxx", b"*-1\r\nxxxx", b"*1\n$4\r\nPING\r\n"):
        assert scanner.whole(data, 0, len(data)) == INCOMPLETE


def test_inline_command_may_be_as_long_as_the_servers_limit() -> None:
    words = b"ECHO " + b"x" * (MAX_INLINE - 100)
    data = words + b"\r\n"
    assert [end for end, _, _ in requests(in_steps(data, 1000))] == [len(data)]
    with pytest.raises(ProtocolError):
        requests(in_steps(b"ECHO " + b"x" * (MAX_INLINE + 1000), 1000))


def test_long_argument_is_cut_and_counted() -> None:
    data = command("SET", "k", "x" * 100_000)
    ((end, count, arguments),) = requests(in_steps(data, 1448))
    assert (end, count) == (len(data), 3)
    assert arguments == [b"SET", b"k", b"x" * ARGUMENT_BYTES]


def test_many_arguments_are_counted_and_the_first_ones_kept() -> None:
    words = [b"DEL", *(b"key%d" % number for number in range(1000))]
    data = command(*words)
    for step in (1, 7, 1448):
        assert requests(in_steps(data, step)) == [(len(data), 1001, words[:ARGUMENTS])]


def test_argument_after_the_kept_ones_does_not_change_them() -> None:
    words = [b"a"] * ARGUMENTS + [b"secret" * 3]
    ((_, count, arguments),) = requests(in_steps(command(*words), 5))
    assert count == ARGUMENTS + 1
    assert arguments == [b"a"] * ARGUMENTS


def test_parser_skips_within_one_argument_only() -> None:
    parser = RequestParser()
    begin = b"*2\r\n$3\r\nGET\r\n$10\r\nab"
    parser.feed(begin, 0, len(begin))
    assert parser.countdown() == 8
    assert not parser.skip(11)
    assert parser.skip(5)
    parser.feed(b"xyz\r\n", 0, 5)
    assert parser.done


def test_parser_skips_to_the_end_of_the_last_argument() -> None:
    parser = RequestParser()
    begin = b"*2\r\n$3\r\nGET\r\n$10\r\nab"
    parser.feed(begin, 0, len(begin))
    assert parser.skip(10)
    assert parser.done
    assert parser.arguments == [b"GET", b"ab"]


def test_parser_goes_on_with_the_line_end_behind_a_skipped_value() -> None:
    parser = RequestParser()
    begin = b"*1\r\n$10\r\nab"
    parser.feed(begin, 0, len(begin))
    assert parser.skip(8)
    assert parser.feed(b"\r\n", 0, 2) == 2
    assert parser.done


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", []),
        (b" \t ", []),
        (b"a b", [b"a", b"b"]),
        (b'""', [b""]),
        (b"''", [b""]),
        (b'"a b" c', [b"a b", b"c"]),
        (b'"\\n\\r\\t\\b\\a\\\\\\"\\q"', [b'\n\r\t\b\a\\"q']),
        (b'"\\x41\\xfF\\xZZ"', [b"A\xffxZZ"]),
        (b"'\\n\\x41'", [b"\\n\\x41"]),
        (b"'it\\'s'", [b"it's"]),
        (b'a"b c"', [b"ab c"]),
        (b"a'b c' d", [b"ab c", b"d"]),
        (b"\xff\x80", [b"\xff\x80"]),
    ],
)
def test_inline_words_are_quoted_as_by_the_server(line: bytes, words: list[bytes]) -> None:
    assert split_inline(line) == words


@pytest.mark.parametrize("line", [b'"', b"'", b'"a', b'"a"b', b"'a'b", b'"a\\"', b"'a\\'", b'a"b'])
def test_quotes_that_do_not_match_are_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        split_inline(line)


word_lists = st.lists(st.binary(max_size=20), min_size=1, max_size=6)


@given(st.lists(word_lists, min_size=1, max_size=4), st.data())
def test_generated_requests_are_found_in_any_split(
    several: list[list[bytes]], data: st.DataObject
) -> None:
    encoded = [command(*words) for words in several]
    stream = b"".join(encoded)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    found = requests(split(stream, cuts))
    assert [arguments for _, _, arguments in found] == several
    assert [end for end, _, _ in found] == [
        sum(map(len, encoded[: at + 1])) for at in range(len(several))
    ]


@given(word_lists)
def test_scanner_and_parser_agree(words: list[bytes]) -> None:
    data = command(*words)
    assert RequestScanner().whole(data, 0, len(data)) == len(data)
    assert split_request(data) == words


nearly = st.lists(
    st.sampled_from(
        [b"*", b"$", b"-1", b"0", b"1", b"2", b"3", b" ", b"'", b'"', b"\\x", b"a", b":", b"\n"]
        + [b"\r\n"] * 6
        + [b"99999999999", b"\0", b"\xff"]
    ),
    max_size=25,
)


@given(nearly, st.data())
def test_almost_requests_are_read_the_same_in_any_split(
    tokens: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(tokens)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6))
    assert outcome([stream]) == outcome(split(stream, cuts))


def outcome(pieces: list[bytes]) -> list[tuple[int, int, list[bytes]]] | None:
    try:
        return requests(pieces)
    except ProtocolError:
        return None


@given(st.one_of(st.binary(max_size=40), nearly.map(b"".join)))
def test_scanner_raises_nothing_but_protocol_error_and_never_disagrees(data: bytes) -> None:
    """What it takes for a whole request, the parser takes for the same one."""
    if not data:
        return
    stop = INCOMPLETE
    scanner = RequestScanner()
    with contextlib.suppress(ProtocolError):
        stop = int(scanner.whole(data, 0, len(data)))
    if stop > 0:
        (found,) = requests([data[:stop]])
        assert found[:2] == (stop, scanner.count)
