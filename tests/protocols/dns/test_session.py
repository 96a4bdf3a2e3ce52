"""DNS over TCP: framing, order, loss, the connection's end."""

import pytest

from tcpkit.protocols.message import Exchange, flag_names
from tests.build import START_NS, Conversation, Packet, cut, drop
from tests.feeds import every_way
from tests.protocols.capture import SECOND_US, Capture
from tests.protocols.dns.messages import (
    CLIENT,
    DSO,
    FORMERR,
    RESPONSE,
    SERVER,
    address,
    answer,
    bare,
    connection,
    framed,
    header,
    opt,
    over_tcp,
    query,
    question,
)

Q1, Q2, Q3 = (framed(query(text, id_=id_)) for id_, text in enumerate("abc", 1))
R1, R2, R3 = (
    framed(answer(text, id_=id_, records=[address()])) for id_, text in enumerate("abc", 1)
)
HANDSHAKE = 3


def only(run: Capture) -> Exchange:
    (exchange,) = run.exchanges
    return exchange


def quality(run: Capture) -> list[bool]:
    return [exchange.exact for exchange in run.exchanges]


def keys(run: Capture) -> list[str | None]:
    return [exchange.key for exchange in run.exchanges]


def mid_stream(packets: list[Packet]) -> list[Packet]:
    return packets[HANDSHAKE:]


# What is said of an exchange


def test_query_and_answer_are_an_exact_exchange() -> None:
    asked = framed(query(id_=5, additional=[opt()]))
    made = framed(answer(id_=5, records=[address(), address(2)], rcode=7, additional=[opt(1)]))
    run = over_tcp(connection().client(asked, at_us=100).server(made, at_us=450).close().packets)
    exchange = only(run)
    assert (exchange.protocol, exchange.transport) == ("dns", "tcp")
    assert (exchange.client, exchange.server) == (CLIENT, SERVER)
    assert (exchange.command, exchange.key, exchange.request) == (
        "A", "example.com", "A example.com",
    )  # fmt: skip
    assert (exchange.status, exchange.code) == ("error", "BADCOOKIE")
    assert (exchange.dns_id, exchange.attempts, exchange.answers) == (5, 1, 2)
    assert (exchange.request_bytes, exchange.reply_bytes) == (len(asked), len(made))
    assert run.pairs == [("A example.com", made)]
    assert exchange.latency_ns == 350_000 and exchange.time_ns == START_NS + 450_000
    assert (exchange.exact, exchange.depth, exchange.flags) == (True, 0, 0)


@pytest.mark.parametrize("pieces", list(every_way(Q1)))
def test_query_in_pieces_is_read_to_its_last_byte(pieces: list[bytes]) -> None:
    made = connection()
    for at, piece in enumerate(pieces):
        made.client(piece, at_us=100 + at)
    run = over_tcp(made.server(R1, at_us=500).close().packets)
    last_ns = START_NS + (99 + len(pieces)) * 1000
    exchange = only(run)
    assert exchange.exact and run.pairs == [("A a", R1)]
    assert exchange.request_first_ns == START_NS + 100_000
    assert exchange.request_last_ns == last_ns
    assert exchange.latency_ns == START_NS + 500_000 - last_ns


@pytest.mark.parametrize(
    "pieces", list(every_way(framed(answer("a", rcode=7, additional=[opt(1)]))))
)
def test_answer_in_pieces_is_timed_by_its_first_byte(pieces: list[bytes]) -> None:
    made = connection().client(Q1, at_us=100)
    for at, piece in enumerate(pieces):
        made.server(piece, at_us=500 + at)
    exchange = only(over_tcp(made.close().packets))
    assert exchange.exact and exchange.code == "BADCOOKIE"
    assert exchange.latency_ns == 400_000
    assert exchange.reply_last_ns == START_NS + (499 + len(pieces)) * 1000
    assert exchange.reply_bytes == sum(map(len, pieces))


def test_several_messages_in_a_segment() -> None:
    run = over_tcp(connection().client(Q1 + Q2 + Q3).server(R1 + R2 + R3).close().packets)
    assert run.pairs == [("A a", R1), ("A b", R2), ("A c", R3)]
    assert [int(exchange.depth) for exchange in run.exchanges] == [0, 1, 2]
    assert quality(run) == [True] * 3


def test_answers_come_in_any_order() -> None:
    made = connection().client(Q1).client(Q2).client(Q3).server(R3).server(R1).server(R2)
    run = over_tcp(made.close().packets)
    assert run.pairs == [("A c", R3), ("A a", R1), ("A b", R2)]
    assert quality(run) == [True] * 3


def test_id_alone_does_not_pair() -> None:
    other = framed(answer("other", id_=1))
    run = over_tcp(connection().client(Q1).server(other).server(R1).close().packets)
    assert run.pairs == [("A a", R1)]
    assert run.pairing.unpaired == {"reply without request": 1}


def test_answer_that_was_sent_before_its_query_was_received_is_not_paired() -> None:
    run = over_tcp(connection().client(Q1).server(R1, acked=0).close().packets)
    assert run.exchanges[0].status == "aborted"
    assert run.pairing.unpaired == {"reply without request": 1}


def test_same_id_and_question_one_after_the_other_are_exact() -> None:
    made = connection().client(Q1).server(R1).client(Q1).server(R1)
    run = over_tcp(made.close().packets)
    assert quality(run) == [True, True]
    assert run.exchanges[0].reply_seq != run.exchanges[1].reply_seq


def test_same_id_and_question_at_once_are_inferred_in_order() -> None:
    made = connection().client(Q1, at_us=100).client(Q1, at_us=200)
    run = over_tcp(made.server(R1, at_us=300).server(R1, at_us=400).close().packets)
    assert run.latencies_us() == [200, 200]
    assert quality(run) == [False, False]


def test_error_without_the_question_belongs_to_the_only_query_with_its_id() -> None:
    error = framed(bare(2, RESPONSE | FORMERR))
    run = over_tcp(connection().client(Q1 + Q2).server(error).server(R1).close().packets)
    assert run.pairs == [("A b", error), ("A a", R1)]
    assert quality(run) == [False, True]
    assert run.exchanges[0].code == "FORMERR"


def test_error_without_the_question_that_fits_two_makes_none_of_them_aborted() -> None:
    one, two = (framed(query(text, id_=7)) for text in "ab")
    made = connection().client(one + two).server(framed(bare(7, RESPONSE | FORMERR)))
    run = over_tcp(made.close().packets)
    assert run.exchanges == [] and run.pairing.aborted == 0
    assert run.pairing.unpaired == {"reply without request": 1, "reply lost": 2}


def test_large_answer_is_counted_down() -> None:
    large = framed(answer("a", records=[address()] * 4000))
    assert len(large) > 64_000
    run = over_tcp(connection().client(Q1 + Q2).server(large + R2).close().packets)
    assert run.pairs == [("A a", large), ("A b", R2)]
    assert [int(exchange.answers) for exchange in run.exchanges] == [4000, 1]


def test_one_sided_messages_of_a_stateful_session_wait_for_nothing() -> None:
    keepalive = framed(header(0, DSO << 11, (0, 0, 0, 0)) + b"\0\1\0\x08" + bytes(8))
    run = over_tcp(connection().client(keepalive + Q1).server(keepalive + R1).close().packets)
    assert run.pairs == [("A a", R1)]
    assert run.pairing.pushes == 1 and run.pairing.unpaired == {"request of a server": 1}


def test_stateful_session_is_set_up_by_id() -> None:
    ask = framed(header(9, DSO << 11, (0, 0, 0, 0)) + b"\0\1\0\x08" + bytes(8))
    made = framed(header(9, RESPONSE | DSO << 11, (0, 0, 0, 0)) + b"\0\1\0\x08" + bytes(8))
    exchange = only(over_tcp(connection().client(ask).server(made).close().packets))
    assert (exchange.request, exchange.key, exchange.exact) == ("DSO", None, False)


# Without an answer


def test_query_times_out_once_and_is_logged_again_when_its_answer_comes() -> None:
    made = connection().client(Q1, at_us=1000)
    run = Capture(mode="dns", ports=(53,)).feed(made.packets)
    run.advance(12 * SECOND_US).advance(60 * SECOND_US)
    assert [exchange.status for exchange in run.exchanges] == ["timeout"]
    assert run.exchanges[0].time_ns == START_NS + 1_000_000 + 10_000_000_000
    assert not run.exchanges[0].exact  # the answer may be one that nobody captured
    made.packets.clear()
    run.feed(made.server(R1, at_us=70 * SECOND_US).close().packets).finish()
    assert [exchange.status for exchange in run.exchanges] == ["timeout", "ok"]
    assert flag_names(run.exchanges[1].flags) == ["late"]
    assert run.latencies_us()[1] == 70 * SECOND_US - 1000
    assert (run.pairing.timeouts, run.pairing.late, run.pairing.aborted) == (1, 1, 0)


def test_late_answer_without_a_packet_between_is_logged_twice() -> None:
    made = connection().client(Q1, at_us=1000).server(R1, at_us=11 * SECOND_US).close()
    run = over_tcp(made.packets)
    assert [exchange.status for exchange in run.exchanges] == ["timeout", "ok"]
    assert run.pairing.late == 1


def test_other_answers_come_while_one_is_overdue() -> None:
    made = connection().client(Q1, at_us=1000).client(Q2, at_us=12 * SECOND_US).server(R2)
    run = over_tcp(made.close().packets)
    assert [(each.key, each.status) for each in run.exchanges] == [("a", "timeout"), ("b", "ok")]
    assert [int(exchange.depth) for exchange in run.exchanges] == [0, 1]
    assert run.pairing.aborted == 0  # it was logged once


def test_servers_end_aborts_what_waits() -> None:
    run = over_tcp(connection().client(Q1 + Q2).server(R2).server_fin(at_us=900).packets)
    assert [(each.key, each.status) for each in run.exchanges] == [("b", "ok"), ("a", "aborted")]
    assert run.exchanges[1].exact and run.exchanges[1].time_ns == START_NS + 900_000


@pytest.mark.parametrize("by_client", [True, False])
def test_reset_aborts_what_waits(by_client: bool) -> None:
    made = connection().client(Q1)
    made = made.client_reset() if by_client else made.server_reset()
    assert [exchange.status for exchange in over_tcp(made.packets).exchanges] == ["aborted"]


def test_answers_come_after_the_clients_end() -> None:
    made = connection().client(Q1 + Q2).client_fin().server(R2).server(R1).server_fin()
    run = over_tcp(made.packets)
    assert run.pairs == [("A b", R2), ("A a", R1)] and quality(run) == [True, True]


def test_what_waits_at_the_captures_end_is_unanswered() -> None:
    run = over_tcp(connection().client(Q1 + Q2).server(R1[:9]).packets)
    assert run.exchanges == [] and run.pairing.unanswered == 2


# Loss


def busy(rounds: int = 6) -> Conversation:
    """One query at a time; ids and names differ."""
    made = connection()
    for number in range(rounds):
        made.client(framed(query(f"n{number}", id_=number)), at_us=1000 * (number + 1))
        made.server(framed(answer(f"n{number}", id_=number)), at_us=1000 * (number + 1) + 300)
        made.client_ack()
    return made.close()


def test_lost_query_leaves_the_rest_inferred() -> None:
    run = over_tcp(drop(busy().packets, HANDSHAKE + 3))
    assert keys(run) == ["n0", "n2", "n3", "n4", "n5"]
    assert quality(run) == [True, False, False, False, False]
    assert "gap" in run.flags()[1] and run.flags()[2] == []
    assert run.pairing.unpaired == {"request lost": 1, "reply without request": 1}


def test_lost_answer_is_neither_a_timeout_nor_an_abort() -> None:
    run = over_tcp(drop(busy().packets, HANDSHAKE + 4))
    assert keys(run) == ["n0", "n2", "n3", "n4", "n5"]
    assert quality(run) == [True, False, False, False, False]
    assert run.pairing.unpaired == {"reply lost": 1}
    assert (run.pairing.aborted, run.pairing.timeouts) == (0, 0)


def test_same_query_after_a_lost_answer_is_not_given_to_the_one_before() -> None:
    made = connection().client(Q1, at_us=100).server(R1, at_us=200).client_ack()
    made.client(Q1, at_us=300).server(R1, at_us=450).close()
    run = over_tcp(drop(made.packets, HANDSHAKE + 1))
    assert run.latencies_us() == [150]
    assert quality(run) == [False]


def test_query_repeated_beyond_a_lost_answer_is_not_certain_though_nothing_else_is_lost() -> None:
    """The third is captured before the answer to the second: the first may still be answered."""
    made = connection().client(Q1, at_us=100).client(Q1, at_us=200)
    made.server(R1, at_us=300).client(Q1, at_us=400).server(R1, at_us=500)
    packets = made.packets
    packets[-3], packets[-2] = packets[-2], packets[-3]
    assert not any(exchange.exact for exchange in over_tcp(packets).exchanges)


def test_part_of_a_large_answer_may_be_lost() -> None:
    large = framed(answer("a", records=[address()] * 300))
    made = connection().client(Q1 + Q2).server(large + R2).client_ack().close()
    run = over_tcp(drop(made.packets, HANDSHAKE + 2))
    assert keys(run) == ["a", "b"]
    assert quality(run) == [False, False]
    assert run.flags()[0] == ["gap"]
    assert run.exchanges[0].reply_bytes == len(large)


def test_begin_of_an_answer_that_is_lost_is_looked_for_at_the_next_piece() -> None:
    large = framed(answer("a", records=[address()] * 300))
    made = connection().client(Q1 + Q2 + Q3).server(large).server(R2).server(R3).client_ack()
    run = over_tcp(drop(made.close().packets, HANDSHAKE + 1))
    assert keys(run) == ["b", "c"] and quality(run) == [False, False]
    assert run.pairing.resyncs == 1


def test_connection_older_than_the_capture_is_inferred() -> None:
    run = over_tcp(mid_stream(busy().packets))
    assert keys(run) == [f"n{number}" for number in range(6)]
    assert quality(run) == [False] * 6
    assert all(flags == ["mid-stream"] for flags in run.flags())
    assert run.pairing.mid_stream == 1


def test_connection_that_begins_with_an_answer_is_inferred_from_the_next_query_on() -> None:
    run = over_tcp(busy().packets[HANDSHAKE + 1 :])
    assert keys(run) == [f"n{number}" for number in range(1, 6)]
    assert quality(run) == [False] * 5


def test_begin_in_the_middle_of_a_query_finds_the_next_one() -> None:
    made = connection()
    for at, piece in enumerate((Q1[:8], Q1[8:], Q2)):
        made.client(piece, at_us=10 + at)
    made.server(R1, at_us=50).server(R2, at_us=60).close()
    run = over_tcp(made.packets[HANDSHAKE + 1 :])
    assert keys(run) == ["b"] and quality(run) == [False]


def test_query_that_waited_when_answers_could_not_be_read_is_dropped() -> None:
    made = (
        connection().client(Q1, at_us=10).server(R1[:20], at_us=20).server(R1[20:] + R2, at_us=30)
    )
    run = over_tcp(
        [*made.packets[HANDSHAKE : HANDSHAKE + 1], *made.close().packets[HANDSHAKE + 2 :]]
    )
    assert run.exchanges == []
    assert run.pairing.aborted == 0 and run.pairing.unpaired["reply lost"] >= 1


def test_snap_length_leaves_what_it_cuts_exact() -> None:
    asked = framed(query("a", additional=[opt(data=bytes(100))]))
    large = framed(answer("a", records=[address()] * 40))
    made = connection().client(asked).server(large).client(Q2).server(R2)
    run = over_tcp(cut(made.close().packets, 14 + 20 + 32 + 60))
    assert keys(run) == ["a", "b"] and quality(run) == [True, True]
    assert run.flags() == [["truncated"], []]
    assert [int(exchange.reply_bytes) for exchange in run.exchanges] == [len(large), len(R2)]
    assert [int(exchange.request_bytes) for exchange in run.exchanges] == [len(asked), len(Q2)]


def test_snap_length_within_the_question_makes_a_message_unreadable() -> None:
    run = over_tcp(cut(busy().packets, 14 + 20 + 32 + 2 + 14))
    assert run.exchanges == []
    assert run.pairing.unpaired["cut off"] >= 6
    assert run.pairing.aborted == 0


def test_snap_length_that_hides_where_the_next_message_begins() -> None:
    made = connection().client(Q1 + Q2).server(R1 + R2).client(Q3).server(R3).close()
    run = over_tcp(cut(made.packets, 14 + 20 + 32 + len(Q1) + 1))
    assert keys(run) == ["c"] and quality(run) == [False]
    assert run.pairing.aborted == 0


def test_retransmission_is_a_flag() -> None:
    made = connection().client(Q1, at_us=10).client(Q1, at_us=300_000, offset=0)
    made.server(R1, at_us=300_100).close()
    run = over_tcp(made.packets)
    assert run.flags() == [["retransmission"]] and run.latencies_us() == [300_090]


def test_numbers_that_stop_making_sense_drop_what_waits() -> None:
    made = connection().client(Q1)
    made.client(Q2, offset=1 << 31)
    run = over_tcp(made.packets)
    assert run.exchanges == [] and run.pairing.unpaired["lost in step"] >= 1


# Something else


@pytest.mark.parametrize("first", [b"\x16\x03\x01\2\0\1\0\1\xfc\x03\x03" + bytes(300)])
def test_tls_is_counted_and_left_alone(first: bytes) -> None:
    run = over_tcp(connection().client(first).server(b"\x16\x03\x03" + bytes(90)).close().packets)
    assert run.exchanges == [] and run.pairing.encrypted == 1
    assert run.pairing.unpaired == {}


def test_tls_in_mid_stream_is_counted_and_left_alone() -> None:
    made = connection().client(b"\x17\x03\x03\0\x40" + bytes(64)).server(b"\x17\x03\x03" + bytes(9))
    run = over_tcp(mid_stream(made.close().packets))
    assert run.exchanges == [] and run.pairing.encrypted == 1


@pytest.mark.parametrize(
    "first",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\0\0\0\0",
        b"\0\x0bfewer than 12",
    ],
)
def test_other_protocols_are_let_go(first: bytes) -> None:
    run = over_tcp(connection().client(first).server(b"+PONG\r\n").client(Q1).server(R1).packets)
    assert run.exchanges == [] and run.pairing.not_protocol == 1


def test_malformed_message_is_passed_over_by_its_length() -> None:
    bad = framed(header(7, 0x100, (1, 0, 0, 0)) + b"\xc0\x0c\0\1\0\1")
    worse = framed(header(7, RESPONSE, (1, 0, 0, 0)) + b"\x80" + bytes(90))
    run = over_tcp(connection().client(Q1 + bad + Q2).server(worse + R1 + R2).close().packets)
    assert keys(run) == ["a", "b"] and quality(run) == [True, True]
    assert run.pairing.unpaired == {"malformed": 2}


def test_several_questions_are_refused_and_passed_over() -> None:
    two = framed(header(7, 0x100, (2, 0, 0, 0)) + question() * 2)
    run = over_tcp(connection().client(two + Q1).server(R1).close().packets)
    assert keys(run) == ["a"] and run.pairing.unpaired == {"several questions": 1}


def test_connection_with_much_nonsense_is_let_go() -> None:
    bad = framed(header(7, 0x100, (1, 0, 0, 0)) + b"\xc0\x0c\0\1\0\1")
    run = over_tcp(connection().client(Q1 + bad * 16 + Q2).server(R1).close().packets)
    assert run.exchanges == [] and run.pairing.not_protocol == 1
    assert run.pairing.unpaired == {"malformed": 16, "not the protocol": 1}
