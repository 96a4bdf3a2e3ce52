"""Every opcode, with the bytes of a real server: named, timed and paired."""

import pytest

from tests.build import Conversation
from tests.feeds import in_steps
from tests.protocols.capture import Capture
from tests.protocols.memcached.packets import NOOP, answer, ask, capture, memcached
from tests.protocols.memcached.recorded import RECORDED, SILENT, Recorded

IDS = [f"{each.request[1]:02x} {each.line} {each.code}" for each in RECORDED]


def run(each: Recorded, size: int = 1448) -> Capture:
    """The request and its reply, in pieces of `size` bytes."""
    made = memcached()
    for at, piece in enumerate(in_steps(each.request, size)):
        made.client(piece, at_us=1000 + at)
    for at, piece in enumerate(in_steps(each.reply, size)):
        made.server(piece, at_us=5000 + at)
    return capture(made.packets)


@pytest.mark.parametrize("each", RECORDED, ids=IDS)
def test_reply_of_the_server_is_named_and_paired(each: Recorded) -> None:
    (exchange,) = run(each).exchanges
    assert (exchange.command, exchange.request) == (each.command, each.line)
    assert (exchange.status, exchange.code, exchange.hits) == (each.status, each.code, each.hits)
    assert (exchange.request_bytes, exchange.reply_bytes) == (len(each.request), len(each.reply))
    assert exchange.exact
    assert exchange.latency_ns == 4_000_000


@pytest.mark.parametrize("size", [1, 7, 23, 24, 25])
@pytest.mark.parametrize("each", RECORDED, ids=IDS)
def test_pieces_of_any_size_say_the_same(each: Recorded, size: int) -> None:
    (exchange,) = run(each, size).exchanges
    assert (exchange.request, exchange.status, exchange.code) == (each.line, each.status, each.code)
    assert (exchange.request_bytes, exchange.reply_bytes) == (len(each.request), len(each.reply))
    pieces = len(in_steps(each.request, size))
    assert exchange.latency_ns == 4_000_000 - (pieces - 1) * 1000
    replies = len(in_steps(each.reply, size))
    assert exchange.reply_last_ns - exchange.reply_first_ns == (replies - 1) * 1000


@pytest.mark.parametrize(("request_", "line"), SILENT, ids=[line for _, line in SILENT])
def test_quiet_request_that_the_server_says_nothing_to_is_silent(
    request_: bytes, line: str
) -> None:
    conversation = memcached().client(request_, at_us=100)
    if line != "quit":
        conversation.client(ask(NOOP)).server(answer(NOOP))
    first = capture(conversation.packets).exchanges[0]
    assert (first.request, first.status, first.exact) == (line, "silent", True)
    assert (first.reply_bytes, first.latency_ns) == (0, -1)


def test_all_of_them_in_one_segment_are_paired_in_order() -> None:
    every = RECORDED[:-2]
    sent = b"".join(each.request for each in every)
    got = b"".join(each.reply for each in every)
    result = capture(memcached().client(sent).server(got).packets)
    assert [x.request for x in result.exchanges] == [each.line for each in every]
    assert [x.code for x in result.exchanges] == [each.code for each in every]
    assert result.pairing.unpaired == {}


def test_keys_are_those_of_items_only() -> None:
    keys = {each.line: run(each).exchanges[0].key for each in RECORDED}
    assert keys["set key 7 0 5"] == "key"
    assert keys["gat 60 none"] == "none"
    assert keys["stats reset"] is None
    assert keys["sasl_auth PLAIN ***"] is None
    assert keys["noop"] is None


def test_secret_of_a_login_is_nowhere() -> None:
    secret = [each for each in RECORDED if b"secret" in each.request]
    assert len(secret) == 2
    assert not any("secret" in run(each).exchanges[0].request for each in secret)


def test_many_packets_of_stat_are_one_reply() -> None:
    numbers = b"".join(answer(0x10, b"1", key=b"stat%d" % number) for number in range(90))
    made = Conversation(server="10.0.0.2:11211", mss=100).handshake()
    made.client(ask(0x10) + ask(NOOP), at_us=1000)
    made.server(numbers + answer(0x10) + answer(NOOP), at_us=2000)
    stats, noop = capture(made.packets).exchanges
    assert (stats.request, stats.reply_bytes) == ("stats", len(numbers) + 24)
    assert (noop.request, noop.reply_bytes) == ("noop", 24)
    assert stats.latency_ns == 1_000_000
    assert stats.reply_last_ns > stats.reply_first_ns
