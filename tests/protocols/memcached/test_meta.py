"""Meta commands that may get no reply: what follows tells. Replies are memcached 1.6.18's."""

import pytest

from tcpkit.protocols.memcached.meta_flags import (
    plain_key,
    repeats,
    reply_flags,
    request_flags,
)
from tests.protocols.memcached.packets import capture, memcached, run

Pairs = list[tuple[str, bytes | str]]
MN = b"MN\r\n"


def talked(sent: bytes, got: bytes, mss: int = 1448) -> Pairs:
    made = capture(memcached(mss).client(sent, at_us=1000).server(got, at_us=1300).packets)
    assert all(exchange.exact for exchange in made.exchanges)
    assert made.pairing.unpaired == {}
    return made.pairs


# Each with what is not sent because of q, or None where all is.
QUIET = [
    (b"mg q v q", b"EN\r\n", None),
    (b"mg k q", None, b"HD\r\n"),
    (b"mg k q v", None, b"VA 3\r\nabc\r\n"),
    (b"mg k q k O5", None, b"HD kk O5\r\n"),
    (b"mg k q !", None, b"CLIENT_ERROR invalid flag\r\n"),
    (b"md k q", b"HD\r\n", None),
    (b"md k q", None, b"NF\r\n"),
    (b"md k q k O1", None, b"NF kk O1\r\n"),
    (b"md k C1 q", None, b"EX\r\n"),
    (b"ma n q", b"HD\r\n", None),
    (b"ma n q v", b"VA 2\r\n18\r\n", None),
    (b"ma n q", None, b"NF\r\n"),
    (b"ma n C1 q", None, b"EX\r\n"),
    (b"ma s q", None, b"CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"),
    (b"ma new q N0", None, b"HD\r\n"),  # a counter that is made is told
]
STORE = [
    (b"ms k 3 q\r\nabc", b"HD\r\n", None),
    (b"ms k 3 ME q k O2\r\nabc", None, b"NS kk O2\r\n"),
    (b"ms k 3 C1 q\r\nabc", None, b"EX\r\n"),
    (b"ms none 3 C1 q\r\nabc", None, b"NF\r\n"),
    (b"ms k 3 q !\r\nabc", None, b"CLIENT_ERROR invalid flag\r\n"),
    (b"ms k 3 q\r\nabc", None, b"SERVER_ERROR object too large for cache\r\n"),
]


@pytest.mark.parametrize(("sent", "hidden", "shown"), QUIET + STORE)
def test_quiet_command_before_mn(sent: bytes, hidden: bytes | None, shown: bytes | None) -> None:
    text = sent.split(b"\r\n")[0].decode()
    for mss in (1, 5, 1448):
        pairs = talked(sent + b"\r\nmn\r\n", (shown or b"") + MN, mss)
        assert pairs == [(text, shown or "silent"), ("mn", MN)]


@pytest.mark.parametrize(("sent", "hidden", "shown"), QUIET + STORE)
def test_quiet_command_between_others(
    sent: bytes, hidden: bytes | None, shown: bytes | None
) -> None:
    text = sent.split(b"\r\n")[0].decode()
    value = b"VALUE k 0 1\r\n5\r\nEND\r\n"
    pairs = talked(b"get k\r\n" + sent + b"\r\nget k\r\n", value + (shown or b"") + value)
    assert pairs == [("get k", value), (text, shown or "silent"), ("get k", value)]


@pytest.mark.parametrize("flags", [b"O%d", b"k O%d", b"k"])
def test_opaque_or_key_tells_which_of_many_was_answered(flags: bytes) -> None:
    for hits in ([0, 3], [1], [4], [], [0, 1, 2, 3, 4], [2, 3]):
        requests = [
            b"mg key%d v q " % n + (flags % n if b"%d" in flags else flags) for n in range(5)
        ]
        shown = [flags.replace(b"k", b"kkey%d" % n, 1) for n in range(5)]
        replies = {
            n: b"VA 1 " + (shown[n] % n if b"%d" in shown[n] else shown[n]) + b"\r\nx\r\n"
            for n in hits
        }
        sent = b"".join(request + b"\r\n" for request in requests) + b"mn\r\n"
        pairs = talked(sent, b"".join(replies.values()) + MN)
        expected = [(requests[n].decode(), replies.get(n, "silent")) for n in range(5)]
        assert pairs == [*expected, ("mn", MN)]


def test_answer_that_two_could_have_is_paired_with_neither() -> None:
    sent = b"mg a v q\r\nmg b v q\r\nmn\r\nget c\r\n"
    got = b"VA 1\r\nx\r\n" + MN + b"END\r\n"
    made = capture(memcached().client(sent, at_us=1000).server(got, at_us=1300).packets)
    assert made.pairs == [("mn", MN), ("get c", b"END\r\n")]
    assert made.pairing.unpaired == {"quiet, answer unclear": 3}


def test_error_that_only_one_of_two_can_have_is_its_own() -> None:
    bad = b"CLIENT_ERROR cannot increment or decrement non-numeric value\r\n"
    pairs = talked(b"mg k v q\r\nma s q\r\nget k\r\n", bad + b"END\r\n")
    assert pairs == [("mg k v q", "silent"), ("ma s q", bad), ("get k", b"END\r\n")]


def test_quiet_bad_data_chunk_is_told() -> None:
    bad = b"CLIENT_ERROR bad data chunk\r\nERROR\r\n"
    sent = b"ms k 3 q\r\nabcde\r\nmn\r\n"
    made = capture(memcached().client(sent, at_us=1000).server(bad + MN, at_us=1300).packets)
    assert [request for request, _ in made.pairs] == ["ms k 3 q", "***", "mn"]


def test_key_in_base64_may_be_repeated_in_another_way() -> None:
    assert talked(b"mg YQ== b v k\r\n", b"VA 2 ka\r\nAB\r\n") == [
        ("mg YQ== b v k", b"VA 2 ka\r\nAB\r\n")
    ]
    assert talked(b"mg key k v\r\n", b"VA 3 ka2V5 b\r\nabc\r\n") == [
        ("mg key k v", b"VA 3 ka2V5 b\r\nabc\r\n")
    ]


@pytest.mark.parametrize("got", [b"HD kb O1\r\n", b"HD ka O2\r\n", b"HD ka\r\n", b"HD O1\r\n"])
def test_reply_that_repeats_something_else_is_paired_with_nobody(got: bytes) -> None:
    made = capture(memcached().client(b"mg a k O1\r\n", at_us=1000).server(got, at_us=1300).packets)
    assert made.exchanges == []
    assert made.pairing.unpaired["contradiction"] == 1


def test_quiet_request_is_silent_when_the_connection_ends() -> None:
    made = capture(memcached().client(b"mg a q\r\n", at_us=1000).close().packets)
    assert [(each.status, each.exact) for each in made.exchanges] == [("silent", False)]


def test_quiet_request_is_silent_after_the_timeout() -> None:
    made = run(memcached().client(b"mg a q\r\n", at_us=1000).packets, timeout_s=1)
    made.advance(5_000_000)
    assert [(each.status, each.exact) for each in made.exchanges] == [("silent", False)]


def test_flags_of_a_request_and_of_a_reply_are_compared() -> None:
    asked = request_flags(b"mg Zm9v b k O1 v")
    assert plain_key(asked) == b"foo"
    assert repeats(reply_flags(b"VA 3 kZm9v b O1"), asked)
    assert repeats(reply_flags(b"VA 3 O1 kfoo"), asked)
    assert not repeats(reply_flags(b"VA 3 O1 kZm9v"), asked)
    assert not repeats(reply_flags(b"VA 3 kZm9v b"), asked)
    assert not repeats(reply_flags(b"VA 3 kZm9v b O1"), request_flags(b"mg Zm9v b O1 v"))


def test_key_that_is_no_base64_is_taken_as_it_is() -> None:
    for key in (b"!!!", b"Zm9", b"Zm9v=", b"Z m"):
        assert plain_key(request_flags(b"mg %b b" % key)) == key.split(b" ")[0]
