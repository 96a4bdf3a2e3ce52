"""The session interface carries commands that are answered or not, as what follows tells."""

from functools import partial

import pytest

from tests.build import Conversation, drop
from tests.protocols.slices.memcached_quiet import (
    GET,
    GETQ,
    HEADER,
    NOOP,
    REPLY,
    REQUEST,
    QuietStream,
)
from tests.protocols.slices.opened import Opened
from tests.protocols.slices.queued import QueuedOpener


def ask(opcode: int, opaque: int, key: bytes = b"") -> bytes:
    return HEADER.pack(REQUEST, opcode, len(key), 0, 0, 0, len(key), opaque, 0) + key


def answer(opcode: int, opaque: int, value: bytes = b"") -> bytes:
    extras = b"" if opcode == NOOP else b"flag"
    body = extras + value
    return HEADER.pack(REPLY, opcode, 0, len(extras), 0, 0, len(body), opaque, 0) + body


def run(conversation: Conversation) -> Opened:
    return Opened(partial(QueuedOpener, QuietStream), 11211).feed(conversation.packets)


def memcached(mss: int = 1448) -> Conversation:
    return Conversation(server="10.0.0.2:11211", mss=mss).handshake()


@pytest.mark.parametrize("mss", [1, 20, 1448])
def test_quiet_gets_are_hits_or_silent_as_the_noop_tells(mss: int) -> None:
    sent = ask(GETQ, 1, b"a") + ask(GETQ, 2, b"b") + ask(GETQ, 3, b"c") + ask(NOOP, 4)
    got = answer(GETQ, 2, b"value") + answer(NOOP, 4)
    result = run(memcached(mss).client(sent, at_us=1000).server(got, at_us=3000))
    assert [(x.request, x.status) for x in result.exchanges] == [
        ("get a", "silent"), ("get b", "ok"), ("get c", "silent"), ("noop", "ok"),
    ]  # fmt: skip
    assert [int(x.reply_bytes) for x in result.exchanges] == [0, 33, 0, 24]
    assert (result.pairing.silent, result.pairing.exact) == (2, 2)


def test_reply_has_the_time_of_its_first_byte() -> None:
    got = answer(GET, 7, b"x" * 100)
    conversation = memcached().client(ask(GET, 7, b"k"), at_us=1000)
    conversation.server(got[:30], at_us=1500).server(got[30:], at_us=9000)
    (exchange,) = run(conversation).exchanges
    assert exchange.latency_ns == 500_000
    assert exchange.reply_last_ns - exchange.reply_first_ns == 7_500_000


def test_quiet_get_that_nothing_follows_waits() -> None:
    result = run(memcached().client(ask(GETQ, 1, b"a"), at_us=1000)).finish()
    assert (result.exchanges, result.pairing.unanswered) == ([], 1)


def test_request_without_a_reply_times_out() -> None:
    result = run(memcached().client(ask(GET, 1, b"a"), at_us=1000)).advance(20_000_000)
    assert [x.status for x in result.exchanges] == ["timeout"]


def test_reply_that_nobody_asked_for_is_counted() -> None:
    sent, got = ask(GET, 1, b"a"), answer(GET, 99)
    result = run(memcached().client(sent).server(got))
    assert result.exchanges == []
    assert result.pairing.unpaired == {"reply without request": 1}


def test_loss_ends_the_trust() -> None:
    conversation = memcached()
    for number in range(30):
        conversation.client(ask(GET, number, b"k"), at_us=1000 * number + 1000)
        conversation.server(answer(GET, number), at_us=1000 * number + 1200)
    result = run(Conversation()).feed(drop(conversation.packets, 5)).finish()
    assert [int(x.request_seq) for x in result.exchanges] == [1001]
    assert result.pairing.unpaired.keys() == {"request lost"}
    assert result.flow.gaps == 1
