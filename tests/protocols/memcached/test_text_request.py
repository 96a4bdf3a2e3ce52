"""Requests of the text protocol, as memcached 1.6.18 reads them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.errors import ProtocolError
from tcpkit.protocols.memcached.text_line import NO_BLOCK, CommandLine
from tcpkit.protocols.memcached.text_request import (
    INCOMPLETE,
    LINE_BYTES,
    MAX_LINE,
    RequestParser,
    RequestScanner,
)
from tcpkit.protocols.memcached.text_words import RETRIEVAL, STORAGE, UNKNOWN, form_of
from tests.feeds import Pieces, in_steps, same_every_way, split
from tests.protocols.memcached.text_said import ALL, NOT_SILENT, SILENT, Said

Facts = tuple[int, bytes, int, int, bool, bool, bool]  # end, line, form, block, and what is odd


def facts(end: int, kept: bytes, line: CommandLine, bad_block: bool) -> Facts:
    return end, kept, int(line.form), int(line.block), line.silent, line.quiet, bad_block


def parsed(pieces: Pieces) -> list[Facts]:
    """The requests that the parser finds, with the positions behind them."""
    found = []
    parser = RequestParser()
    begin = 0
    for piece in pieces:
        at = 0
        while at < len(piece):
            at = int(parser.feed(piece, at, len(piece)))
            if parser.done:
                found.append(facts(begin + at, parser.kept, parser.line, parser.bad_block))
                parser = RequestParser()
        begin += len(piece)
    return found


def scanned(data: bytes) -> list[Facts]:
    """The requests that the scanner finds."""
    found = []
    scanner = RequestScanner()
    at = 0
    while at < len(data):
        stop = int(scanner.whole(data, at, len(data)))
        if stop == INCOMPLETE:
            break
        kept = data[at : scanner.line_stop]
        found.append(facts(stop, kept[:LINE_BYTES], scanner.line, scanner.bad_block))
        at = stop
    return found


def line(text: bytes) -> CommandLine:
    read = CommandLine()
    read.read(text, 0, len(text))
    return read


@pytest.mark.parametrize("said", ALL, ids=lambda said: repr(said.sent))
def test_request_is_the_same_however_its_bytes_come(said: Said) -> None:
    found = same_every_way(parsed, said.sent)
    assert found == scanned(said.sent)
    assert [each[0] for each in found] == [len(said.sent)]


@pytest.mark.parametrize("said", ALL, ids=lambda said: repr(said.sent))
def test_request_ends_where_the_next_one_begins(said: Said) -> None:
    data = said.sent + b"version\r\n"
    found = same_every_way(parsed, data)
    assert found == scanned(data)
    assert [each[0] for each in found] == [len(said.sent), len(data)]


@pytest.mark.parametrize("said", ALL, ids=lambda said: repr(said.sent))
def test_request_without_its_last_byte_is_not_whole(said: Said) -> None:
    scanner = RequestScanner()
    for end in range(3, 3 + len(said.sent)):
        padded = b"xxx" + said.sent + b"get k\r\n"
        assert scanner.whole(padded, 3, end) == INCOMPLETE


@pytest.mark.parametrize("data", SILENT)
def test_noreply_hides_the_answer(data: bytes) -> None:
    assert [each[4] for each in scanned(data)] == [True]


@pytest.mark.parametrize("data", NOT_SILENT)
def test_noreply_hides_no_answer_where_it_is_no_option(data: bytes) -> None:
    assert [each[4] for each in scanned(data)] == [False]


@pytest.mark.parametrize(
    "text",
    [
        b"set k 0 0 -1",
        b"set k 0 0 3x",
        b"set k 0 0 0x3",
        b"set k x 0 3",
        b"set k -1 0 3",
        b"set k 0 x 3",
        b"set k 0 0",
        b"set k 0 0 ",
        b"set",
        b"set k 0 0 3 noreply x",
        b"set k 0 0 2147483646",
        b"set k 0 0 99999999999",
        b"set k 0 0 9999999999999999999999",
        b"set %b 0 0 3" % (b"k" * 251),
        b"cas k 0 0 3",
        b"cas k 0 0 3 x",
        b"ms k",
        b"ms k -1",
        b"ms k S3",
        b"ms %b 3" % (b"k" * 251),
    ],
)
def test_malformed_storage_line_has_no_block_and_leaves_a_doubt(text: bytes) -> None:
    read = line(text)
    assert (read.form, read.block, read.unsure) == (UNKNOWN, NO_BLOCK, True)
    assert read.word == form_of(text.split()[0])


def test_storage_line_says_how_long_its_block_is() -> None:
    assert line(b"set %b 4294967295 1700000000 1048576" % (b"k" * 250)).block == 1048576
    assert line(b"set k 0 0 2147483645").block == 2147483645
    assert line(b"cas k 0 0 12 18446744073709551615").block == 12
    assert line(b"ms k 12 q k").block == 12


def test_block_that_does_not_end_in_cr_lf_is_passed_over_by_its_length() -> None:
    data = b"set k 0 0 3\r\nabcde\r\n"
    expected = [
        (18, b"set k 0 0 3", STORAGE, 3, False, False, True),
        (20, b"", UNKNOWN, NO_BLOCK, False, False, False),
    ]
    assert same_every_way(parsed, data) == expected
    assert scanned(data) == expected


def test_get_may_be_longer_than_any_buffer() -> None:
    data = b"get" + b" 123456789" * 50_000 + b"\r\n"
    for size in (1000, 65536):
        assert parsed(in_steps(data, size)) == [
            (len(data), data[:LINE_BYTES], RETRIEVAL, NO_BLOCK, False, False, False)
        ]


def test_other_line_without_end_is_no_memcached() -> None:
    with pytest.raises(ProtocolError, match="too long"):
        parsed(in_steps(b"x" * (MAX_LINE + 1000), 1000))


def test_line_that_was_cut_has_no_block() -> None:
    data = b"set " + b"k" * 2060 + b" 0 0 1\r\n"
    assert parsed(in_steps(data, 100)) == [
        (len(data), data[:LINE_BYTES], UNKNOWN, NO_BLOCK, False, False, False)
    ]


def test_block_is_counted_and_not_kept() -> None:
    parser = RequestParser()
    for piece in in_steps(b"set k 0 0 1000000\r\n" + bytes(500_000), 1000):
        parser.feed(piece, 0, len(piece))
    assert parser.kept == b"set k 0 0 1000000"
    assert parser.countdown() == 500_000


def test_missing_bytes_within_the_block_are_passed_over() -> None:
    parser = RequestParser()
    begin = b"set k 0 0 10\r\nabc"
    parser.feed(begin, 0, len(begin))
    assert parser.skip(4)
    assert parser.countdown() == 3
    assert not parser.skip(6)
    assert parser.skip(5)
    assert parser.done


@given(st.lists(st.sampled_from(ALL), max_size=8), st.data())
def test_any_split_finds_the_same_requests(said: list[Said], data: st.DataObject) -> None:
    stream = b"".join(each.sent for each in said)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6))
    assert parsed(split(stream, cuts)) == scanned(stream)


LINES = st.lists(
    st.sampled_from(
        [b"set", b"get", b"ms", b"mg", b"cas", b"k", b"0", b"3", b"noreply", b" ", b"\r", b"\n",
         b"\r\n", b"-1", b"q", b"O1", b"\0", b"\xff"]
    ),
    max_size=20,
)  # fmt: skip


@given(st.one_of(st.binary(max_size=60), LINES.map(b" ".join), LINES.map(b"".join)), st.data())
def test_bytes_of_any_kind_are_read_alike_however_they_come(
    stream: bytes, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=4))
    with contextlib.suppress(ProtocolError):
        assert parsed(split(stream, cuts)) == scanned(stream)
