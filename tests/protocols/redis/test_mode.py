"""What a connection's commands mean for its next replies, as pure state."""

import pytest

from tcpkit.protocols.message import BLOCKING, REPLICATION, TRANSACTION
from tcpkit.protocols.pairing import Request
from tcpkit.protocols.redis.mode import (
    ECHOES,
    FLAGGED,
    MONITORS,
    ORDINARY,
    REPLICATES,
    RESETS,
    SUBSCRIBES,
    Mode,
)
from tcpkit.protocols.redis.subscription import first_string, strings_of
from tests.protocols.redis.resp import array, bulk, confirmation, push


def taken(mode: Mode, text: str) -> Request:
    request = Request()
    words = [word.encode() for word in text.split(" ")]
    request.count = len(words)
    mode.request(request, words)
    return request


@pytest.mark.parametrize(
    ("text", "kind", "flags"),
    [
        ("GET k", ORDINARY, 0),
        ("PING", ORDINARY, 0),
        ("PING text", ECHOES, 0),
        ("echo text", ECHOES, 0),
        ("SUBSCRIBE a", SUBSCRIBES, 0),
        ("MONITOR", MONITORS, 0),
        ("PSYNC ? -1", REPLICATES, REPLICATION),
        ("SYNC", REPLICATES, REPLICATION),
        ("EXEC", FLAGGED, 0),
        ("RESET", RESETS, 0),
        ("CLIENT ID", ORDINARY, 0),
    ],
)
def test_kind_and_flags_of_a_request(text: str, kind: int, flags: int) -> None:
    request = taken(Mode(True), text)
    assert (request.kind, request.flags, request.expected != 0) == (kind, flags, True)


@pytest.mark.parametrize(
    "text", ["REPLCONF capa eof", "MULTI", "BLPOP a 0", "XREAD BLOCK 0 STREAMS a 0"]
)
def test_flag_of_a_request(text: str) -> None:
    flags = {"REPLCONF capa eof": REPLICATION, "MULTI": TRANSACTION}
    assert taken(Mode(True), text).flags == flags.get(text, BLOCKING)


def test_confirmations_are_counted_for_their_request() -> None:
    mode = Mode(True)
    request = taken(mode, "SUBSCRIBE a b")
    assert mode.watchful
    assert not mode.confirmed(request, confirmation("subscribe", "a", 1))
    assert mode.confirmed(request, confirmation("subscribe", "b", 2))
    mode.ended(request, False)
    assert mode.subscriptions is not None
    assert mode.subscriptions.channels == {b"a", b"b"}
    assert mode.watchful
    request = taken(mode, "UNSUBSCRIBE")
    assert not mode.confirmed(request, confirmation("unsubscribe", "b", 1))
    assert mode.confirmed(request, confirmation("unsubscribe", "a", 0))
    mode.ended(request, False)
    assert not mode.watchful


def test_patterns_and_shards_keep_the_connection_subscribed() -> None:
    mode = Mode(True)
    for word, name in (("PSUBSCRIBE", "p*"), ("SSUBSCRIBE", "s")):
        request = taken(mode, f"{word} {name}")
        assert mode.confirmed(request, confirmation(word.lower(), name, 1))
        mode.ended(request, False)
    subscriptions = mode.subscriptions
    assert subscriptions is not None
    assert (subscriptions.channels, subscriptions.patterns) == (set(), {b"p*"})
    assert subscriptions.shards == {b"s"}
    mode.ended(taken(mode, "RESET"), False)
    assert not subscriptions.any


def test_error_confirms_the_whole_request() -> None:
    mode = Mode(True)
    request = taken(mode, "SUBSCRIBE a b")
    assert mode.confirmed(request, b"-NOPERM no\r\n")


def test_pushes_are_told_from_confirmations() -> None:
    mode = Mode(True)
    message = push(bulk("message"), bulk("a"), bulk("x"))
    confirmed = confirmation("subscribe", "a", 1, b">")
    request = taken(mode, "SUBSCRIBE a")
    assert mode.is_push(ord(">"), message, request)
    assert not mode.is_push(ord(">"), confirmed, request)
    assert mode.is_push(ord(">"), confirmed, None)
    assert mode.is_push(ord(">"), confirmed, Request())


def test_array_message_is_a_push_only_where_somebody_may_have_subscribed() -> None:
    message = array(bulk("message"), bulk("a"), bulk("x"))
    mode = Mode(True)
    assert not mode.is_push(ord("*"), message, None)
    request = taken(mode, "SUBSCRIBE a")
    assert not mode.is_push(ord("*"), message, None)  # a list, asked for before
    mode.confirmed(request, confirmation("subscribe", "a", 1))
    assert mode.is_push(ord("*"), message, None)
    assert Mode(False).is_push(ord("*"), message, None)
    assert not Mode(False).is_push(ord("*"), array(bulk("other")), None)


def test_monitor_lines_are_pushes_while_monitoring() -> None:
    mode = Mode(True)
    line = b'+1700000000.1 [0 127.0.0.1:1] "PING"\r\n'
    assert not mode.is_push(ord("+"), line, None)
    mode.ended(taken(mode, "MONITOR"), False)
    assert mode.is_push(ord("+"), line, None)
    assert not mode.is_push(ord("+"), b"+OK\r\n", None)
    mode.ended(taken(mode, "RESET"), False)
    assert not mode.is_push(ord("+"), line, None)


def test_failed_monitor_monitors_nothing() -> None:
    mode = Mode(True)
    mode.ended(taken(mode, "MONITOR"), True)
    assert not mode.monitoring


def test_missed_requests_end_what_only_they_could_end() -> None:
    mode = Mode(True)
    taken(mode, "CLIENT REPLY OFF")
    taken(mode, "CLIENT REPLY ON")
    taken(mode, "MULTI")
    mode.missed(True)
    assert (mode.certain, mode.in_transaction, mode.skip_next) == (False, False, False)


def test_strings_are_taken_from_the_begin_of_an_aggregate() -> None:
    head = array(bulk("a"), bulk("bc"), bulk("d"))
    assert strings_of(head, 2) == [b"a", b"bc"]
    assert strings_of(head, 9) == [b"a", b"bc", b"d"]
    assert first_string(head) == b"a"


@pytest.mark.parametrize(
    "head", [b"", b"*", b"*1", b"*1\r\n", b"*1\r\n$", b"*1\r\n$x\r\n", b"*1\r\n:1\r\n", b"*0\r\n"]
)
def test_head_without_strings_has_none(head: bytes) -> None:
    assert strings_of(head, 2) == []
    assert first_string(head) == b""
