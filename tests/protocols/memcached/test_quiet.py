"""Requests that may get no reply: what follows tells whether they did."""

import pytest

from tests.protocols.memcached.packets import (
    GETQ,
    NOOP,
    QUITQ,
    SETQ,
    answer,
    ask,
    capture,
    memcached,
    run,
)


@pytest.mark.parametrize("mss", [1, 20, 1448])
def test_quiet_gets_are_hits_or_silent_as_the_noop_tells(mss: int) -> None:
    sent = b"".join(ask(GETQ, key, opaque=at) for at, key in enumerate([b"a", b"b", b"c"], 1))
    got = answer(GETQ, b"value", 2) + answer(NOOP, opaque=4)
    conversation = memcached(mss).client(sent + ask(NOOP, opaque=4), at_us=1000)
    result = capture(conversation.server(got, at_us=3000).packets)
    assert [(x.request, x.status, x.exact) for x in result.exchanges] == [
        ("get a", "silent", True), ("get b", "ok", True),
        ("get c", "silent", True), ("noop", "ok", True),
    ]  # fmt: skip
    assert [int(x.reply_bytes) for x in result.exchanges] == [0, 33, 0, 24]
    assert (result.pairing.silent, result.pairing.exact) == (2, 2)


def test_quiet_get_that_nothing_follows_is_unanswered_at_the_captures_end() -> None:
    result = capture(memcached().client(ask(GETQ, b"a")).packets)
    assert (result.exchanges, result.pairing.unanswered) == ([], 1)


def test_quiet_get_that_nothing_follows_is_silent_after_the_timeout() -> None:
    result = run(memcached().client(ask(GETQ, b"a"), at_us=1000).packets).advance(20_000_000)
    assert [(x.status, x.exact) for x in result.exchanges] == [("silent", False)]


def test_quiet_requests_are_silent_when_the_connection_ends() -> None:
    conversation = memcached().client(ask(SETQ, b"a", b"1") + ask(QUITQ)).close()
    result = capture(conversation.packets)
    assert {(x.request, x.status) for x in result.exchanges} == {
        ("quit", "silent"), ("set a 0 0 1", "silent"),
    }  # fmt: skip


def test_reply_that_two_quiet_gets_could_have_is_given_to_neither() -> None:
    sent = ask(GETQ, b"a") + ask(GETQ, b"b") + ask(NOOP)
    got = answer(GETQ, b"value") + answer(NOOP)
    result = capture(memcached().client(sent).server(got).packets)
    assert [x.request for x in result.exchanges] == ["noop"]
    assert result.pairing.unpaired == {"quiet, answer unclear": 3}
