"""How much of a latency a request waited behind earlier replies of its connection."""

from pathlib import Path

import pytest

from tcpkit.protocols.message import NO_TIME
from tests.build import Conversation, cut, drop
from tests.protocols.capture import Capture, capture
from tests.protocols.lua.traced import ECHO, conversation, traced, words
from tests.protocols.memcached.packets import GETQ, NOOP, answer, ask, memcached
from tests.protocols.memcached.packets import capture as memcached_capture
from tests.protocols.redis.resp import array, bulk, line, push
from tests.truth.captures import read

OK = b"+OK\r\n"
PONG = b"+PONG\r\n"
SECOND_US = 1_000_000
PCAPS = Path(__file__).resolve().parents[2] / "pcaps"


def start() -> Conversation:
    return Conversation().handshake()


def test_request_alone_waits_for_nobody() -> None:
    packets = start().client(line("PING"), at_us=100).server(PONG, at_us=900).packets
    assert capture(packets).queues_us() == [0]


def test_request_waits_until_the_last_byte_of_the_earlier_reply() -> None:
    value = bulk("x" * 40)
    made = start().client(line("GET a"), at_us=100).client(line("GET b"), at_us=300)
    made.server(value[:10], at_us=1000).server(value[10:], at_us=2000).server(OK, at_us=2500)
    result = capture(made.packets)
    assert result.latencies_us() == [900, 2200]
    assert result.queues_us() == [0, 1700]


def test_reply_in_the_packet_of_the_earlier_one_has_waited_all_the_time() -> None:
    made = start().client(line("GET a") + line("GET b"), at_us=100).server(OK + OK, at_us=600)
    assert capture(made.packets).queues_us() == [0, 500]


def test_request_that_came_during_a_download_waits_for_its_end() -> None:
    value = bulk("x" * 40)
    made = start().client(line("GET a"), at_us=100).server(value[:10], at_us=200)
    made.client(line("PING"), at_us=300).server(value[10:], at_us=700).server(PONG, at_us=710)
    result = capture(made.packets)
    assert [int(exchange.depth) for exchange in result.exchanges] == [0, 1]
    assert result.queues_us() == [0, 400]


def test_earlier_bytes_that_were_sent_again_make_no_queue_beyond_the_latency() -> None:
    value = bulk("x" * 40)
    made = start().client(line("GET a") + line("PING"), at_us=100)
    made.server(value[:10], at_us=200)
    made.server(PONG, at_us=400, offset=len(value)).server(value[10:], at_us=900, offset=10)
    result = capture(made.packets)
    assert result.latencies_us() == [100, 300]
    assert result.queues_us() == [0, 300]


def test_pushes_are_no_earlier_replies() -> None:
    made = start().client(line("HELLO 3"), at_us=100).server(b"%0\r\n", at_us=200)
    made.client(line("GET a") + line("GET b"), at_us=1000).server(OK, at_us=1300)
    made.server(push(bulk("invalidate"), array(bulk("a"))), at_us=1600).server(OK, at_us=1900)
    result = capture(made.packets)
    assert result.pairing.pushes == 1
    assert result.queues_us() == [0, 0, 300]


def test_all_confirmations_of_a_subscription_are_one_reply() -> None:
    def confirmation(channel: str, count: int) -> bytes:
        return array(bulk("subscribe"), bulk(channel), b":%d\r\n" % count)

    made = start().client(line("SUBSCRIBE a b") + line("PING"), at_us=100)
    made.server(confirmation("a", 1), at_us=300).server(confirmation("b", 2), at_us=700)
    made.server(array(bulk("pong"), bulk("")), at_us=800)
    result = capture(made.packets)
    assert [exchange.command for exchange in result.exchanges] == ["SUBSCRIBE", "PING"]
    assert result.queues_us() == [0, 600]


def test_requests_without_a_reply_are_in_nobodys_queue() -> None:
    sent = line("CLIENT REPLY SKIP") + line("KEYS *") + line("PING")
    result = capture(start().client(sent, at_us=100).server(PONG, at_us=900).packets)
    assert [(x.status, x.queue_ns) for x in result.exchanges] == [
        ("silent", NO_TIME), ("silent", NO_TIME), ("ok", 0),
    ]  # fmt: skip


def test_late_reply_is_an_earlier_one_all_the_same() -> None:
    made = start().client(line("DEBUG SLEEP 12"), at_us=0).client(line("PING"), at_us=SECOND_US)
    made.server(OK, at_us=12 * SECOND_US).server(PONG, at_us=13 * SECOND_US)
    result = capture(made.packets)
    by_status = [(x.request, x.status, x.queue_ns) for x in result.exchanges]
    assert by_status == [
        ("DEBUG SLEEP 12", "timeout", NO_TIME), ("DEBUG SLEEP 12", "ok", 0),
        ("PING", "timeout", NO_TIME), ("PING", "ok", 11_000_000_000),
    ]  # fmt: skip


def test_replies_of_a_transaction_are_replies_like_others() -> None:
    sent = [line("MULTI"), line("INCR a"), line("EXEC"), line("PING")]
    got = [OK, b"+QUEUED\r\n", array(b":1\r\n"), PONG]
    made = start().client(b"".join(sent), at_us=100)
    for number, reply in enumerate(got):
        made.server(reply, at_us=1000 * (number + 1))
    assert capture(made.packets).queues_us() == [0, 900, 1900, 2900]


def test_queue_is_not_known_behind_a_reply_that_was_lost_until_the_next_one() -> None:
    made = start()
    for turn in range(12):
        at_us = 100_000 * turn
        made.client(line(f"GET {turn}"), at_us=at_us + 100)
        made.client(line(f"LLEN {turn}") + line(f"TYPE {turn}"), at_us=at_us + 101)
        made.server(bulk("v"), at_us=at_us + 300)
        made.server(b":1\r\n", at_us=at_us + 500).server(b"+list\r\n", at_us=at_us + 900)
    lost = 3 + 5 * 6 + 2  # what answers GET 6
    result = capture(drop(made.packets, lost))
    found = {x.request: x.queue_ns for x in result.exchanges}
    assert [found[f"{name} 5"] for name in ("GET", "LLEN", "TYPE")] == [0, 199_000, 399_000]
    assert [name for name in ("GET", "LLEN", "TYPE") if f"{name} 6" in found] == []
    assert [found[f"{name} 7"] for name in ("GET", "LLEN", "TYPE")] == [0, 199_000, 399_000]


def test_first_reply_after_a_new_start_leaves_open_what_was_before_it() -> None:
    _, packets = read(PCAPS / "redis" / "mid-stream.pcap")
    split = [(x.depth > 0, x.queue_ns == NO_TIME) for x in capture(packets).exchanges if x.answered]
    assert (True, True) in split
    assert (False, True) not in split


@pytest.mark.parametrize("name", ["redis/queued", "redis/pipeline", "redis/deep-pipeline"])
def test_a_lost_packet_makes_no_queue_of_an_exact_exchange_another(name: str) -> None:
    _, packets = read(PCAPS / f"{name}.pcap")
    whole = {int(x.request_seq): x for x in capture(packets).exchanges}
    compared = 0
    for at in range(len(packets)):
        for exchange in capture(drop(packets, at)).exchanges:
            if not exchange.answered:
                continue
            other = whole[int(exchange.request_seq)]
            same_times = exchange.request_last_ns == other.request_last_ns
            if exchange.exact and same_times and exchange.queue_ns != NO_TIME:
                assert exchange.queue_ns == other.queue_ns, exchange.request
                compared += 1
    assert compared > len(packets)


def test_last_byte_of_a_reply_that_was_cut_off_is_known_by_its_packet() -> None:
    made = start().client(line("GET a") + line("PING"), at_us=100)
    made.server(bulk("x" * 3000), at_us=500).server(PONG, at_us=900)
    result = capture(cut(made.packets, 120))
    assert [exchange.status for exchange in result.exchanges] == ["ok", "ok"]
    assert result.queues_us() == [0, 402]  # the reply came in three segments, 1 us apart


def test_exchanges_on_trial_keep_what_was_known() -> None:
    made = start()
    for turn in range(10):
        made.client(line("GET a") + line("LLEN b") + line("TYPE c"), at_us=100_000 * turn + 100)
        made.server(bulk("v"), at_us=100_000 * turn + 300)
        made.server(b":1\r\n", at_us=100_000 * turn + 500)
        made.server(b"+list\r\n", at_us=100_000 * turn + 900)
    result = capture(drop(made.packets, 0, 1, 2))
    assert {exchange.exact for exchange in result.exchanges} == {False}
    queues = {(x.command, None if x.queue_ns == NO_TIME else x.queue_ns) for x in result.exchanges}
    assert queues == {("GET", 0), ("LLEN", 200_000), ("TYPE", 400_000)}


def test_quiet_requests_that_are_silent_are_in_nobodys_queue() -> None:
    sent = ask(GETQ, b"a", opaque=1) + ask(GETQ, b"b", opaque=2) + ask(NOOP, opaque=3)
    made = memcached().client(sent, at_us=1000).server(answer(NOOP, opaque=3), at_us=3000)
    result = memcached_capture(made.packets)
    assert [(x.request, x.status, x.queue_ns) for x in result.exchanges] == [
        ("get a", "silent", NO_TIME), ("get b", "silent", NO_TIME), ("noop", "ok", 0),
    ]  # fmt: skip


def test_pipelined_memcached_requests_wait_for_the_earlier_replies() -> None:
    made = memcached().client(b"get a\r\nget b\r\n", at_us=1000)
    made.server(b"VALUE a 0 1\r\nx\r\n", at_us=2000).server(b"END\r\n", at_us=3000)
    made.server(b"END\r\n", at_us=3500)
    assert memcached_capture(made.packets).queues_us() == [0, 2000]


def test_pipelined_requests_of_a_script_wait_for_the_earlier_replies() -> None:
    made = conversation().client(b"one\ntwo\n", at_us=1000)
    made.server(b"one\n", at_us=2000).server(b"two\n", at_us=2500)
    assert traced(ECHO, made.packets).queues_us() == [0, 1000]


def test_several_replies_to_a_request_of_a_script_are_one() -> None:
    made = conversation().client(b"a replies=2\nb\n", at_us=1000)
    made.server(b"one\n", at_us=2000).server(b"two\n", at_us=2500).server(b"three\n", at_us=2700)
    assert traced(words(), made.packets).queues_us() == [0, 1500]


def test_requests_with_ids_wait_for_nobody() -> None:
    made = conversation().client(b"a id=1\nb id=2\n", at_us=1000)
    made.server(b"one id=1\n", at_us=2000).server(b"two id=2\n", at_us=2500)
    assert traced(words(), made.packets).queues_us() == [0, 0]


def test_negative_latency_has_no_queue() -> None:
    made = start().client(line("PING") + line("PING"), at_us=1000).server(PONG + PONG, at_us=400)
    result = Capture().feed(made.packets).finish()
    assert result.latencies_us() == [-600, -600]
    assert result.queues_us() == [0, 0]
