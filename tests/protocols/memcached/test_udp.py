"""Memcached over UDP: framed, in parts, sent again, lost, with ids that are used again.

Frames are as memcached 1.6.18 makes them (-U): each reply is an answer of its own, a get of
several keys has an answer for each value, and nothing to say is a frame with the count 0.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.protocols.memcached.datagrams import MAX_WAITING
from tcpkit.protocols.memcached.udp_asked import PARTS_HELD
from tcpkit.protocols.message import flag_names
from tests.build import START_NS, Packet, datagram
from tests.protocols.memcached.datagrams import CLIENT, FRAME, SERVER, Talk, run, told
from tests.protocols.memcached.packets import (
    DELETEQ,
    GET,
    GETQ,
    NOOP,
    SETQ,
    STAT,
    answer,
    ask,
    miss,
)
from tests.truth.damage import Damaged
from tests.truth.judge import Reading, Truth, judge

HIT = b"VALUE k 0 1\r\nv\r\nEND\r\n"
GET_K = b"get k\r\n"
SECOND_US = 1_000_000


def test_request_and_reply_are_framed_timed_and_paired() -> None:
    talk = Talk().warm().ask(7, GET_K, 1000).reply(7, HIT, 1250)
    exchange = run(talk.packets).exchanges[-1]
    assert (exchange.transport, exchange.client, exchange.server) == ("udp", CLIENT, SERVER)
    assert (exchange.command, exchange.key, exchange.request) == ("get", "k", "get k")
    assert (exchange.status, exchange.code, exchange.hits) == ("ok", "END", 1)
    assert exchange.latency_ns == 250_000
    assert (exchange.request_bytes, exchange.reply_bytes) == (8 + 7, 8 + 21)
    assert (exchange.request_seq, exchange.reply_seq) == (-1, -1)
    assert exchange.exact


def test_first_request_of_a_client_is_inferred() -> None:
    """Whether its ids tell requests apart is not known yet."""
    result = run(Talk().ask(7, GET_K, 1000).reply(7, HIT, 1250).packets)
    assert [(x.request, bool(x.exact)) for x in result.exchanges] == [("get k", False)]
    assert (result.pairing.exact, result.pairing.inferred) == (0, 1)


def test_answers_in_any_order_find_their_requests() -> None:
    talk = Talk().warm()
    for number in range(5):
        talk.ask(number, b"get k%d\r\n" % number, 1000 + number)
    for number in (3, 1, 4, 0, 2):
        talk.reply(number, b"VALUE k%d 0 1\r\nv\r\nEND\r\n" % number, 2000 + 10 * number)
    result = run(talk.packets)
    latencies = {x.request: int(x.latency_ns) // 1000 for x in result.exchanges[1:]}
    assert latencies == {f"get k{n}": 1000 + 9 * n for n in range(5)}
    assert [int(x.depth) for x in result.exchanges[1:]] == [3, 1, 4, 0, 2]
    assert result.pairing.unpaired == {}


def test_one_id_of_two_clients_is_two_requests() -> None:
    other = Talk("10.0.0.3:40000").warm()
    other.ask(7, b"get other\r\n", 1001).reply(7, b"END\r\n", 1300)
    talk = Talk().warm().ask(7, GET_K, 1000).reply(7, HIT, 1250)
    packets = sorted(talk.packets + other.packets, key=lambda packet: packet.ts_ns)
    result = run(packets)
    assert told(result) == [("get k", "ok"), ("get other", "ok")]


LONG = b"VALUE k 0 3000\r\n" + b"x" * 3000 + b"\r\nEND\r\n"
PARTS = [LONG[at : at + 1392] for at in range(0, len(LONG), 1392)]


def parts(order: tuple[int, ...]) -> Talk:
    talk = Talk().warm().ask(7, GET_K, 1000)
    for at in order:
        talk.reply(7, PARTS[at], 1100 + 10 * at, (at, len(PARTS)))
    return talk


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1), (1, 0, 2)])
def test_datagrams_of_a_reply_in_any_order_are_one_reply(order: tuple[int, ...]) -> None:
    exchange = run(parts(order).packets).exchanges[-1]
    assert (exchange.request, exchange.status, exchange.hits) == ("get k", "ok", 1)
    assert exchange.reply_first_ns - START_NS == 1_100_000
    assert exchange.reply_last_ns - START_NS == 1_120_000
    assert exchange.reply_bytes == len(LONG) + 3 * 8
    assert exchange.exact
    assert ("out-of-order" in flag_names(exchange.flags)) == (order != (0, 1, 2))


@pytest.mark.parametrize("order", [(0, 1), (0, 2), (1, 2)])
def test_reply_of_which_a_part_is_missing_is_not_reported(order: tuple[int, ...]) -> None:
    result = run(parts(order).packets).advance(30 * SECOND_US)
    assert told(result) == []
    assert result.pairing.unpaired == {"reply in part": 1}
    assert result.pairing.timeouts == 0


def test_part_that_comes_twice_is_read_once() -> None:
    talk = parts((0, 0, 1, 1, 2, 2))
    assert told(run(talk.packets)) == [("get k", "ok")]
    assert run(talk.packets).exchanges[-1].reply_bytes == len(LONG) + 3 * 8


def test_answer_that_begins_again_before_its_end_is_not_believed() -> None:
    talk = Talk().warm().ask(7, GET_K, 1000).reply(7, PARTS[0], 1100, (0, 3))
    talk.reply(7, PARTS[0] + b"y", 1110, (0, 3)).reply(7, PARTS[1], 1120, (1, 3))
    result = run(talk.packets)
    assert told(result) == []
    assert result.pairing.unpaired == {"reply in part": 1}


def test_sequence_at_or_over_the_count_is_counted() -> None:
    talk = Talk().warm().ask(7, GET_K, 1000)
    talk.reply(7, HIT, 1100, (1, 1)).reply(7, HIT, 1110, (5, 2)).reply(7, HIT, 1200)
    result = run(talk.packets)
    assert told(result) == [("get k", "ok")]
    assert result.pairing.unpaired == {"sequence over the count": 2}


def test_values_of_a_get_with_many_keys_come_as_answers_of_their_own() -> None:
    talk = Talk().warm().ask(7, b"get a b\r\n", 1000)
    talk.reply(7, b"VALUE a 0 1\r\n1\r\n", 1100).reply(7, b"VALUE b 0 1\r\n2\r\nEND\r\n", 1110)
    result = run(talk.packets)
    assert told(result) == [("get a b", "ok")]
    assert (result.exchanges[-1].hits, result.exchanges[-1].reply_bytes) == (2, 8 + 16 + 8 + 21)


@pytest.mark.parametrize("left", [0, 1])
def test_values_may_be_missing_where_there_are_fewer_than_keys(left: int) -> None:
    answers = [b"VALUE a 0 1\r\n1\r\n", b"VALUE b 0 1\r\n2\r\nEND\r\n"]
    talk = Talk().warm().ask(7, b"get a b\r\n", 1000).reply(7, answers[left], 1100)
    result = run(talk.packets).advance(30 * SECOND_US)
    assert told(result) == []
    assert result.pairing.unpaired == {"reply in part": 1}


def test_old_server_puts_all_values_into_one_answer() -> None:
    both = b"VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nEND\r\n"
    talk = Talk().warm().ask(7, b"get a b\r\n", 1000).reply(7, both, 1100)
    (exchange,) = run(talk.packets).exchanges[1:]
    assert (exchange.hits, exchange.reply_bytes, exchange.exact) == (2, 8 + 37, True)


def test_request_in_several_datagrams_is_refused_as_the_server_does() -> None:
    result = run(Talk().warm().ask(7, GET_K, 1000, count=2).packets)
    assert result.pairing.unpaired == {"request in several datagrams": 1}
    assert result.finish().pairing.unanswered == 0


def test_request_without_its_end_is_dropped_as_the_server_does() -> None:
    talk = Talk().warm().ask(7, b"get k", 1000).ask(8, ask(GET, b"key")[:25], 1100)
    result = run(talk.packets).finish()
    assert (told(result), result.pairing.unanswered) == ([], 0)
    assert result.pairing.unpaired == {"unfinished request": 2}


def test_parts_that_wait_are_bounded() -> None:
    talk = Talk().warm().ask(7, GET_K, 1000)
    for part in range(1, PARTS_HELD + 2):
        talk.reply(7, bytes(1392), 1100 + part, (part, 500))
    result = run(talk.packets)
    assert result.pairing.unpaired == {"reply in part": 1}


def test_requests_that_wait_are_bounded() -> None:
    result = run(Talk().warm().packets)
    for number in range(MAX_WAITING + 10):
        other = Talk(f"10.1.{number >> 8}.{number & 255}:40000")
        result.feed(other.ask(7, GET_K, 1000 + number).packets)
    assert result.pairing.unpaired == {"too many waiting": 10}
    assert result.finish().pairing.unanswered == MAX_WAITING


def test_request_sent_again_is_another_attempt_of_the_first() -> None:
    talk = Talk().warm().ask(7, GET_K, 1000).ask(7, GET_K, 3000).reply(7, HIT, 3400)
    result = run(talk.packets)
    (exchange,) = result.exchanges[1:]
    assert exchange.latency_ns == 2_400_000
    assert (bool(exchange.exact), flag_names(exchange.flags)) == (False, ["retransmission"])
    assert result.pairing.retries == 1


def test_second_answer_is_a_duplicate() -> None:
    talk = Talk().warm().ask(7, GET_K, 1000).ask(7, GET_K, 3000)
    talk.reply(7, HIT, 3400).reply(7, HIT, 3500)
    result = run(talk.packets)
    assert (told(result), result.pairing.duplicates) == ([("get k", "ok")], 1)


@pytest.mark.parametrize("mark", [5, 0])
def test_datagrams_captured_twice_are_no_attempts(mark: int) -> None:
    talk = Talk().warm().ask(7, GET_K, 1000, mark=mark).ask(7, GET_K, 1001, mark=mark)
    talk.reply(7, HIT, 1100, mark=mark).reply(7, HIT, 1101, mark=mark)
    result = run(talk.packets)
    assert told(result) == [("get k", "ok")]
    assert result.exchanges[-1].exact
    assert (result.pairing.retries, result.pairing.duplicates) == (0, 0)


def test_no_answer_is_a_timeout_and_a_later_one_is_late() -> None:
    talk = Talk().warm().ask(7, GET_K, 1000)
    result = run(talk.packets).advance(12 * SECOND_US)
    (exchange,) = result.exchanges[1:]
    assert (exchange.request, exchange.status, bool(exchange.exact)) == ("get k", "timeout", False)
    assert exchange.time_ns - START_NS == 10_001_000_000
    result.feed(Talk().reply(7, HIT, 13 * SECOND_US).packets)
    assert (len(result.exchanges), result.pairing.late) == (2, 1)


def test_answer_over_the_timeout_is_late_though_nothing_came_before_it() -> None:
    talk = Talk().warm().ask(7, GET_K, 1000).reply(7, HIT, 11 * SECOND_US)
    result = run(talk.packets)
    assert (told(result), result.pairing.late) == ([("get k", "timeout")], 1)


def test_what_waits_at_the_captures_end_is_unanswered() -> None:
    result = run(Talk().warm().ask(7, GET_K, 1000).packets).finish()
    assert (told(result), result.pairing.unanswered) == ([], 1)


def test_noreply_is_silent_at_once() -> None:
    talk = Talk().warm().ask(7, b"set k 0 0 1 noreply\r\nv\r\n", 1000)
    (exchange,) = run(talk.packets).exchanges[1:]
    assert (exchange.request, exchange.status) == ("set k 0 0 1 noreply", "silent")
    assert exchange.time_ns - START_NS == 1_000_000


@pytest.mark.parametrize("opcode", [SETQ, DELETEQ])
def test_quiet_mutation_without_an_answer_is_silent_and_inferred(opcode: int) -> None:
    result = run(Talk().warm().ask(7, ask(opcode, b"k"), 1000).packets).finish()
    assert [(x.status, bool(x.exact)) for x in result.exchanges[1:]] == [("silent", False)]


def test_quiet_get_is_silent_where_the_server_says_so() -> None:
    talk = Talk().warm().ask(7, ask(GETQ, b"k"), 1000).reply(7, b"", 1100, (0, 0))
    assert [(x.status, bool(x.exact)) for x in run(talk.packets).exchanges[1:]] == [
        ("silent", True)
    ]


def test_quiet_get_without_a_word_of_the_server_may_have_been_answered() -> None:
    result = run(Talk().warm().ask(7, ask(GETQ, b"k"), 1000).packets).finish()
    assert told(result) == []
    assert result.pairing.unpaired == {"quiet, answer unclear": 1}


def test_binary_commands_of_one_datagram_are_told_apart_by_their_opaques() -> None:
    sent = ask(GETQ, b"a", opaque=1) + ask(GET, b"b", opaque=2) + ask(NOOP, opaque=3)
    talk = Talk().warm().ask(7, sent, 1000)
    talk.reply(7, answer(GETQ, b"v", 1), 1100).reply(7, miss(GET, 2), 1110)
    talk.reply(7, answer(NOOP, opaque=3), 1120)
    result = run(talk.packets)
    assert told(result) == [("get a", "ok"), ("get b", "ok"), ("noop", "ok")]
    assert all(exchange.exact for exchange in result.exchanges[1:])


@pytest.mark.parametrize("sent", [ask(GET, b"a") + ask(GET, b"b"), b"get a\r\nget b\r\n"])
def test_commands_of_one_datagram_that_nothing_tells_apart_are_not_paired(sent: bytes) -> None:
    talk = Talk().warm().ask(7, sent, 1000).reply(7, miss(GET), 1100).reply(7, b"END\r\n", 1110)
    result = run(talk.packets).finish()
    assert told(result) == []
    assert result.pairing.unpaired == {"several commands in a datagram": 2}


def test_stat_in_several_datagrams_is_one_reply() -> None:
    whole = b"".join(answer(STAT, b"1", key=b"stat%d" % n) for n in range(90)) + answer(STAT)
    talk = Talk().warm().ask(7, ask(STAT), 1000)
    for at in range(0, len(whole), 1392):
        talk.reply(7, whole[at : at + 1392], 1100 + at, (at // 1392, -(-len(whole) // 1392)))
    (exchange,) = run(talk.packets).exchanges[1:]
    assert (exchange.request, exchange.status) == ("stats", "ok")


def test_id_used_again_after_its_answer_is_inferred() -> None:
    talk = Talk()
    for number in range(4):
        talk.ask(0, b"get k%d\r\n" % number, 1000 * number + 1000)
        talk.reply(0, HIT.replace(b"VALUE k", b"VALUE k%d" % number), 1000 * number + 1200)
    result = run(talk.packets)
    assert told(result) == [(f"get k{number}", "ok") for number in range(4)]
    assert not any(exchange.exact for exchange in result.exchanges)


def test_id_used_again_before_its_answer_is_not_paired() -> None:
    talk = Talk().warm().ask(7, b"get a\r\n", 1000).ask(7, b"get b\r\n", 1100)
    talk.reply(7, b"VALUE a 0 1\r\n1\r\nEND\r\n", 1200).reply(7, b"END\r\n", 1300)
    talk.ask(7, b"get c\r\n", 1400).reply(7, b"END\r\n", 1500)
    talk.ask(7, b"get d\r\n", 2 * SECOND_US).reply(7, b"END\r\n", 2 * SECOND_US + 100)
    result = run(talk.packets)
    assert told(result) == [("get d", "ok")]
    assert result.pairing.unpaired == {"request id reused": 3}


def test_opaques_tell_requests_of_one_id_apart() -> None:
    talk = Talk().warm()
    for opaque in (1, 2, 3):
        talk.ask(7, ask(GET, b"k%d" % opaque, opaque=opaque), 1000 + opaque)
    for opaque in (2, 3, 1):
        talk.reply(7, answer(GET, b"v", opaque), 2000 + opaque)
    result = run(talk.packets)
    assert told(result) == [("get k2", "ok"), ("get k3", "ok"), ("get k1", "ok")]
    assert {int(x.latency_ns) for x in result.exchanges[1:]} == {1_000_000}
    assert not any(exchange.exact for exchange in result.exchanges[1:])


def test_reply_that_nobody_asked_for_is_counted() -> None:
    result = run(Talk().warm().reply(5, HIT, 1000).packets)
    assert (told(result), result.pairing.unpaired) == ([], {"reply without request": 1})


def test_datagram_without_a_frame_is_not_the_protocol() -> None:
    short = [datagram(CLIENT, SERVER, b"\0\1\0"), datagram(SERVER, CLIENT, b"\0\1\0")]
    assert run(short).pairing.not_protocol == 2


def test_udp_over_tcp_ports_is_not_looked_at_without_the_option() -> None:
    from tests.protocols.capture import Capture

    talk = Talk().warm()
    result = Capture("memcached", (11211,), keep_bytes=False).feed(talk.packets).finish()
    assert (result.exchanges, result.pairing.unanswered) == ([], 0)


numbers = st.sampled_from([0, 1, 7, 300])
said = st.tuples(
    st.booleans(), numbers, st.tuples(st.integers(0, 3), st.integers(0, 3)), st.binary(max_size=60)
)
begins = st.sampled_from([b"", b"\x80", GET_K, ask(GET, b"k"), answer(GET, b"v"), HIT])


@given(st.lists(said, max_size=20), begins)
def test_random_datagrams_never_raise(
    datagrams: list[tuple[bool, int, tuple[int, int], bytes]], begin: bytes
) -> None:
    packets: list[Packet] = []
    for at, (asks, number, part, data) in enumerate(datagrams):
        ends = (CLIENT, SERVER) if asks else (SERVER, CLIENT)
        payload = FRAME.pack(number, *part, 0) + begin + data
        packets.append(datagram(*ends, payload, START_NS + at * 1000, identification=at + 1))
    run(packets).advance(30 * SECOND_US).finish()


kinds = st.sampled_from(["hit", "miss", "set", "noreply", "binary", "quiet", "long"])
turns = st.lists(st.tuples(kinds, st.integers(0, 3), st.integers(1, 900)), min_size=2, max_size=14)


def talked(turns: list[tuple[str, int, int]], counts: bool) -> list[Packet]:
    talk = Talk()
    at_us = 1000.0
    for place, (kind, key, wait_us) in enumerate(turns):
        number = 100 + place if counts else 0
        name = b"key%d" % key
        if kind == "set":
            talk.ask(number, b"set %s 0 0 1\r\nv\r\n" % name, at_us)
            talk.reply(number, b"STORED\r\n", at_us + wait_us)
        elif kind == "noreply":
            talk.ask(number, b"set %s 0 0 1 noreply\r\nv\r\n" % name, at_us)
        elif kind == "binary":
            talk.ask(number, ask(GET, name, opaque=place), at_us)
            talk.reply(number, answer(GET, b"v", place), at_us + wait_us)
        elif kind == "quiet":
            talk.ask(number, ask(GETQ, name, opaque=place), at_us)
            talk.reply(number, b"", at_us + wait_us, (0, 0))
        elif kind == "long":
            talk.ask(number, b"get k\r\n", at_us)
            for part, data in enumerate(PARTS):
                talk.reply(number, data, at_us + wait_us + part, (part, len(PARTS)))
        else:
            talk.ask(number, b"get %s\r\n" % name, at_us)
            value = b"VALUE %s 0 1\r\n%d\r\n" % (name, place % 10) if kind == "hit" else b""
            talk.reply(number, value + b"END\r\n", at_us + wait_us)
        at_us += 1000
    return talk.packets


@given(turns, st.booleans(), st.sets(st.integers(0, 50), max_size=5))
def test_whatever_is_lost_nothing_exact_is_false(
    turns: list[tuple[str, int, int]], counts: bool, lost: set[int]
) -> None:
    packets = talked(turns, counts)
    reading = Reading(mode="memcached", udp=True)
    truth = Truth(packets, reading)
    left = [packet for at, packet in enumerate(packets) if at not in lost]
    assert judge(Damaged("lost", left), truth, reading).false_exact == []
