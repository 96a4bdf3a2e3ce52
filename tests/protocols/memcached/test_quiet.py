"""Requests that may get no reply: what follows tells whether they did."""

import pytest

from tcpkit.protocols.quiet import RIVALS_SEEN
from tests.build import Packet, drop
from tests.protocols.memcached.packets import (
    DELETEQ,
    GET,
    GETKQ,
    GETQ,
    NOOP,
    QUITQ,
    SETQ,
    answer,
    ask,
    capture,
    memcached,
    miss,
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


def test_quiet_mutations_are_answered_by_errors_only() -> None:
    sent = ask(SETQ, b"a", b"1", 1) + ask(DELETEQ, b"b", opaque=2) + ask(DELETEQ, b"c", opaque=3)
    got = miss(DELETEQ, 3) + answer(NOOP, opaque=4)
    result = capture(memcached().client(sent + ask(NOOP, opaque=4)).server(got).packets)
    assert [(x.request, x.status, x.code) for x in result.exchanges] == [
        ("set a 0 0 1", "silent", None), ("delete b", "silent", None),
        ("delete c", "ok", "NOT_FOUND"), ("noop", "ok", "OK"),
    ]  # fmt: skip


def test_key_in_the_reply_tells_quiet_gets_of_one_opaque_apart() -> None:
    sent = ask(GETKQ, b"a") + ask(GETKQ, b"b") + ask(GETKQ, b"c") + ask(NOOP)
    got = answer(GETKQ, b"v", key=b"b") + answer(NOOP)
    result = capture(memcached().client(sent).server(got).packets)
    assert [(x.request, x.status) for x in result.exchanges] == [
        ("get a", "silent"), ("get b", "ok"), ("get c", "silent"), ("noop", "ok"),
    ]  # fmt: skip
    assert all(exchange.exact for exchange in result.exchanges)


def test_ordinary_get_tells_of_the_quiet_ones_before_it() -> None:
    sent = ask(GETQ, b"a", opaque=1) + ask(GET, b"b", opaque=2)
    result = capture(memcached().client(sent).server(miss(GET, 2)).packets)
    assert [(x.request, x.status, x.code, x.hits) for x in result.exchanges] == [
        ("get a", "silent", None, -1), ("get b", "ok", "NOT_FOUND", 0),
    ]  # fmt: skip


def test_request_that_came_after_the_reply_was_sent_is_no_rival() -> None:
    conversation = memcached().client(ask(GETQ, b"a")).server(answer(GETQ, b"v"))
    conversation.client(ask(GETQ, b"a") + ask(NOOP)).server(answer(NOOP))
    result = capture(conversation.packets)
    assert [(x.request, x.status) for x in result.exchanges] == [
        ("get a", "ok"), ("get a", "silent"), ("noop", "ok"),
    ]  # fmt: skip


def test_quiet_request_before_one_that_waits_is_not_decided_by_time() -> None:
    conversation = memcached().client(ask(GETQ, b"a", opaque=1) + ask(GET, b"b", opaque=2))
    result = run(conversation.packets).advance(20_000_000)
    assert [(x.request, x.status) for x in result.exchanges] == [("get b", "timeout")]
    result.feed(conversation.server(answer(GETQ, b"v", 1), at_us=21_000_000).packets[-1:])
    assert [(x.request, x.status) for x in result.exchanges[1:]] == [("get a", "ok")]


def test_depth_counts_quiet_requests_that_wait() -> None:
    sent = ask(GETQ, b"a", opaque=1) + ask(SETQ, b"b", b"1", 2) + ask(NOOP, opaque=3)
    result = capture(memcached().client(sent).server(answer(NOOP, opaque=3)).packets)
    assert [int(exchange.depth) for exchange in result.exchanges] == [0, 1, 2]


def test_no_reply_lost_is_taken_for_silence() -> None:
    """The hit of a quiet get was not captured: what was asked before it is not decided."""
    conversation = memcached().client(ask(GETQ, b"a", opaque=1) + ask(NOOP, opaque=2))
    conversation.server(answer(GETQ, b"v", 1)).server(answer(NOOP, opaque=2))
    conversation.client(ask(NOOP, opaque=3), at_us=9_000).server(answer(NOOP, opaque=3))
    result = capture(drop(conversation.packets, 4))
    assert "silent" not in {exchange.status for exchange in result.exchanges}
    assert not any(exchange.exact for exchange in result.exchanges)


def test_long_batch_of_quiet_gets_is_followed() -> None:
    sent = b"".join(ask(GETQ, b"k%d" % number, opaque=number + 1) for number in range(3000))
    got = b"".join(answer(GETQ, b"v", number + 1) for number in range(0, 3000, 2))
    made = memcached().client(sent + ask(NOOP), at_us=1000).server(got + answer(NOOP))
    result = capture(made.packets)
    assert (result.pairing.exact, result.pairing.silent) == (1501, 1500)
    assert result.pairing.unpaired == {}


def test_quiet_gets_without_order_are_told_apart_up_to_a_bound() -> None:
    opaques = [number ^ 0x55 for number in range(2 * RIVALS_SEEN)]
    sent = b"".join(ask(GETQ, b"k", opaque=opaque) for opaque in opaques)
    got = answer(GETQ, b"v", opaques[0]) + answer(GETQ, b"v", opaques[-1])
    result = capture(memcached().client(sent + ask(NOOP)).server(got + answer(NOOP)).packets)
    assert result.pairing.unpaired == {"quiet, answer unclear": 2}
    assert [x.status for x in result.exchanges if x.answered] == ["ok", "ok"]


def batches(count: int) -> list[Packet]:
    """Each a SETQ and a NOOP, a pause after each."""
    made = memcached()
    for number in range(count):
        sent = ask(SETQ, b"k%d" % number, b"1") + ask(NOOP)
        made.client(sent, at_us=1000 + 100_000 * number).server(answer(NOOP))
    return made.packets


def test_silence_on_trial_is_reported_with_the_replies_around_it() -> None:
    result = capture(batches(4)[3:])
    assert [(x.request, x.status, bool(x.exact)) for x in result.exchanges] == [
        (text, status, False)
        for number in range(1, 4)
        for text, status in ((f"set k{number} 0 0 1", "silent"), ("noop", "ok"))
    ]
    assert (result.pairing.silent, result.pairing.inferred) == (3, 3)


def test_quiet_request_that_a_capture_begins_with_may_not_be_the_first_of_its_batch() -> None:
    """The reply is that of `a`, which was not captured."""
    made = memcached().client(ask(GETQ, b"a")).client(ask(GETQ, b"b")).client(ask(NOOP))
    made.server(answer(GETQ, b"v") + answer(NOOP)).client(ask(NOOP)).server(answer(NOOP))
    result = capture(made.packets[4:])
    assert [(x.request, x.status) for x in result.exchanges] == [("noop", "ok")]
    assert result.pairing.unpaired == {"lost in step": 2}


def test_silence_on_trial_is_dropped_with_it() -> None:
    made = memcached()
    made.client(ask(NOOP, opaque=1), at_us=1000).server(answer(NOOP, opaque=1))
    made.client(ask(SETQ, b"k", b"1", 2) + ask(NOOP, opaque=3), at_us=2000)
    made.server(answer(NOOP, opaque=3)).server(answer(NOOP, opaque=4))
    result = capture(made.packets[3:])
    assert result.exchanges == []
    assert result.pairing.silent == 0
    assert result.pairing.unpaired["trial failed"] == 3
