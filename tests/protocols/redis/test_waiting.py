"""Requests that wait too long, or for nothing: timeout, late, aborted, unanswered."""

from tcpkit.protocols.message import flag_names
from tests.build import START_NS, Conversation, merge
from tests.protocols.capture import SECOND_US, Capture, capture
from tests.protocols.redis.resp import bulk, line

PONG = b"+PONG\r\n"


def waiting(*requests: str, at_us: int = 1000) -> Conversation:
    data = b"".join(map(line, requests))
    return Conversation().handshake().client(data, at_us=at_us)


def test_request_is_given_up_after_the_timeout_while_nothing_moves() -> None:
    run = Capture(timeout_s=10).feed(waiting("GET a").packets)
    run.advance(10 * SECOND_US + 999)
    assert run.exchanges == []
    run.advance(11 * SECOND_US)
    (exchange,) = run.exchanges
    assert (exchange.status, exchange.code) == ("timeout", None)
    assert exchange.time_ns == START_NS + 1_000_000 + 10_000_000_000
    assert (exchange.latency_ns, exchange.reply_first_ns, exchange.reply_last_ns) == (-1, -1, -1)
    assert (exchange.reply_bytes, exchange.reply_seq) == (0, -1)
    assert exchange.request_last_ns == START_NS + 1_000_000
    assert run.pairing.timeouts == 1
    assert (run.stats[6379].total().timeouts, run.stats[6379].total().total_reqs) == (1, 0)


def test_request_is_given_up_once() -> None:
    run = Capture().feed(waiting("GET a").packets)
    for second in range(11, 100):
        run.advance(second * SECOND_US)
    assert run.pairs == [("GET a", "timeout")]


def test_other_connections_move_the_time() -> None:
    quiet = waiting("GET a")
    busy = Conversation("10.0.0.1:40001").handshake(at_us=0)
    for second in range(1, 20):
        busy.client(line("PING"), at_us=second * SECOND_US).server(PONG)
    run = Capture().feed(merge(quiet.packets, busy.packets))
    timed_out = [exchange for exchange in run.exchanges if exchange.status == "timeout"]
    assert [exchange.request for exchange in timed_out] == ["GET a"]
    assert timed_out[0].time_ns == START_NS + 1_000_000 + 10_000_000_000


def test_timeout_is_what_was_asked_for() -> None:
    run = Capture(timeout_s=2).feed(waiting("GET a").packets).advance(3 * SECOND_US)
    assert run.exchanges[0].time_ns == START_NS + 1_000_000 + 2_000_000_000


def test_late_reply_is_logged_with_its_latency_and_flag() -> None:
    conversation = waiting("GET a")
    run = Capture().feed(conversation.packets).advance(15 * SECOND_US)
    conversation.packets.clear()
    run.feed(conversation.server(bulk("1"), at_us=20 * SECOND_US).packets)
    run.feed(conversation.client(line("GET b"), at_us=21 * SECOND_US).server(bulk("2")).packets[1:])
    assert run.pairs == [("GET a", "timeout"), ("GET a", bulk("1")), ("GET b", bulk("2"))]
    assert run.flags() == [[], ["late"], []]
    late = run.exchanges[1]
    assert (late.status, late.latency_ns) == ("ok", 20 * SECOND_US * 1000 - 1_000_000)
    assert run.pairing.late == 1
    assert run.stats[6379].total().total_reqs == 2


def test_reply_that_comes_after_the_timeout_but_before_anybody_looked_is_just_slow() -> None:
    conversation = waiting("GET a").server(bulk("1"), at_us=20 * SECOND_US)
    run = Capture().feed(conversation.packets)
    assert run.pairs[-1] == ("GET a", bulk("1"))
    assert run.latencies_us()[-1] == 20 * SECOND_US - 1000


def test_requests_behind_a_slow_one_time_out_each_at_its_own_time() -> None:
    conversation = waiting("GET a")
    conversation.client(line("GET b"), at_us=3 * SECOND_US)
    run = Capture().feed(conversation.packets).advance(11 * SECOND_US)
    assert run.pairs == [("GET a", "timeout")]
    run.advance(14 * SECOND_US)
    assert run.pairs == [("GET a", "timeout"), ("GET b", "timeout")]
    assert run.exchanges[1].time_ns == START_NS + 13 * SECOND_US * 1000
    conversation.packets.clear()
    run.feed(conversation.server(bulk("1") + bulk("2"), at_us=20 * SECOND_US).packets)
    assert run.pairs[2:] == [("GET a", bulk("1")), ("GET b", bulk("2"))]
    assert run.flags()[2:] == [["late"], ["late"]]


def test_blocking_command_never_times_out() -> None:
    conversation = waiting("BLPOP a 0")
    run = Capture().feed(conversation.packets).advance(3600 * SECOND_US)
    assert (run.exchanges, run.pairing.timeouts) == ([], 0)
    conversation.packets.clear()
    run.feed(conversation.server(b"*-1\r\n", at_us=3601 * SECOND_US).packets)
    assert run.flags() == [["blocking"]]


def test_subscriber_that_only_listens_never_times_out() -> None:
    conversation = Conversation().handshake().client(line("SUBSCRIBE a"), at_us=1000)
    conversation.server(b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
    run = Capture().feed(conversation.packets).advance(3600 * SECOND_US)
    assert [exchange.status for exchange in run.exchanges] == ["ok"]


def test_silent_request_never_times_out() -> None:
    run = Capture().feed(waiting("CLIENT REPLY OFF", "GET a").packets).advance(60 * SECOND_US)
    assert [exchange.status for exchange in run.exchanges] == ["silent", "silent"]


def test_timeout_and_abort_are_logged_below_any_threshold() -> None:
    run = Capture(threshold_ns=10**15)
    run.feed(waiting("GET a").packets).advance(15 * SECOND_US)
    other = Conversation("10.0.0.1:40001").handshake(at_us=15 * SECOND_US + 10)
    run.feed(other.client(line("GET b")).server_fin().packets)
    assert run.pairs == [("GET a", "timeout"), ("GET b", "aborted")]


def test_server_that_resets_aborts_what_waits() -> None:
    conversation = waiting("GET a", "GET b").server_reset(at_us=5000)
    run = Capture().feed(conversation.packets).advance(SECOND_US)
    assert run.pairs == [("GET a", "aborted"), ("GET b", "aborted")]
    assert [exchange.time_ns for exchange in run.exchanges] == [START_NS + 5_000_000] * 2
    assert [exchange.latency_ns for exchange in run.exchanges] == [-1, -1]
    assert run.pairing.aborted == 2


def test_servers_fin_aborts_what_waits() -> None:
    conversation = waiting("GET a", "GET b").server(bulk("1"), at_us=2000).server_fin(at_us=5000)
    run = capture(conversation.packets)
    assert run.pairs == [("GET a", bulk("1")), ("GET b", "aborted")]
    assert run.exchanges[1].time_ns == START_NS + 5_000_000


def test_blocking_command_is_aborted_too() -> None:
    run = capture(waiting("BLPOP a 0").server_fin(at_us=5000).packets)
    assert run.pairs == [("BLPOP a 0", "aborted")]
    assert run.flags() == [["blocking"]]


def test_clients_fin_aborts_nothing() -> None:
    conversation = waiting("GET a").client_fin(at_us=2000).server(bulk("1"), at_us=3000)
    run = capture(conversation.server_fin().client_ack().packets)
    assert run.pairs == [("GET a", bulk("1"))]


def test_new_connection_on_the_four_tuple_aborts_what_waits() -> None:
    second = Conversation(start_ns=START_NS + 9_000_000, client_isn=99_000).handshake()
    second.client(line("GET b"), at_us=100).server(bulk("2"), at_us=200)
    run = capture([*waiting("GET a").packets, *second.packets])
    assert run.pairs == [("GET a", "aborted"), ("GET b", bulk("2"))]


def test_request_that_timed_out_is_not_logged_again_when_the_connection_ends() -> None:
    """It is logged once as `timeout`; `aborted` is for a connection that ended first."""
    conversation = waiting("GET a")
    run = Capture().feed(conversation.packets).advance(15 * SECOND_US)
    conversation.packets.clear()
    run.feed(conversation.server_fin(at_us=20 * SECOND_US).packets)
    assert run.pairs == [("GET a", "timeout")]
    assert (run.pairing.timeouts, run.pairing.aborted) == (1, 0)


def test_what_waits_at_the_captures_end_is_counted_and_not_logged() -> None:
    run = capture(waiting("GET a", "GET b").packets)
    assert (run.exchanges, run.pairing.unanswered) == ([], 2)


def test_unfinished_request_waits_for_nothing() -> None:
    conversation = Conversation().handshake().client(line("GET key")[:-1], at_us=1000)
    run = Capture().feed(conversation.packets).advance(60 * SECOND_US).finish()
    assert (run.exchanges, run.pairing.unanswered) == ([], 0)


def test_unfinished_reply_is_no_reply() -> None:
    conversation = waiting("GET a").server(bulk("abc")[:-1], at_us=2000).server_fin(at_us=5000)
    assert capture(conversation.packets).pairs == [("GET a", "aborted")]


def test_request_after_a_timeout_gets_its_own_reply() -> None:
    conversation = waiting("GET a")
    run = Capture().feed(conversation.packets).advance(15 * SECOND_US)
    conversation.packets.clear()
    conversation.client(line("GET b"), at_us=16 * SECOND_US)
    conversation.server(bulk("1"), at_us=17 * SECOND_US).server(bulk("2"), at_us=18 * SECOND_US)
    run.feed(conversation.packets)
    assert run.pairs == [("GET a", "timeout"), ("GET a", bulk("1")), ("GET b", bulk("2"))]
    assert run.latencies_us() == [None, 17 * SECOND_US - 1000, 2 * SECOND_US]


def test_timeouts_are_the_same_whether_time_comes_with_packets_or_alone() -> None:
    conversation = waiting("GET a")
    for second in (5, 9, 12):
        conversation.client_ack(at_us=second * SECOND_US)
    packets = conversation.packets
    by_packets = Capture().feed(packets).finish()
    alone = Capture().feed(packets[:4])
    for tenth in range(1, 130):
        alone.advance(tenth * SECOND_US // 10)
    alone.finish()
    assert [exchange.time_ns for exchange in by_packets.exchanges] == [
        exchange.time_ns for exchange in alone.exchanges
    ]
    assert by_packets.pairs == [("GET a", "timeout")]


def test_request_whose_reply_has_begun_is_not_given_up() -> None:
    """The latency is known by then: only the rest of a long reply is on its way."""
    conversation = waiting("GET a").server(bulk("x" * 50)[:20], at_us=2000)
    run = Capture().feed(conversation.packets).advance(15 * SECOND_US)
    conversation.packets.clear()
    run.feed(conversation.server(bulk("x" * 50)[20:], at_us=20 * SECOND_US).packets)
    answered = [exchange for exchange in run.exchanges if exchange.answered]
    assert [flag_names(exchange.flags) for exchange in answered] == [[]]
    assert [exchange.status for exchange in run.exchanges] == ["ok"]
