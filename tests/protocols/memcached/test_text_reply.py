"""Replies of the text protocol, as memcached 1.6.18 writes them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.errors import ProtocolError
from tcpkit.protocols.memcached.meta_flags import KEY_TAG, OPAQUE_TAG, meta_tag
from tcpkit.protocols.memcached.text_reply import TextReply
from tcpkit.protocols.memcached.text_words import (
    R_CLIENT_ERROR,
    R_END,
    R_ERROR,
    R_LOG,
    R_SERVER_ERROR,
    R_VA,
    R_VALUES,
    code_of,
)
from tests.feeds import Pieces, in_steps, same_every_way, split
from tests.protocols.memcached.text_said import ALL, Said

Facts = tuple[int, str, int, bytes, int]  # position behind, code, values, first line, tag


def replies(pieces: Pieces, keep_head: bool = False) -> list[Facts]:
    found = []
    reply = TextReply()
    reply.keep_head = keep_head
    reply.reads_tags = True
    begin = 0
    for piece in pieces:
        at = 0
        while at < len(piece):
            at = int(reply.feed(piece, at, len(piece)))
            if reply.done:
                code = code_of(reply.kind, reply.head.split(b" ")[0])
                found.append((begin + at, code, int(reply.hits), reply.head, int(reply.tag)))
                reply.next_message()
        begin += len(piece)
    return found


def with_heads(pieces: Pieces) -> list[Facts]:
    return replies(pieces, keep_head=True)


@pytest.mark.parametrize("said", ALL, ids=lambda said: repr(said.sent))
def test_reply_is_the_same_however_its_bytes_come(said: Said) -> None:
    found = same_every_way(replies, said.got)
    assert [(end, code) for end, code, *_ in found] == [(len(said.got), said.code)]
    if said.hits >= 0 and said.command.startswith("g"):
        assert found[0][2] == said.hits


@pytest.mark.parametrize("said", ALL, ids=lambda said: repr(said.sent))
def test_reply_ends_where_the_next_one_begins(said: Said) -> None:
    data = said.got + b"STORED\r\n"
    found = same_every_way(replies, data)
    assert [(end, code) for end, code, *_ in found] == [
        (len(said.got), said.code),
        (len(data), "STORED"),
    ]


@pytest.mark.parametrize("said", ALL, ids=lambda said: repr(said.sent))
def test_first_line_is_kept_when_asked_for(said: Said) -> None:
    found = same_every_way(with_heads, said.got)
    assert [head for _, _, _, head, _ in found] == [said.got.split(b"\r\n")[0].split(b"\n")[0]]


@pytest.mark.parametrize("said", ALL, ids=lambda said: repr(said.sent))
def test_reply_without_its_last_byte_is_not_done(said: Said) -> None:
    assert same_every_way(replies, said.got[:-1]) == []


def test_error_ends_a_reply_that_has_begun() -> None:
    data = b"VALUE k 0 3\r\nabc\r\nSERVER_ERROR out of memory writing get response\r\nEND\r\n"
    found = same_every_way(replies, data)
    assert [(end, code) for end, code, *_ in found] == [
        (len(data) - 5, "SERVER_ERROR"),
        (len(data), "END"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"\x81\x00\x00\x00\x00\x00\r\n",
        b"VALUE k 0 x\r\n",
        b"VALUE k 0\r\n",
        b"VALUE k 0 99999999999\r\n",
        b"VALUE k 0 3\r\nabcde\r\n",
        b"VALUE k 0 3\r\nabc\r\nSTORED\r\n",
        b"VALUE k 0 3\r\nabc\r\nHD\r\n",
        b"VA x\r\nabc\r\n",
        b"VA 3\r\nabcde\r\n",
        b"STAT a 1\r\nVALUE k 0 3\r\nabc\r\n",
        b"stored\r\n",
        b"+OK\r\n",
    ],
)
def test_what_is_no_reply_is_refused_however_it_comes(data: bytes) -> None:
    for pieces in ([data], in_steps(data, 1), in_steps(data, 3)):
        with pytest.raises(ProtocolError):
            replies(pieces)


def test_value_is_counted_and_not_kept() -> None:
    reply = TextReply()
    begin = b"VALUE k 0 1000000\r\n" + bytes(400_000)
    reply.feed(begin, 0, len(begin))
    assert reply.countdown() == 600_000
    assert reply.skip(599_999)
    assert not reply.skip(2)
    rest = b"x\r\nEND\r\n"
    assert reply.feed(rest, 0, len(rest)) == len(rest)
    assert (reply.done, reply.kind, reply.hits) == (True, R_VALUES, 1)


def test_bytes_that_were_cut_off_may_end_a_meta_value_and_not_a_get() -> None:
    for head, done in ((b"VA 10\r\nabc", True), (b"VALUE k 0 10\r\nabc", False)):
        reply = TextReply()
        reply.feed(head, 0, len(head))
        assert not reply.skip_to_end(10)
        assert reply.skip_to_end(9)
        assert reply.done == done
    assert reply.kind == R_VALUES
    assert reply.feed(b"END\r\n", 0, 5) == 5


def test_long_line_is_passed_over() -> None:
    line = b"CLIENT_ERROR " + b"x" * 100_000 + b"\r\n"
    for size in (1000, 65536, len(line)):
        found = replies(in_steps(line + b"END\r\n", size))
        assert [(end, code) for end, code, *_ in found] == [
            (len(line), "CLIENT_ERROR"),
            (len(line) + 5, "END"),
        ]


def test_lines_for_a_watcher_are_replies_of_their_own() -> None:
    lines = (
        b"ts=1795529010.1 gid=1 type=item_get key=k status=found clsid=1 cfd=24 size=3\n"
        b"[skipped: 5]\n"
    )
    reply = TextReply()
    at = int(reply.feed(lines, 0, len(lines)))
    assert (reply.kind, at) == (R_LOG, lines.index(b"\n") + 1)
    reply.next_message()
    assert reply.feed(lines, at, len(lines)) == len(lines)
    assert reply.kind == R_LOG


def test_dump_of_a_newer_server_ends_in_en() -> None:
    data = b"mg foo\r\nmg bar\r\nEN\r\n"
    found = same_every_way(replies, data)
    assert [(end, code) for end, code, *_ in found] == [(len(data), "END")]


def test_meta_reply_has_the_tag_of_what_it_repeats() -> None:
    opaque = int(meta_tag(OPAQUE_TAG, b"123", 0, 3))
    key = int(meta_tag(KEY_TAG, b"foo", 0, 3))
    for data, tag in (
        (b"HD\r\n", 0),
        (b"HD O123\r\n", opaque),
        (b"EN kfoo\r\n", key),
        (b"VA 2 kfoo s2 O123\r\nab\r\n", opaque + key),
        (b"VA 2 O123 kfoo\r\nab\r\n", opaque + key),
    ):
        assert [each[4] for each in same_every_way(replies, data)] == [tag]


def test_keys_and_opaques_that_differ_have_other_tags() -> None:
    tags = {
        int(meta_tag(KEY_TAG, key, 0, len(key))) + int(meta_tag(OPAQUE_TAG, opaque, 0, len(opaque)))
        for key in (b"key-%d" % number for number in range(300))
        for opaque in (b"%d" % number for number in range(30))
    }
    assert len(tags) == 9000


@given(st.lists(st.sampled_from(ALL), max_size=8), st.data())
def test_any_split_finds_the_same_replies(said: list[Said], data: st.DataObject) -> None:
    stream = b"".join(each.got for each in said)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6))
    assert replies(split(stream, cuts)) == replies([stream])


WORDS = st.lists(
    st.sampled_from(
        [b"VALUE ", b"k ", b"0 ", b"3", b"END", b"STAT ", b"VA ", b"HD", b"EN", b"ERROR", b"\r\n",
         b"\r", b"\n", b"STORED", b"STOR", b"12", b" ", b"O1 ", b"kfoo", b"abc", b"\xff"]
    ),
    max_size=20,
)  # fmt: skip


@given(st.one_of(st.binary(max_size=60), WORDS.map(b"".join)), st.data())
def test_bytes_of_any_kind_are_read_alike_however_they_come(
    stream: bytes, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=4))
    try:
        found = replies([stream])
    except ProtocolError:
        with pytest.raises(ProtocolError):
            replies(split(stream, cuts))
        return
    assert replies(split(stream, cuts)) == found


def test_kinds_of_errors() -> None:
    for data, kind in (
        (b"ERROR\r\n", R_ERROR),
        (b"ERROR: shutdown not enabled\r\n", R_ERROR),
        (b"CLIENT_ERROR bad data chunk\r\n", R_CLIENT_ERROR),
        (b"SERVER_ERROR object too large for cache\r\n", R_SERVER_ERROR),
        (b"END\r\n", R_END),
        (b"VA 1\r\nx\r\n", R_VA),
    ):
        reply = TextReply()
        with contextlib.suppress(ProtocolError):
            reply.feed(data, 0, len(data))
        assert (reply.done, reply.kind) == (True, kind)
