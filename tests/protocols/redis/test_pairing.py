"""Requests and replies of whole conversations: which bytes are paired, and their times."""

import pytest

from tcpkit.protocols.message import flag_names
from tests.build import START_NS, Conversation, Packet, cut, drop, duplicate, merge, swap
from tests.protocols.capture import Capture, Pair, capture
from tests.protocols.redis.resp import array, bulk, command, line, push

OK = b"+OK\r\n"
PONG = b"+PONG\r\n"
HANDSHAKE = 3


def dialogue(*turns: bytes, **options: int) -> list[Packet]:
    """The client's and the server's turns, a millisecond apart."""
    conversation = Conversation(**options).handshake()  # type: ignore[arg-type]
    for number, turn in enumerate(turns):
        at_us = 1000 * (number + 1)
        if number % 2:
            conversation.server(turn, at_us=at_us)
        else:
            conversation.client(turn, at_us=at_us)
    return conversation.packets


def pairs(*turns: bytes) -> list[Pair]:
    return capture(dialogue(*turns)).pairs


def test_exchange_has_the_contracts_numbers() -> None:
    request, reply = line("SET foo bar"), b"-OOM command not allowed\r\n"
    packets = (
        Conversation(client="172.20.64.106:53499", server="192.168.1.2:6379")
        .handshake()
        .client(request[:10], at_us=100)
        .client(request[10:], at_us=150)
        .server(reply[:5], at_us=400)
        .server(reply[5:], at_us=500)
        .packets
    )
    (exchange,) = capture(packets).exchanges
    assert (exchange.protocol, exchange.transport) == ("redis", "tcp")
    assert (exchange.client, exchange.server) == ("172.20.64.106:53499", "192.168.1.2:6379")
    assert (exchange.command, exchange.key, exchange.request) == ("SET", "foo", "SET foo bar")
    assert (exchange.status, exchange.code) == ("error", "OOM")
    times = [
        exchange.request_first_ns,
        exchange.request_last_ns,
        exchange.reply_first_ns,
        exchange.reply_last_ns,
        exchange.time_ns,
    ]
    assert [(ns - START_NS) // 1000 for ns in times] == [100, 150, 400, 500, 400]
    assert exchange.latency_ns == 250_000
    assert (exchange.request_bytes, exchange.reply_bytes) == (len(request), len(reply))
    assert (exchange.exact, exchange.depth, flag_names(exchange.flags)) == (True, 0, [])


def test_reply_split_across_segments_takes_first_byte_time() -> None:
    packets = (
        Conversation(mss=10)
        .handshake()
        .client(line("GET k"), at_us=100)
        .server(bulk("x" * 100), at_us=5000)
        .packets
    )
    (exchange,) = capture(packets).exchanges
    assert exchange.request_last_ns == START_NS + 101_000  # 20 bytes in two segments
    assert exchange.latency_ns == 5_000_000 - 101_000
    assert exchange.reply_last_ns == START_NS + 5_000_000 + 10_000


def test_pipelined_requests_are_answered_in_order() -> None:
    sent = [line(f"GET key{number}") for number in range(5)]
    got = [bulk(f"value{number}") for number in range(5)]
    result = capture(dialogue(b"".join(sent), b"".join(got)))
    assert result.pairs == [(f"GET key{number}", got[number]) for number in range(5)]
    assert [int(exchange.depth) for exchange in result.exchanges] == [0, 1, 2, 3, 4]
    assert all(exchange.exact for exchange in result.exchanges)


def test_depth_counts_the_requests_that_wait() -> None:
    a, b, c, d = (line(f"ECHO {name}") for name in "abcd")
    conversation = Conversation().handshake().client(a + b, at_us=10).server(bulk("a"), at_us=20)
    conversation.client(c, at_us=30).server(bulk("b") + bulk("c"), at_us=40)
    conversation.client(d, at_us=50).server(bulk("d"), at_us=60)
    result = capture(conversation.packets)
    assert [(x.request, int(x.depth)) for x in result.exchanges] == [
        ("ECHO a", 0), ("ECHO b", 1), ("ECHO c", 1), ("ECHO d", 0),
    ]  # fmt: skip


def test_pipelined_replies_have_their_own_times() -> None:
    conversation = Conversation().handshake().client(line("ECHO a") + line("ECHO b"), at_us=100)
    conversation.server(bulk("a"), at_us=300).server(bulk("b"), at_us=900)
    assert capture(conversation.packets).latencies_us() == [200, 800]


def test_pipelined_requests_have_their_own_times() -> None:
    data = line("ECHO a") + line("ECHO b")
    conversation = Conversation().handshake().client(data[:25], at_us=100)
    conversation.client(data[25:], at_us=180).server(bulk("a") + bulk("b"), at_us=300)
    result = capture(conversation.packets)
    assert result.latencies_us() == [200, 120]
    assert [x.request_first_ns for x in result.exchanges] == [START_NS + 100_000] * 2


REPLIES = {
    "$-1\\r\\n": "ok", "*-1\\r\\n": "ok", "_\\r\\n": "ok", ":5\\r\\n": "ok", "#t\\r\\n": "ok",
    ",1.5\\r\\n": "ok", "%1\\r\\n+a\\r\\n:1\\r\\n": "ok", "~1\\r\\n+a\\r\\n": "ok",
    "=7\\r\\ntxt:abc\\r\\n": "ok", "(123\\r\\n": "ok", "*2\\r\\n-ERR a\\r\\n+OK\\r\\n": "ok",
    "|1\\r\\n+a\\r\\n+b\\r\\n:1\\r\\n": "ok", "*?\\r\\n:1\\r\\n.\\r\\n": "ok",
    "$?\\r\\n;1\\r\\na\\r\\n;0\\r\\n": "ok",
}  # fmt: skip


@pytest.mark.parametrize("text", REPLIES)
def test_every_reply_that_is_no_error_is_ok(text: str) -> None:
    reply = text.replace("\\r\\n", "\r\n").encode()
    result = capture(dialogue(line("FOO k"), reply, line("PING"), PONG))
    assert result.pairs == [("FOO k", reply), ("PING", PONG)]
    assert [(x.status, x.code) for x in result.exchanges] == [("ok", None)] * 2


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (b"-ERR unknown command\r\n", "ERR"),
        (b"-WRONGTYPE Operation\r\n", "WRONGTYPE"),
        (b"-MOVED 3999 127.0.0.1:6381\r\n", "MOVED"),
        (b"-ASK 3999 127.0.0.1:6381\r\n", "ASK"),
        (b"-NOAUTH Authentication required.\r\n", "NOAUTH"),
        (b"-LOADING Redis is loading\r\n", "LOADING"),
        (b"-CLUSTERDOWN\r\n", "CLUSTERDOWN"),
        (b"!21\r\nSYNTAX invalid syntax\r\n", "SYNTAX"),
        (b"|1\r\n+a\r\n+b\r\n-BUSY a script\r\n", "BUSY"),
    ],
)
def test_code_is_the_first_word_of_the_error(reply: bytes, code: str) -> None:
    (exchange,) = capture(dialogue(line("GET k"), reply)).exchanges
    assert (exchange.status, exchange.code) == ("error", code)


def test_error_reply_split_at_every_byte_has_its_code() -> None:
    for at in range(1, 20):
        reply = b"-WRONGTYPE Operation\r\n"
        packets = Conversation().handshake().client(line("GET k"), at_us=10)
        packets.server(reply[:at], at_us=20).server(reply[at:], at_us=30)
        (exchange,) = capture(packets.packets).exchanges
        assert (exchange.code, exchange.latency_ns) == ("WRONGTYPE", 10_000)


def test_empty_requests_get_no_reply() -> None:
    data = b"\r\n" + b"*0\r\n" + b"*-1\r\n" + b"   \r\n" + b"PING\r\n" + b"\r\n" + line("ECHO a")
    result = capture(dialogue(data, PONG + bulk("a")))
    assert result.pairs == [("PING", PONG), ("ECHO a", bulk("a"))]
    assert all(exchange.exact for exchange in result.exchanges)


def test_empty_request_alone_waits_for_nothing() -> None:
    result = capture(dialogue(b"\r\n"))
    assert (result.exchanges, result.pairing.unanswered) == ([], 0)


def test_inline_and_arrays_share_a_connection() -> None:
    data = b'SET k "a b"\r\n' + line("GET k") + b"get k\n"
    result = capture(dialogue(data, OK + bulk("a b") + bulk("a b")))
    assert result.pairs == [("SET k a b", OK), ("GET k", bulk("a b")), ("get k", bulk("a b"))]
    assert [exchange.command for exchange in result.exchanges] == ["SET", "GET", "GET"]


def test_reply_that_looks_like_a_request_is_a_reply() -> None:
    reply = line("GET secret")
    assert pairs(line("LRANGE l 0 -1"), reply, line("PING"), PONG) == [
        ("LRANGE l 0 -1", reply),
        ("PING", PONG),
    ]


def test_request_text_is_one_printable_line_of_bounded_length() -> None:
    result = capture(dialogue(command("SET", b"k\r\n\x00\xff", "v" * 500), OK))
    (exchange,) = result.exchanges
    assert exchange.request.startswith("SET k\\x0d\\x0a\\x00\\xff vvv")
    assert exchange.request.endswith("...")
    assert len(exchange.request) == 128 + 3
    assert exchange.key == "k\\x0d\\x0a\\x00\\xff"


def test_container_command_has_its_second_word() -> None:
    result = capture(dialogue(line("config get maxmemory") + line("CLIENT id"), b"*0\r\n:3\r\n"))
    assert [exchange.command for exchange in result.exchanges] == ["CONFIG GET", "CLIENT ID"]


def test_late_push_messages_are_no_replies() -> None:
    message = push(bulk("invalidate"), array(bulk("k")))
    replies = message + bulk("1") + message + message + bulk("2") + message
    result = capture(dialogue(line("GET a") + line("GET b"), replies, line("PING"), PONG))
    assert result.pairs == [("GET a", bulk("1")), ("GET b", bulk("2")), ("PING", PONG)]
    assert result.pairing.pushes == 4


def test_push_while_nobody_waits_is_no_exchange() -> None:
    result = capture(dialogue(line("PING"), PONG + push(bulk("invalidate"), b"_\r\n")))
    assert result.pairs == [("PING", PONG)]
    assert result.pairing.pushes == 1


def test_two_connections_do_not_mix() -> None:
    one = Conversation("10.0.0.1:40000").handshake(at_us=0)
    two = Conversation("10.0.0.1:40001").handshake(at_us=0.5)
    for number in range(10):
        one.client(line(f"ECHO a{number}"), at_us=1000 + number * 100)
        two.client(line(f"ECHO b{number}"), at_us=1001 + number * 100)
        two.server(bulk(f"b{number}"), at_us=1010 + number * 100)
        one.server(bulk(f"a{number}"), at_us=1020 + number * 100)
    result = capture(merge(one.packets, two.packets))
    assert sorted(result.pairs) == sorted(
        (f"ECHO {name}{number}", bulk(f"{name}{number}")) for name in "ab" for number in range(10)
    )


def test_ipv6_conversation_is_paired() -> None:
    packets = (
        Conversation(client="[2001:db8::1]:40000", server="[2001:db8::2]:6379")
        .handshake()
        .client(line("GET a"), at_us=10)
        .server(bulk("1"), at_us=25)
        .packets
    )
    result = capture(packets)
    assert result.pairs == [("GET a", bulk("1"))]
    assert result.exchanges[0].server == "[2001:db8::2]:6379"
    assert result.latencies_us() == [15]


def test_sequence_numbers_wrap_within_a_reply() -> None:
    packets = (
        Conversation(client_isn=2**32 - 3, server_isn=2**32 - 5)
        .handshake()
        .client(line("GET a"), at_us=10)
        .server(bulk("12345"), at_us=20)
        .client(line("GET b"), at_us=30)
        .server(bulk("67890"), at_us=40)
        .packets
    )
    result = capture(packets)
    assert result.pairs == [("GET a", bulk("12345")), ("GET b", bulk("67890"))]
    assert [exchange.exact for exchange in result.exchanges] == [True, True]


def test_reply_captured_before_its_request_is_paired_with_its_own_time() -> None:
    packets = dialogue(line("GET a"), bulk("1"), line("GET b"), bulk("2"))
    request, reply = packets[HANDSHAKE : HANDSHAKE + 2]
    result = capture([*packets[:HANDSHAKE], reply, request, *packets[HANDSHAKE + 2 :]])
    assert result.pairs == [("GET a", bulk("1")), ("GET b", bulk("2"))]
    assert result.latencies_us() == [1000, 1000]
    assert all(exchange.exact for exchange in result.exchanges)
    assert result.flags()[0] == ["out-of-order"]


def test_captured_in_each_others_place_the_latency_is_that_of_the_capture() -> None:
    packets = dialogue(line("GET a"), bulk("1"))
    assert capture(swap(packets, HANDSHAKE, HANDSHAKE + 1)).latencies_us() == [-1000]


def test_packets_captured_twice_make_one_exchange() -> None:
    packets = dialogue(line("GET a"), bulk("1"), line("GET a"), bulk("1"))
    result = capture([copy for packet in packets for copy in (packet, packet)])
    assert result.pairs == [("GET a", bulk("1"))] * 2
    assert result.latencies_us() == [1000, 1000]
    assert result.flags() == [[], []]


def test_retransmission_moves_no_time_and_is_flagged() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(line("GET a"), at_us=100)
        .client(line("GET a"), at_us=200_100, offset=0)
        .server(bulk("1"), at_us=200_300)
        .packets
    )
    result = capture(packets)
    assert result.latencies_us() == [200_200]
    assert result.flags() == [["retransmission"]]
    assert result.exchanges[0].exact


def test_retransmitted_half_of_a_reply_is_flagged() -> None:
    reply = bulk("x" * 20)
    packets = (
        Conversation()
        .handshake()
        .client(line("GET a"), at_us=100)
        .server(reply[:10], at_us=300)
        .server(reply[:10], at_us=210_000, offset=0)
        .server(reply[10:], at_us=210_100)
        .packets
    )
    result = capture(packets)
    assert result.pairs == [("GET a", reply)]
    assert result.latencies_us() == [200]
    assert result.flags() == [["retransmission"]]


def test_request_segment_that_came_late_is_flagged_out_of_order() -> None:
    data = line("SET key value")
    packets = (
        Conversation()
        .handshake()
        .client(data[10:], at_us=100, offset=10)
        .client(data[:10], at_us=130, offset=0)
        .server(OK, at_us=300)
        .packets
    )
    result = capture(packets)
    assert result.pairs == [("SET key value", OK)]
    assert result.flags() == [["out-of-order"]]
    (exchange,) = result.exchanges
    assert (exchange.request_first_ns, exchange.request_last_ns) == (
        START_NS + 130_000,
        START_NS + 100_000,
    )
    assert exchange.latency_ns == 200_000


def test_lost_request_makes_no_wrong_pair() -> None:
    packets = dialogue(
        line("ECHO a"), bulk("a"), line("ECHO b"), bulk("b"), line("ECHO c"), bulk("c")
    )
    result = capture(drop(packets, HANDSHAKE + 2))
    assert ("ECHO a", bulk("a")) in result.pairs
    assert set(result.pairs) <= {("ECHO a", bulk("a")), ("ECHO c", bulk("c"))}
    assert [x.exact for x in result.exchanges if x.request == "ECHO c"] in ([], [False])
    assert sum(result.pairing.unpaired.values()) + len(result.exchanges) >= 2


def test_lost_reply_makes_no_wrong_pair() -> None:
    turns = [turn for name in "abcdef" for turn in (line(f"ECHO {name}"), bulk(name))]
    packets = dialogue(*turns)
    for lost in range(HANDSHAKE, len(packets)):
        result = capture(drop(packets, lost))
        assert set(result.pairs) <= {(f"ECHO {name}", bulk(name)) for name in "abcdef"}


def test_what_could_not_be_paired_is_counted_by_reason() -> None:
    packets = dialogue(line("GET a"), bulk("1"), line("GET b"), bulk("2"))
    result = capture(drop(packets, HANDSHAKE + 2))
    assert result.pairs == [("GET a", bulk("1"))]
    assert sum(result.pairing.unpaired.values()) + result.pairing.unanswered >= 1 or (
        result.flow.gaps == 1
    )


def test_gap_within_a_value_is_flagged_and_the_pair_only_inferred() -> None:
    conversation = Conversation(mss=100).handshake().client(line("GET a"), at_us=100)
    conversation.server(bulk("x" * 1000), at_us=300).client(line("ECHO hello1"), at_us=900)
    conversation.server(bulk("hello1"), at_us=1000)
    for number in range(20):  # so that the hole is given up
        conversation.client(line(f"ECHO {number}"), at_us=2000 + 200 * number)
        conversation.server(bulk(str(number)), at_us=2100 + 200 * number)
    result = capture(drop(conversation.packets, HANDSHAKE + 1 + 4))
    first = result.exchanges[0]
    assert (first.request, int(first.reply_bytes)) == ("GET a", len(bulk("x" * 1000)))
    assert (flag_names(first.flags), first.exact) == (["gap"], False)
    assert result.pairs[1] == ("ECHO hello1", bulk("hello1"))


def test_gap_within_a_requests_value_is_flagged_and_the_pair_only_inferred() -> None:
    conversation = Conversation(mss=100).handshake().client(line("SET k " + "x" * 1000), at_us=100)
    conversation.server(OK, at_us=300)
    for number in range(20):
        conversation.client(line(f"ECHO {number}"), at_us=2000 + 200 * number)
        conversation.server(bulk(str(number)), at_us=2100 + 200 * number)
    result = capture(drop(conversation.packets, HANDSHAKE + 5))
    first = result.exchanges[0]
    assert result.pairs[0][1] == OK
    assert (first.command, first.key) == ("SET", "k")
    assert (flag_names(first.flags), first.exact) == (["gap"], False)


def test_value_cut_off_by_the_snap_length_is_passed_over() -> None:
    turns = [
        line("SET key " + "v" * 1000),
        OK,
        line("GET key"),
        bulk("v" * 1000),
        b"PING\r\n",
        PONG,
    ]
    result = capture(cut(dialogue(*turns), 150))
    assert [x.request[:10] for x in result.exchanges] == ["SET key vv", "GET key", "PING"]
    assert [x.status for x in result.exchanges] == ["ok"] * 3
    assert result.flags() == [["truncated"], ["truncated"], []]
    assert [int(x.request_bytes) for x in result.exchanges] == [len(turns[0]), len(turns[2]), 6]
    assert [int(x.reply_bytes) for x in result.exchanges] == [5, len(turns[3]), 7]
    assert result.latencies_us() == [1000] * 3


def test_framing_cut_off_by_the_snap_length_makes_no_wrong_pair() -> None:
    keys = [f"{name}" * 40 for name in "abc"]
    mget = line("MGET " + " ".join(keys)) + line("ECHO 1")
    turns = [mget, array(*(bulk(key) for key in keys)) + bulk("1"), line("ECHO 2"), bulk("2")]
    result = capture(cut(dialogue(*turns), 110))
    assert set(result.pairs) <= {("ECHO 2", bulk("2"))}


def test_capture_from_the_middle_is_flagged_and_only_inferred() -> None:
    turns = [turn for name in "abcdef" for turn in (line(f"GET {name}"), bulk(name))]
    result = capture(dialogue(*turns)[HANDSHAKE + 4 :])
    assert result.pairs == [(f"GET {name}", bulk(name)) for name in "cdef"]
    assert not any(exchange.exact for exchange in result.exchanges)
    assert result.flags() == [["mid-stream"]] * 4
    assert result.pairing.mid_stream == 1


def test_capture_from_the_middle_of_a_value_pairs_what_follows() -> None:
    turns = [
        line("GET a"), bulk("*1\r\n$4\r\nPING\r\n" * 300),
        *(turn for name in "bcde" for turn in (line(f"GET {name}"), bulk(name))),
    ]  # fmt: skip
    packets = dialogue(*turns)
    result = capture(packets[HANDSHAKE + 3 :])
    truth = {(f"GET {name}", bulk(name)) for name in "bcde"}
    assert set(result.pairs) <= truth
    assert len(result.pairs) >= 3


def test_two_different_echoes_prove_the_step_in_mid_stream() -> None:
    turns = [line("GET a"), bulk("1"), line("ECHO first-text"), bulk("first-text")]
    turns += [line("ECHO second-text"), bulk("second-text"), line("GET b"), bulk("2")]
    result = capture(dialogue(*turns)[HANDSHAKE + 2 :])
    assert result.pairs[-1] == ("GET b", bulk("2"))
    assert result.exchanges[-1].exact


def test_reply_without_any_request_is_counted() -> None:
    result = capture(dialogue(line("PING"), PONG + PONG, line("GET a"), bulk("1")))
    assert result.pairs[0] == ("PING", PONG)
    assert set(result.pairs) <= {("PING", PONG), ("GET a", bulk("1"))}
    assert sum(result.pairing.unpaired.values()) >= 1
    assert [x.exact for x in result.exchanges[1:]] in ([], [False])


def test_reply_before_its_request_is_received_is_no_reply_to_it() -> None:
    """The server's acknowledgment does not cover the request that arrived meanwhile."""
    conversation = Conversation().handshake().client(line("PING"), at_us=10)
    conversation.server(PONG, at_us=20).client(line("GET a"), at_us=30)
    conversation.server(b"+STRAY\r\n", at_us=40, acked=len(line("PING")))
    conversation.server(bulk("1"), at_us=50)
    result = capture(conversation.packets)
    assert ("GET a", b"+STRAY\r\n") not in result.pairs


def test_counts_agree_with_what_is_reported() -> None:
    result = capture(dialogue(line("GET a") + line("GET b"), bulk("1"), line("GET c"), bulk("2")))
    assert (result.pairing.exact, result.pairing.inferred) == (2, 0)
    assert result.pairing.unanswered == 1
    assert result.stats[6379].total().total_reqs == 2
    assert result.pairing.sessions == 1


def test_threshold_keeps_fast_replies_out_but_counts_them() -> None:
    run = Capture(threshold_ns=500_000)
    conversation = Conversation().handshake()
    conversation.client(line("GET a"), at_us=1000).server(bulk("1"), at_us=1499)
    conversation.client(line("GET b"), at_us=2000).server(bulk("2"), at_us=2500)
    run.feed(conversation.packets).finish()
    assert run.pairs == [("GET b", bulk("2"))]
    assert (run.stats[6379].total().total_reqs, run.stats[6379].total().slow_reqs) == (2, 1)


def test_copy_captured_much_later_does_not_count_twice() -> None:
    packets = dialogue(line("GET a"), bulk("1"), line("GET b"), bulk("2"), line("GET c"), bulk("3"))
    late = duplicate(packets, HANDSHAKE, after_us=3500)
    copy = late.pop(HANDSHAKE + 1)
    result = capture(merge(late, [copy]))
    assert result.pairs == [("GET a", bulk("1")), ("GET b", bulk("2")), ("GET c", bulk("3"))]
