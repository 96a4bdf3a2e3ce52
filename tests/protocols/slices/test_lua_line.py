"""The stream interface carries a protocol whose parsers are Lua coroutines."""

import pytest

from tests.build import Conversation, drop, merge
from tests.protocols.slices.lua_line import lua_opener
from tests.protocols.slices.opened import Opened


def echo(client: str = "10.0.0.1:40000", mss: int = 1448) -> Conversation:
    return Conversation(client=client, server="10.0.0.2:7", mss=mss).handshake()


def run(conversation: Conversation) -> Opened:
    return Opened(lua_opener, 7).feed(conversation.packets)


def test_lines_are_paired_and_timed() -> None:
    conversation = echo().client(b"one\n", at_us=1000).server(b"one\n", at_us=1250)
    conversation.client(b"two\n", at_us=2000).server(b"tw", at_us=2300).server(b"o\n", at_us=2900)
    result = run(conversation)
    assert [(x.request, x.status, x.latency_ns) for x in result.exchanges] == [
        ("one", "ok", 250_000),
        ("two", "ok", 300_000),
    ]
    assert result.exchanges[1].reply_last_ns - result.exchanges[1].reply_first_ns == 600_000


@pytest.mark.parametrize("mss", [1, 2, 5, 1448])
def test_pipelined_lines_are_paired_in_any_segments(mss: int) -> None:
    lines = [b"line %d\n" % number for number in range(20)]
    sent = b"".join(lines)
    result = run(echo(mss=mss).client(sent, at_us=1000).server(sent, at_us=9000))
    assert [x.request.encode() + b"\n" for x in result.exchanges] == lines
    places = [(int(x.request_seq) - 1001, int(x.reply_seq) - 500_001) for x in result.exchanges]
    starts = [sum(map(len, lines[:at])) for at in range(20)]
    assert places == [(start, start) for start in starts]
    assert result.stats.total_reqs == 20


def test_bytes_that_are_no_text_reach_lua_as_they_are() -> None:
    result = run(echo().client(b"\0a\x7f\n").server(b"\xff\xfe\r\0\n"))
    assert [x.request for x in result.exchanges] == ["\0a\x7f"]
    assert int(result.exchanges[0].reply_bytes) == 5


def test_connections_have_coroutines_of_their_own() -> None:
    one = echo("10.0.0.1:40000").client(b"on", at_us=1000).client(b"e\n", at_us=1200)
    two = echo("10.0.0.1:40001").client(b"tw", at_us=1100).client(b"o\n", at_us=1300)
    one.server(b"one\n", at_us=2000)
    two.server(b"two\n", at_us=2100)
    result = Opened(lua_opener, 7).feed(merge(one.packets, two.packets))
    assert [(x.request, x.latency_ns) for x in result.exchanges] == [
        ("one", 800_000),
        ("two", 800_000),
    ]


def test_waiting_lines_time_out_and_are_aborted() -> None:
    conversation = echo().client(b"one\n", at_us=1000)
    result = run(conversation).advance(20_000_000)
    assert [x.status for x in result.exchanges] == ["timeout"]
    result = run(echo().client(b"one\n", at_us=1000).server_reset(at_us=1500)).advance(9_000_000)
    assert [x.status for x in result.exchanges] == ["aborted"]


def test_loss_ends_the_pairing_and_is_counted() -> None:
    conversation = echo()
    for number in range(30):
        conversation.client(b"%d\n" % number, at_us=1000 * number + 1000)
        conversation.server(b"%d\n" % number, at_us=1000 * number + 1200)
    result = Opened(lua_opener, 7).feed(drop(conversation.packets, 3 + 10)).finish()
    assert [x.request for x in result.exchanges] == ["0", "1", "2", "3", "4"]
    assert result.pairing.unpaired.keys() == {"request lost"}
