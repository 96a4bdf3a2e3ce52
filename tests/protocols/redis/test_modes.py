"""Commands that change how many replies come: each case as Redis 7.0 answers it.

`test_a_real_server_answers_so` asks one.
"""

import socket

import pytest

from tests.build import Conversation, drop
from tests.protocols.capture import Capture, Pair, capture
from tests.protocols.redis.resp import array, bulk, command, confirmation, line, push, replies
from tests.servers import RedisServer

OK = b"+OK\r\n"
PONG = b"+PONG\r\n"
QUEUED = b"+QUEUED\r\n"
SYNTAX = b"-ERR syntax error\r\n"
ARITY = b"-ERR wrong number of arguments for 'client|reply' command\r\n"
NOT_NOW = b"-ERR Can't execute 'get': only (P|S)SUBSCRIBE are allowed in this context\r\n"
MONITOR_LINE = b'+1795252979.979647 [0 127.0.0.1:57044] "ECHO" "hi"\r\n'
PONG_ARRAY = array(bulk("pong"), bulk(""))

# requests, pipelined; then each with its reply, `silent` where it gets none
CASES: dict[str, list[Pair]] = {
    "off hides all and on answers": [
        ("CLIENT REPLY OFF", "silent"),
        ("ECHO a", "silent"),
        ("NOSUCH", "silent"),
        ("CLIENT REPLY ON", OK),
        ("ECHO b", bulk("b")),
    ],
    "skip hides itself and the next": [
        ("CLIENT REPLY SKIP", "silent"),
        ("ECHO a", "silent"),
        ("ECHO b", bulk("b")),
    ],
    "skip hides an error": [
        ("CLIENT REPLY SKIP", "silent"),
        ("NOSUCH x", "silent"),
        ("ECHO b", bulk("b")),
    ],
    "skip twice hides one": [
        ("CLIENT REPLY SKIP", "silent"),
        ("CLIENT REPLY SKIP", "silent"),
        ("ECHO a", "silent"),
        ("ECHO b", bulk("b")),
    ],
    "skip under off does nothing": [
        ("CLIENT REPLY OFF", "silent"),
        ("CLIENT REPLY SKIP", "silent"),
        ("CLIENT REPLY ON", OK),
        ("ECHO b", bulk("b")),
    ],
    "on after skip answers": [
        ("CLIENT REPLY SKIP", "silent"),
        ("CLIENT REPLY ON", OK),
        ("ECHO a", bulk("a")),
    ],
    "on when on answers": [("CLIENT REPLY ON", OK), ("ECHO a", bulk("a"))],
    "lower case": [("client reply skip", "silent"), ("echo a", "silent"), ("echo b", bulk("b"))],
    "reply with a wrong word": [("CLIENT REPLY FOO", SYNTAX), ("ECHO a", bulk("a"))],
    "reply with a wrong word after skip": [
        ("CLIENT REPLY SKIP", "silent"),
        ("CLIENT REPLY FOO", "silent"),
        ("ECHO a", bulk("a")),
    ],
    "reply without a word": [("CLIENT REPLY", ARITY), ("ECHO a", bulk("a"))],
    "off with a word too many is an error": [
        ("CLIENT REPLY OFF x", ARITY),
        ("ECHO a", bulk("a")),
        ("ECHO b", bulk("b")),
    ],
    "skip with a word too many is an error": [
        ("CLIENT REPLY SKIP x", ARITY),
        ("ECHO a", bulk("a")),
        ("ECHO b", bulk("b")),
    ],
    "reset clears off": [
        ("CLIENT REPLY OFF", "silent"),
        ("ECHO a", "silent"),
        ("RESET", b"+RESET\r\n"),
        ("ECHO b", bulk("b")),
    ],
    "reset after skip is hidden": [
        ("CLIENT REPLY SKIP", "silent"),
        ("RESET", "silent"),
        ("ECHO a", bulk("a")),
        ("ECHO b", bulk("b")),
    ],
    "transaction": [
        ("MULTI", OK),
        ("SET k v", QUEUED),
        ("GET k", QUEUED),
        ("EXEC", array(OK, bulk("v"))),
        ("ECHO a", bulk("a")),
    ],
    "transaction with an error inside": [
        ("MULTI", OK),
        ("INCR k", QUEUED),
        ("EXEC", array(b"-WRONGTYPE\r\n")),
        ("ECHO a", bulk("a")),
    ],
    "transaction given up": [("MULTI", OK), ("GET k", QUEUED), ("DISCARD", OK), ("PING", PONG)],
    "transaction after a changed watch": [
        ("WATCH k", OK),
        ("SET k v", OK),
        ("MULTI", OK),
        ("GET k", QUEUED),
        ("EXEC", b"*-1\r\n"),
        ("ECHO a", bulk("a")),
    ],
    "transaction aborted by an error": [
        ("MULTI", OK),
        ("NOSUCH", b"-ERR unknown command\r\n"),
        ("EXEC", b"-EXECABORT Transaction discarded because of previous errors.\r\n"),
        ("ECHO a", bulk("a")),
    ],
    "transaction ended by reset": [
        ("MULTI", OK),
        ("RESET", b"+RESET\r\n"),
        ("ECHO a", bulk("a")),
    ],
    "subscribe has a confirmation for each channel": [
        (
            "SUBSCRIBE a b",
            confirmation("subscribe", "a", 1) + confirmation("subscribe", "b", 2),
        ),
        ("PING", PONG_ARRAY),
    ],
    "subscribed in RESP2": [
        ("SUBSCRIBE a", confirmation("subscribe", "a", 1)),
        ("GET x", NOT_NOW),
        ("PING", PONG_ARRAY),
        ("PING hello", array(bulk("pong"), bulk("hello"))),
        ("RESET", b"+RESET\r\n"),
        ("PING", PONG),
    ],
    "unsubscribe from all channels": [
        ("SUBSCRIBE a b", confirmation("subscribe", "a", 1) + confirmation("subscribe", "b", 2)),
        (
            "UNSUBSCRIBE",
            confirmation("unsubscribe", "a", 1) + confirmation("unsubscribe", "b", 0),
        ),
        ("PING", PONG),
    ],
    "unsubscribe from nothing": [
        ("UNSUBSCRIBE", confirmation("unsubscribe", None, 0)),
        ("PUNSUBSCRIBE", confirmation("punsubscribe", None, 0)),
        ("SUNSUBSCRIBE", confirmation("sunsubscribe", None, 0)),
        ("PING", PONG),
    ],
    "unsubscribe from channels that were not subscribed": [
        (
            "UNSUBSCRIBE a b",
            confirmation("unsubscribe", "a", 0) + confirmation("unsubscribe", "b", 0),
        ),
        ("PING", PONG),
    ],
    "channels, patterns and shard channels are counted apart": [
        ("SUBSCRIBE a b", confirmation("subscribe", "a", 1) + confirmation("subscribe", "b", 2)),
        ("PSUBSCRIBE p*", confirmation("psubscribe", "p*", 3)),
        ("SSUBSCRIBE s", confirmation("ssubscribe", "s", 1)),
        ("PUNSUBSCRIBE", confirmation("punsubscribe", "p*", 2)),
        ("SUNSUBSCRIBE", confirmation("sunsubscribe", "s", 0)),
        (
            "UNSUBSCRIBE",
            confirmation("unsubscribe", "b", 1) + confirmation("unsubscribe", "a", 0),
        ),
        ("PING", PONG),
    ],
    "the same channel twice": [
        ("SUBSCRIBE a a", confirmation("subscribe", "a", 1) * 2),
        ("UNSUBSCRIBE", confirmation("unsubscribe", "a", 0)),
        ("PING", PONG),
    ],
    "subscribe without a channel": [
        ("SUBSCRIBE", b"-ERR wrong number of arguments for 'subscribe' command\r\n"),
        ("PING", PONG),
    ],
    "subscribe in RESP3": [
        ("HELLO 3", b"%1\r\n+proto\r\n:3\r\n"),
        (
            "SUBSCRIBE a b",
            confirmation("subscribe", "a", 1, b">") + confirmation("subscribe", "b", 2, b">"),
        ),
        ("ECHO x", bulk("x")),
        ("PING", PONG),
        ("UNSUBSCRIBE a", confirmation("unsubscribe", "a", 1, b">")),
    ],
    "reply off is an error while subscribed in RESP2": [
        ("SUBSCRIBE a", confirmation("subscribe", "a", 1)),
        ("CLIENT REPLY OFF", b"-ERR Can't execute 'client|reply'\r\n"),
        ("PING", PONG_ARRAY),
        ("UNSUBSCRIBE a", confirmation("unsubscribe", "a", 0)),
        ("ECHO b", bulk("b")),
    ],
    "monitor and reset": [
        ("MONITOR", OK),
        ("RESET", b"+RESET\r\n"),
        ("PING", PONG),
    ],
    "reset with a word too many is hidden by off": [
        ("CLIENT REPLY OFF", "silent"),
        ("RESET x", "silent"),
        ("ECHO a", "silent"),
        ("CLIENT REPLY ON", OK),
        ("ECHO b", bulk("b")),
    ],
    "skip hides a multi that begins a transaction": [
        ("CLIENT REPLY SKIP", "silent"),
        ("MULTI", "silent"),
        ("GET k", QUEUED),
        ("EXEC", array(bulk("text"))),
        ("ECHO y", bulk("y")),
    ],
    "subscription given up with its transaction": [
        ("MULTI", OK),
        ("SUBSCRIBE a b", QUEUED),
        ("DISCARD", OK),
        ("ECHO x", bulk("x")),
    ],
    "multi is refused while subscribed in RESP2": [
        ("SUBSCRIBE a b", confirmation("subscribe", "a", 1) + confirmation("subscribe", "b", 2)),
        ("MULTI", b"-ERR Can't execute 'multi'\r\n"),
        ("PING", PONG_ARRAY),
        (
            "UNSUBSCRIBE a b",
            confirmation("unsubscribe", "a", 1) + confirmation("unsubscribe", "b", 0),
        ),
        ("ECHO y", bulk("y")),
    ],
    "list that looks like a message, subscribed in RESP3": [
        ("HELLO 3", b"%1\r\n+proto\r\n:3\r\n"),
        ("DEL l", b":0\r\n"),
        ("RPUSH l message a b", b":3\r\n"),
        ("SUBSCRIBE a", confirmation("subscribe", "a", 1, b">")),
        ("LRANGE l 0 -1", array(bulk("message"), bulk("a"), bulk("b"))),
        ("GET k", bulk("text")),
        ("ECHO x", bulk("x")),
    ],
    "empty list before a text that looks like a message, subscribed in RESP3": [
        ("HELLO 3", b"%1\r\n+proto\r\n:3\r\n"),
        ("SUBSCRIBE a", confirmation("subscribe", "a", 1, b">")),
        ("LRANGE none 0 -1", b"*0\r\n"),
        ("ECHO message", bulk("message")),
        ("GET k", bulk("text")),
        ("GET none", b"_\r\n"),
    ],
    "a transaction begun wrongly is none": [
        ("MULTI x", b"-ERR wrong number of arguments for 'multi' command\r\n"),
        ("ECHO a", bulk("a")),
    ],
}


def as_sent(pairs: list[Pair]) -> tuple[bytes, bytes]:
    sent = b"".join(line(request) for request, _ in pairs)
    return sent, b"".join(reply for _, reply in pairs if isinstance(reply, bytes))


def by_request(pairs: list[Pair]) -> list[Pair]:
    return sorted(pairs, key=str)


@pytest.mark.parametrize("name", CASES)
def test_a_real_server_answers_so(name: str, redis_server: RedisServer) -> None:
    """The same types of replies in the same order; QUIT ends them."""
    sent, got = as_sent(CASES[name])
    with socket.create_connection(("127.0.0.1", redis_server.port)) as client:
        client.sendall(command("FLUSHALL") + line("SET k text") + sent + command("QUIT"))
        said = b"".join(iter(lambda: client.recv(65536), b""))
    kinds = "".join(reply.kind for reply in replies([said]))
    assert kinds == "++" + "".join(reply.kind for reply in replies([got])) + "+"


@pytest.mark.parametrize("name", CASES)
def test_pipelined_requests_get_their_replies(name: str) -> None:
    sent, got = as_sent(CASES[name])
    packets = Conversation().handshake().client(sent, at_us=10).server(got, at_us=20).packets
    result = capture(packets)
    assert by_request(result.pairs) == by_request(CASES[name])
    assert all(exchange.exact for exchange in result.exchanges if exchange.answered)


@pytest.mark.parametrize("name", CASES)
def test_requests_one_by_one_get_their_replies(name: str) -> None:
    conversation = Conversation().handshake()
    for request, reply in CASES[name]:
        conversation.client(line(request))
        if isinstance(reply, bytes):
            conversation.server(reply)
    result = capture(conversation.packets)
    assert result.pairs == CASES[name]
    assert all(exchange.exact for exchange in result.exchanges if exchange.answered)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("mss", [1, 7])
def test_requests_in_small_segments_get_their_replies(name: str, mss: int) -> None:
    sent, got = as_sent(CASES[name])
    packets = Conversation(mss=mss).handshake().client(sent).server(got).packets
    assert by_request(capture(packets).pairs) == by_request(CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_no_lost_packet_makes_a_wrong_exact_pair(name: str) -> None:
    conversation = Conversation().handshake()
    for request, reply in CASES[name]:
        conversation.client(line(request))
        if isinstance(reply, bytes):
            conversation.server(reply)
    for request in ("ECHO x1", "ECHO x2", "ECHO x3"):
        conversation.client(line(request)).server(bulk(request[-2:]))
    truth = [*CASES[name], *((f"ECHO x{n}", bulk(f"x{n}")) for n in (1, 2, 3))]
    for lost in range(len(conversation.packets)):
        result = capture(drop(conversation.packets, lost))
        exact = [
            pair
            for pair, exchange in zip(result.pairs, result.exchanges, strict=True)
            if exchange.exact
        ]
        assert [pair for pair in exact if pair not in truth] == [], f"without packet {lost}"


# What a server sends after these cannot be written as pairs: it is pushed.


def run(sent: list[str], got: bytes) -> Capture:
    data = b"".join(line(request) for request in sent)
    return capture(Conversation().handshake().client(data).server(got).packets)


def test_confirmations_come_though_replies_are_skipped() -> None:
    confirmed = confirmation("subscribe", "a", 1) + confirmation("subscribe", "b", 2)
    result = run(["CLIENT REPLY SKIP", "SUBSCRIBE a b", "PING"], confirmed + PONG_ARRAY)
    assert ("PING", PONG_ARRAY) in result.pairs
    assert not [pair for pair in result.pairs if pair[0] == "PING" and pair[1] != PONG_ARRAY]


def test_confirmations_come_though_replies_are_off_in_resp3() -> None:
    confirmed = confirmation("subscribe", "a", 1, b">") + confirmation("subscribe", "b", 2, b">")
    result = run(
        ["HELLO 3", "CLIENT REPLY OFF", "SUBSCRIBE a b", "CLIENT REPLY ON", "ECHO x"],
        b"%1\r\n+proto\r\n:3\r\n" + confirmed + OK + bulk("x"),
    )
    assert [pair for pair in result.pairs if isinstance(pair[1], bytes)][-2:] == [
        ("CLIENT REPLY ON", OK),
        ("ECHO x", bulk("x")),
    ]


def test_reply_on_is_refused_while_subscribed_with_replies_off() -> None:
    """In RESP2 nothing but messages comes from then on; no later request may get them."""
    confirmed = confirmation("subscribe", "a", 1)
    message = array(bulk("message"), bulk("a"), bulk("text"))
    sent = ["CLIENT REPLY OFF", "SUBSCRIBE a", "CLIENT REPLY ON", "PING"]
    result = run(sent, confirmed + message)
    assert [pair for pair in result.pairs if isinstance(pair[1], bytes)] in (
        [],
        [("SUBSCRIBE a", confirmed)],
    )


def test_monitor_lines_are_no_replies_though_the_ok_was_skipped() -> None:
    sent = ["CLIENT REPLY SKIP", "MONITOR", "ECHO hi", "PING", "ECHO x"]
    got = bulk("hi") + MONITOR_LINE + PONG + MONITOR_LINE + bulk("x")
    result = run(sent, got)
    answered = [pair for pair in result.pairs if isinstance(pair[1], bytes)]
    assert set(answered) <= {("ECHO hi", bulk("hi")), ("PING", PONG), ("ECHO x", bulk("x"))}


def test_monitor_lines_are_pushed_between_replies() -> None:
    result = run(
        ["MONITOR", "ECHO hi", "RESET", "PING"],
        OK + bulk("hi") + MONITOR_LINE + b"+RESET\r\n" + PONG,
    )
    assert result.pairs == [
        ("MONITOR", OK), ("ECHO hi", bulk("hi")), ("RESET", b"+RESET\r\n"), ("PING", PONG),
    ]  # fmt: skip
    assert result.pairing.pushes == 1


def test_monitor_lines_are_no_replies_though_the_ok_was_off() -> None:
    sent = ["CLIENT REPLY OFF", "MONITOR", "CLIENT REPLY ON", "PING", "ECHO x"]
    result = run(sent, OK + MONITOR_LINE + PONG + MONITOR_LINE + bulk("x") + MONITOR_LINE)
    answered = [pair for pair in result.pairs if isinstance(pair[1], bytes)]
    assert set(answered) <= {("CLIENT REPLY ON", OK), ("PING", PONG), ("ECHO x", bulk("x"))}


def test_confirmation_of_nothing_comes_though_replies_are_skipped() -> None:
    sent = ["CLIENT REPLY SKIP", "UNSUBSCRIBE", "GET a", "GET b"]
    got = confirmation("unsubscribe", None, 0) + bulk("1") + bulk("2")
    confirmed = ("UNSUBSCRIBE", confirmation("unsubscribe", None, 0))
    answered = [pair for pair in run(sent, got).pairs if isinstance(pair[1], bytes)]
    assert set(answered) <= {confirmed, ("GET a", bulk("1")), ("GET b", bulk("2"))}


def test_messages_are_no_replies() -> None:
    message = array(bulk("message"), bulk("a"), bulk("text"))
    pmessage = array(bulk("pmessage"), bulk("p*"), bulk("pa"), bulk("text"))
    smessage = array(bulk("smessage"), bulk("s"), bulk("text"))
    result = run(
        ["SUBSCRIBE a", "PSUBSCRIBE p*", "SSUBSCRIBE s", "PING"],
        confirmation("subscribe", "a", 1)
        + message
        + confirmation("psubscribe", "p*", 2)
        + message
        + pmessage
        + confirmation("ssubscribe", "s", 1)
        + smessage
        + PONG_ARRAY
        + message,
    )
    assert [pair[0] for pair in result.pairs] == [
        "SUBSCRIBE a",
        "PSUBSCRIBE p*",
        "SSUBSCRIBE s",
        "PING",
    ]
    assert result.pairs[-1] == ("PING", PONG_ARRAY)
    assert result.pairing.pushes == 5


def test_message_between_two_confirmations_of_one_request_is_no_confirmation() -> None:
    first, second = confirmation("subscribe", "a", 1), confirmation("subscribe", "b", 2)
    message = array(bulk("message"), bulk("a"), bulk("text"))
    result = run(["SUBSCRIBE a b", "PING"], first + message + second + PONG_ARRAY)
    assert [pair[0] for pair in result.pairs] == ["SUBSCRIBE a b", "PING"]
    assert result.pairs[1] == ("PING", PONG_ARRAY)
    assert result.pairing.pushes == 1


def test_time_of_a_subscription_is_that_of_its_first_confirmation() -> None:
    conversation = Conversation().handshake().client(line("SUBSCRIBE a b"), at_us=100)
    conversation.server(confirmation("subscribe", "a", 1), at_us=150)
    conversation.server(confirmation("subscribe", "b", 2), at_us=400)
    assert capture(conversation.packets).latencies_us() == [50]


def test_value_that_looks_like_a_message_is_a_reply_where_nobody_subscribed() -> None:
    value = array(bulk("message"), bulk("a"), bulk("b"))
    result = run(["LRANGE l 0 2", "PING"], value + PONG)
    assert result.pairs == [("LRANGE l 0 2", value), ("PING", PONG)]


def test_transaction_is_flagged_from_multi_to_exec() -> None:
    result = run(
        ["GET a", "MULTI", "GET b", "EXEC", "GET c"],
        bulk("1") + OK + QUEUED + array(bulk("2")) + bulk("3"),
    )
    assert result.flags() == [[], ["transaction"], ["transaction"], ["transaction"], []]


def test_nothing_after_a_reset_belongs_to_the_transaction() -> None:
    result = run(["MULTI", "RESET", "GET a"], OK + b"+RESET\r\n" + bulk("1"))
    assert result.flags()[-1] == []


def test_failed_multi_begins_no_transaction() -> None:
    conversation = Conversation().handshake().client(line("MULTI x"))
    conversation.server(b"-ERR wrong number of arguments for 'multi' command\r\n")
    conversation.client(line("GET a")).server(bulk("1"))
    assert capture(conversation.packets).flags()[-1] == []


def test_exec_that_pushes_more_than_it_counts_is_distrusted() -> None:
    """SUBSCRIBE a b and PING in a transaction: `*2` and three elements in RESP2."""
    executed = b"*2\r\n" + confirmation("subscribe", "a", 1) + confirmation("subscribe", "b", 2)
    conversation = Conversation().handshake()
    conversation.client(b"".join(map(line, ["MULTI", "SUBSCRIBE a b", "PING", "EXEC", "ECHO x"])))
    conversation.server(OK + QUEUED + QUEUED + executed + PONG_ARRAY + NOT_NOW)
    conversation.client(line("ECHO y"), at_us=5000).server(NOT_NOW, at_us=5100)
    result = capture(conversation.packets)
    assert ("ECHO x", PONG_ARRAY) not in result.pairs
    for pair, exchange in zip(result.pairs, result.exchanges, strict=True):
        assert not (pair[0].startswith("ECHO") and exchange.exact)


def test_reply_skip_in_a_transaction_is_distrusted() -> None:
    """After CLIENT REPLY SKIP `*2` and one element."""
    sent = ["MULTI", "CLIENT REPLY SKIP", "PING", "EXEC", "ECHO x", "ECHO y"]
    got = OK + QUEUED + QUEUED + b"*2\r\n" + PONG + bulk("x") + bulk("y")
    result = run(sent, got)
    exact = {pair[0] for pair, x in zip(result.pairs, result.exchanges, strict=True) if x.exact}
    assert exact.isdisjoint({"ECHO x", "ECHO y"})
    assert ("ECHO x", bulk("y")) not in result.pairs


BLOCKING = [
    "BLPOP a 0", "BRPOP a 0", "BLMOVE a b LEFT LEFT 0", "BLMPOP 0 1 a LEFT", "BRPOPLPUSH a b 0",
    "BZPOPMIN a 0", "BZPOPMAX a 0", "BZMPOP 0 1 a MIN", "XREAD BLOCK 0 STREAMS s $",
    "XREAD COUNT 1 block 0 STREAMS s $", "XREADGROUP GROUP g c BLOCK 0 STREAMS s >",
    "XREADGROUP GROUP streams c BLOCK 0 STREAMS s >", "WAIT 1 0", "WAITAOF 1 0 0", "blpop a 0",
]  # fmt: skip
NOT_BLOCKING = [
    "LPOP a", "XREAD STREAMS s 0", "XREAD COUNT 1 STREAMS BLOCK 0", "XRANGE s - +",
    "XREADGROUP GROUP g c STREAMS s >", "XREADGROUP GROUP block c STREAMS s >",
]  # fmt: skip


@pytest.mark.parametrize("request_text", BLOCKING)
def test_blocking_command_is_flagged_and_kept_out_of_the_latencies(request_text: str) -> None:
    conversation = Conversation().handshake().client(line(request_text), at_us=10)
    conversation.server(b"*-1\r\n", at_us=30_000_000)
    result = capture(conversation.packets)
    assert result.flags() == [["blocking"]]
    assert [x.status for x in result.exchanges] == ["ok"]
    assert result.latencies_us() == [29_999_990]
    assert (result.stats[6379].total().total_reqs, result.pairing.blocking) == (0, 1)


@pytest.mark.parametrize("request_text", NOT_BLOCKING)
def test_command_that_does_not_block_counts(request_text: str) -> None:
    result = run([request_text], b"*-1\r\n")
    assert result.flags() == [[]]
    assert (result.stats[6379].total().total_reqs, result.pairing.blocking) == (1, 0)


def test_nothing_blocks_in_a_transaction() -> None:
    result = run(["MULTI", "BLPOP a 0", "EXEC"], OK + QUEUED + array(b"*-1\r\n"))
    assert result.flags() == [["transaction"]] * 3


def test_blocking_command_is_left_out_with_a_threshold() -> None:
    result = Capture(threshold_ns=1)
    conversation = Conversation().handshake().client(line("BLPOP a 0"), at_us=10)
    result.feed(conversation.server(b"*-1\r\n", at_us=3000).packets).finish()
    assert result.exchanges == []


def test_silent_requests_are_reported_without_a_reply() -> None:
    result = run(["CLIENT REPLY OFF", "SET k v"], b"")
    assert [(x.status, int(x.latency_ns), int(x.reply_bytes)) for x in result.exchanges] == [
        ("silent", -1, 0),
        ("silent", -1, 0),
    ]
    assert (result.pairing.silent, result.pairing.unanswered) == (2, 0)
    assert result.stats[6379].total().total_reqs == 0


def qualities(result: Capture) -> list[tuple[str, str, bool]]:
    return [(x.request, x.status, bool(x.exact)) for x in result.exchanges]


def test_silence_is_proven_by_the_next_reply() -> None:
    """Until then the server may have refused CLIENT REPLY, and that would be a reply."""
    made = Conversation().handshake().client(line("CLIENT REPLY SKIP")).client(line("ECHO a"))
    made.client(line("ECHO b")).server(bulk("b")).client(line("CLIENT REPLY OFF"))
    assert qualities(capture(made.packets)) == [
        ("CLIENT REPLY SKIP", "silent", False),
        ("ECHO a", "silent", False),
        ("ECHO b", "ok", True),
        ("CLIENT REPLY OFF", "silent", True),
    ]


@pytest.mark.parametrize("code", ["NOAUTH", "NOPERM"])
def test_refusal_of_client_reply_is_no_reply_to_another_request(code: str) -> None:
    refusal = f"-{code} no\r\n".encode()
    made = Conversation().handshake().client(line("CLIENT REPLY SKIP")).server(refusal)
    made.client(line("GET a")).server(refusal).client(line("GET b")).server(refusal)
    assert [each for each in qualities(capture(made.packets)) if each[2]] == []
    sent = line("CLIENT REPLY SKIP") + line("GET a") + line("GET b") + line("ECHO x")
    got = refusal * 3 + bulk("x")
    result = capture(Conversation().handshake().client(sent).server(got).packets)
    assert [each for each in qualities(result) if each[2]] == []
    assert ("GET b", refusal) not in result.pairs


def test_replication_is_flagged_and_its_stream_is_no_reply() -> None:
    stream = command("SET", "k", "v") * 3
    conversation = Conversation().handshake()
    conversation.client(line("PING")).server(PONG)
    conversation.client(line("REPLCONF listening-port 6380")).server(OK)
    conversation.client(line("PSYNC ? -1")).server(b"+FULLRESYNC " + b"a" * 40 + b" 0\r\n")
    conversation.server(b"\n").server(b"$9\r\nREDIS0010").server(stream)
    conversation.client(line("REPLCONF ACK 100")).server(stream)
    result = capture(conversation.packets)
    answered = [pair for pair in result.pairs if isinstance(pair[1], bytes)]
    assert [pair[0] for pair in answered] == [
        "PING", "REPLCONF listening-port 6380", "PSYNC ? -1",
    ]  # fmt: skip
    assert result.flags()[1:3] == [["replication"]] * 2
    assert [x.status for x in result.exchanges if x.request == "REPLCONF ACK 100"] in (
        [],
        ["silent"],
    )


def test_quit_is_answered_and_what_follows_is_aborted() -> None:
    conversation = Conversation().handshake().client(line("QUIT") + line("PING"), at_us=10)
    conversation.server(OK, at_us=20).server_fin(at_us=30)
    assert capture(conversation.packets).pairs == [("QUIT", OK), ("PING", "aborted")]


def test_push_in_the_middle_of_pipelined_replies_is_skipped() -> None:
    pushed = push(bulk("message"), bulk("a"), bulk("text"))
    result = run(["ECHO a", "ECHO b"], bulk("a") + pushed + bulk("b"))
    assert result.pairs == [("ECHO a", bulk("a")), ("ECHO b", bulk("b"))]
