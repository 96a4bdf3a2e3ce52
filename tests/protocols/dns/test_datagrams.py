"""DNS over UDP: what is paired, how well it is known, what is counted."""

import pytest

from tcpkit.protocols.message import Exchange, flag_names
from tests.build import START_NS, Packet, cut, datagram
from tests.protocols.capture import SECOND_US, Capture
from tests.protocols.dns.messages import (
    AAAA,
    CLIENT,
    FORMERR,
    IXFR,
    NOTIFY,
    NXDOMAIN,
    REFUSED,
    RESPONSE,
    SERVER,
    SERVFAIL,
    SOA,
    TXT,
    UPDATE,
    Talk,
    address,
    answer,
    bare,
    dns,
    header,
    name,
    opt,
    query,
    question,
    record,
    soa,
    traced,
)


def only(run: Capture) -> Exchange:
    (exchange,) = run.exchanges
    return exchange


def quality(run: Capture) -> list[bool]:
    return [exchange.exact for exchange in run.exchanges]


def latencies(run: Capture) -> list[int | None]:
    return run.latencies_us()


# What is said of an exchange


def test_query_and_answer_are_an_exact_exchange() -> None:
    asked, answered = query(id_=0xABCD), answer(id_=0xABCD, records=[address(), address(2)])
    exchange = only(traced(Talk().ask(asked, 10).reply(answered, 260)))
    assert (exchange.protocol, exchange.transport) == ("dns", "udp")
    assert (exchange.client, exchange.server) == (CLIENT, SERVER)
    assert (exchange.command, exchange.key) == ("A", "example.com")
    assert exchange.request == "A example.com"
    assert (exchange.status, exchange.code) == ("ok", "NOERROR")
    assert (exchange.dns_id, exchange.attempts, exchange.answers) == (0xABCD, 1, 2)
    assert exchange.exact
    assert exchange.latency_ns == 250_000
    assert exchange.request_first_ns == exchange.request_last_ns == START_NS + 10_000
    assert exchange.reply_first_ns == exchange.reply_last_ns == START_NS + 260_000
    assert exchange.time_ns == START_NS + 260_000
    assert (exchange.request_bytes, exchange.reply_bytes) == (len(asked), len(answered))
    assert (exchange.request_seq, exchange.reply_seq) == (-1, -1)
    assert (exchange.depth, exchange.flags, exchange.hits) == (0, 0, -1)


def test_ipv6_is_paired_likewise() -> None:
    talk = Talk("[2001:db8::1]:40000", "[2001:db8::2]:53").ask(query(), 0).reply(answer(), 90)
    exchange = only(traced(talk))
    assert (exchange.client, exchange.server) == ("[2001:db8::1]:40000", "[2001:db8::2]:53")
    assert exchange.exact and exchange.latency_ns == 90_000


@pytest.mark.parametrize(
    ("asked", "command", "key", "request_"),
    [
        (query("."), "A", ".", "A ."),
        (query("Example.COM.", AAAA), "AAAA", "Example.COM", "AAAA Example.COM"),
        (query("x", 65535), "TYPE65535", "x", "TYPE65535 x"),
        (query("x", 255), "ANY", "x", "ANY x"),
        (query("version.bind", TXT, class_=3), "TXT", "version.bind", "CH TXT version.bind"),
        (query("x", class_=1234), "A", "x", "CLASS1234 A x"),
        (query("a.b", SOA, opcode=NOTIFY), "SOA", "a.b", "NOTIFY SOA a.b"),
        (query("a.b", SOA, opcode=UPDATE), "SOA", "a.b", "UPDATE SOA a.b"),
        (query("a.b", opcode=9), "A", "a.b", "OPCODE9 A a.b"),
        (query("x y.\x00"), "A", r"x\x20y.\x00", r"A x\x20y.\x00"),
        (bare(1), "QUERY", None, "QUERY"),
    ],
)
def test_words_of_a_request(asked: bytes, command: str, key: str | None, request_: str) -> None:
    run = dns().feed(Talk().ask(asked, 0).packets).advance(20 * SECOND_US)
    exchange = only(run)
    assert (exchange.command, exchange.key, exchange.request) == (command, key, request_)


def test_long_name_is_cut_in_the_request_and_whole_in_the_key() -> None:
    text = ".".join(["a" * 60] * 4)
    exchange = only(traced(Talk().ask(query(text), 0).reply(answer(text), 9)))
    assert exchange.key == text
    assert exchange.request == "A " + text[:126] + "..."


@pytest.mark.parametrize(
    ("rcode", "code", "status"),
    [
        (0, "NOERROR", "ok"),
        (NXDOMAIN, "NXDOMAIN", "ok"),
        (6, "YXDOMAIN", "ok"),
        (7, "YXRRSET", "ok"),
        (8, "NXRRSET", "ok"),
        (FORMERR, "FORMERR", "error"),
        (SERVFAIL, "SERVFAIL", "error"),
        (4, "NOTIMP", "error"),
        (REFUSED, "REFUSED", "error"),
        (9, "NOTAUTH", "error"),
        (10, "NOTZONE", "error"),
        (15, "RCODE15", "error"),
    ],
)
def test_rcode_decides_the_status(rcode: int, code: str, status: str) -> None:
    exchange = only(traced(Talk().ask(query(), 0).reply(answer(rcode=rcode), 9)))
    assert (exchange.code, exchange.status) == (code, status)


@pytest.mark.parametrize(
    ("rcode", "extended", "code"),
    [(0, 1, "BADVERS"), (7, 1, "BADCOOKIE"), (0, 0, "NOERROR"), (0xF, 0xFF, "RCODE4095")],
)
def test_rcode_has_12_bits_with_edns(rcode: int, extended: int, code: str) -> None:
    records = [record(16, b"\1x"), address()]
    more = [record(16, b"\1x", name("a.b")), opt(extended, b"\0\3\0\2ab")]
    made = answer(rcode=rcode, records=records, authority=[soa(1)], additional=more)
    exchange = only(traced(Talk().ask(query(additional=[opt()]), 0).reply(made, 9)))
    assert (exchange.code, exchange.answers) == (code, 2)


def test_answers_to_an_update_are_prerequisites_and_not_counted() -> None:
    asked = query(type_=SOA, opcode=UPDATE, authority=[address()])
    made = answer(type_=SOA, opcode=UPDATE, records=[address()], rcode=REFUSED)
    exchange = only(traced(Talk().ask(asked, 0).reply(made, 9)))
    assert (exchange.request, exchange.code, exchange.answers) == (
        "UPDATE SOA example.com", "REFUSED", 0,
    )  # fmt: skip


def test_ixfr_over_udp_is_one_datagram() -> None:
    asked = query(type_=IXFR, authority=[soa(1)])
    run = traced(Talk().ask(asked, 0).reply(answer(type_=IXFR, records=[soa(9)]), 9))
    assert (only(run).request, only(run).answers) == ("IXFR example.com", 1)


def test_depth_is_what_the_four_tuple_waits_for() -> None:
    talk = Talk()
    for number in range(3):
        talk.ask(query(id_=number), number)
    talk.reply(answer(id_=1), 10).ask(query(id_=7), 20)
    for at, number in enumerate((0, 2, 7)):
        talk.reply(answer(id_=number), 30 + at)
    other = Talk("10.0.0.1:40001").ask(query(id_=1), 5).reply(answer(id_=1), 50)
    run = traced(talk, other)
    depths = {(each.client[-1], int(each.dns_id)): int(each.depth) for each in run.exchanges}
    assert depths == {("0", 0): 0, ("0", 1): 1, ("0", 2): 2, ("0", 7): 2, ("1", 1): 0}


# What belongs together


def test_answers_come_in_any_order() -> None:
    talk = Talk().ask(query("a", id_=1), 0).ask(query("b", id_=2), 1).ask(query("c", id_=3), 2)
    talk.reply(answer("c", id_=3), 10).reply(answer("a", id_=1), 20).reply(answer("b", id_=2), 30)
    run = traced(talk)
    assert [exchange.key for exchange in run.exchanges] == ["c", "a", "b"]
    assert latencies(run) == [8, 20, 29]
    assert quality(run) == [True, True, True]


def test_case_of_the_name_is_of_no_interest() -> None:
    talk = Talk().ask(query("eXAmPle.cOm"), 0).reply(answer("example.com"), 9)
    exchange = only(traced(talk))
    assert exchange.exact and exchange.key == "eXAmPle.cOm"


@pytest.mark.parametrize(
    "other",
    [
        answer("example.org"),
        answer("example.comm"),
        answer("www.example.com"),
        answer("com"),
        answer(type_=AAAA),
        answer(class_=3),
        answer(id_=2),
        answer(opcode=NOTIFY),
    ],
)
def test_answer_to_another_question_is_not_paired(other: bytes) -> None:
    run = traced(Talk().ask(query(), 0).reply(other, 9))
    assert run.exchanges == []
    assert run.pairing.unpaired == {"reply without request": 1}
    assert run.pairing.unanswered == 1


@pytest.mark.parametrize(
    ("client", "server"),
    [("10.0.0.1:40001", SERVER), ("10.0.0.3:40000", SERVER), (CLIENT, "10.0.0.3:53")],
)
def test_answer_between_other_ends_is_not_paired(client: str, server: str) -> None:
    run = traced(Talk().ask(query(), 0), Talk(client, server).reply(answer(), 9))
    assert run.exchanges == []
    assert run.pairing.unpaired == {"reply without request": 1}


def test_one_id_for_all_questions_is_told_apart_by_them() -> None:
    talk = Talk()
    for at, text in enumerate("abcde"):
        talk.ask(query(text, id_=0), at)
    for at, text in enumerate("ecadb"):
        talk.reply(answer(text, id_=0), 10 + at)
    run = traced(talk)
    assert [exchange.key for exchange in run.exchanges] == list("ecadb")
    assert quality(run) == [True] * 5


def test_response_without_a_query_is_counted() -> None:
    run = traced(Talk().reply(answer(), 0))
    assert run.exchanges == [] and run.pairing.unpaired == {"reply without request": 1}


def test_multicast_answers_are_counted_and_not_paired() -> None:
    group = "224.0.0.251:5353"
    asked = Talk("10.0.0.1:5353", group).ask(query("printer.local", id_=0), 0)
    response = header(0, RESPONSE | 0x400, (0, 1, 0, 0)) + record(1, b"\1\2\3\4", name("p.local"))
    sent = datagram("10.0.0.9:5353", group, response, START_NS + 9000)
    run = dns(ports=(5353,)).feed([*asked.packets, sent]).finish()
    assert run.exchanges == []
    assert run.pairing.unpaired == {"reply without request": 1}
    assert run.pairing.unanswered == 1


def test_direction_is_told_by_the_message_where_both_ports_are_watched() -> None:
    talk = Talk("10.0.0.1:53", "10.0.0.2:53").ask(query(), 0).reply(answer(), 9)
    back = (
        Talk("10.0.0.2:53", "10.0.0.1:53").ask(query("b", id_=9), 20).reply(answer("b", id_=9), 25)
    )
    run = traced(talk, back)
    assert [(each.client, each.key) for each in run.exchanges] == [
        ("10.0.0.1:53", "example.com"),
        ("10.0.0.2:53", "b"),
    ]


def test_messages_that_go_the_wrong_way_are_counted() -> None:
    run = traced(Talk().ask(answer(), 0).reply(query(), 9))
    assert run.exchanges == []
    assert run.pairing.unpaired == {"reply without request": 1, "request of a server": 1}


# Again, and again


def test_query_sent_again_is_an_attempt_and_the_first_one_counts() -> None:
    talk = Talk().ask(query(), 0).ask(query(), 2 * SECOND_US).reply(answer(), 2 * SECOND_US + 50)
    run = traced(talk)
    exchange = only(run)
    assert exchange.attempts == 2 and not exchange.exact
    assert exchange.latency_ns == 2_000_050_000
    assert exchange.request_first_ns == exchange.request_last_ns == START_NS
    assert flag_names(exchange.flags) == ["retransmission"]
    assert (run.pairing.retries, run.pairing.inferred, run.pairing.exact) == (1, 1, 0)


def test_answers_to_both_attempts_are_one_exchange_and_a_duplicate() -> None:
    talk = Talk().ask(query(), 0).ask(query(), SECOND_US)
    talk.reply(answer(), SECOND_US + 10).reply(answer(), SECOND_US + 20)
    run = traced(talk)
    assert only(run).attempts == 2
    assert (run.pairing.duplicates, run.pairing.unpaired) == (1, {})


@pytest.mark.parametrize("after_us", [0, 1, 400, 99_000])
def test_captured_copy_of_a_query_is_no_attempt(after_us: float) -> None:
    talk = Talk().ask(query(), 0, mark=77).ask(query(), after_us, mark=77)
    run = traced(talk.reply(answer(), 99_500))
    assert only(run).exact and only(run).attempts == 1
    assert run.pairing.retries == 0


def test_copy_of_the_attempt_before_the_last_is_none() -> None:
    talk = Talk().ask(query(), 0, 1).ask(query(), 50_000, 2).ask(query(), 50_010, 1)
    assert only(traced(talk.reply(answer(), 60_000))).attempts == 2


def test_constant_mark_does_not_make_a_retry_a_copy() -> None:
    talk = Talk().ask(query(), 0, 5).ask(query(), SECOND_US, 5).reply(answer(), SECOND_US + 9)
    assert only(traced(talk)).attempts == 2


def test_without_a_mark_the_time_tells_a_copy() -> None:
    talk = Talk().ask(query(), 0, mark=0).ask(query(), 499, mark=0).reply(answer(), 600)
    assert only(traced(talk)).exact
    talk = Talk().ask(query(), 0, mark=0).ask(query(), 501, mark=0).reply(answer(), 600)
    assert only(traced(talk)).attempts == 2


def test_query_of_another_size_is_no_copy() -> None:
    talk = Talk().ask(query(), 0, mark=0).ask(query(additional=[opt()]), 100, mark=0)
    assert only(traced(talk.reply(answer(), 600))).attempts == 2


def test_copy_of_a_query_behind_its_answer_is_no_query() -> None:
    talk = Talk().ask(query(), 0, mark=9).reply(answer(), 100).ask(query(), 110, mark=9)
    run = traced(talk)
    assert len(run.exchanges) == 1 and run.pairing.unanswered == 0


@pytest.mark.parametrize("mark", [0, 300])
def test_copy_of_an_answer_is_no_duplicate(mark: int) -> None:
    talk = Talk().ask(query(), 0).reply(answer(), 100, mark).reply(answer(), 101, mark)
    run = traced(talk)
    assert len(run.exchanges) == 1
    assert (run.pairing.duplicates, run.pairing.unpaired) == (0, {})


def test_second_answer_is_a_duplicate() -> None:
    talk = Talk().ask(query(), 0).reply(answer(), 100).reply(answer(), 700).reply(answer(), 900)
    run = traced(talk)
    assert len(run.exchanges) == 1
    assert (run.pairing.duplicates, run.pairing.unpaired) == (2, {})


def test_query_asked_anew_is_another_exchange_that_is_not_certain() -> None:
    talk = Talk().ask(query(), 0).reply(answer(), 100).ask(query(), 5000).reply(answer(), 5200)
    run = traced(talk)
    assert latencies(run) == [100, 200]
    assert quality(run) == [True, False]
    assert [int(exchange.attempts) for exchange in run.exchanges] == [1, 1]
    assert run.pairing.retries == 0


def test_copy_of_an_old_answer_does_not_answer_the_query_asked_anew() -> None:
    talk = Talk().ask(query(), 0).reply(answer(), 100, mark=8).ask(query(), 150)
    talk.reply(answer(), 160, mark=8).reply(answer(), 400, mark=9)
    run = traced(talk)
    assert latencies(run) == [100, 250]
    assert quality(run) == [True, False]


def test_query_asked_anew_after_a_long_time_is_exact() -> None:
    later = 100 * SECOND_US
    talk = Talk().ask(query(), 0).reply(answer(), 100)
    talk.ask(query("b", id_=2), later / 2).ask(query("c", id_=3), later - SECOND_US)
    talk.ask(query(), later).reply(answer(), later + 7)
    run = traced(talk)
    assert quality(run) == [True, False, True]  # the one in between timed out
    assert run.exchanges[-1].latency_ns == 7_000


def test_answer_that_was_captured_before_its_query_is_not_waited_for() -> None:
    talk = Talk().reply(answer(), 100).ask(query(), 20)
    run = dns().feed(talk.packets).advance(20 * SECOND_US).finish()
    assert run.exchanges == []
    assert run.pairing.unpaired == {"reply without request": 1, "captured after its reply": 1}


def test_attempt_that_was_captured_behind_the_answer_is_no_new_query() -> None:
    talk = Talk().ask(query(), 0).reply(answer(), 900).ask(query(), 500).reply(answer(), 950)
    run = dns().feed(talk.packets).finish()
    assert latencies(run) == [900]
    assert (run.pairing.retries, run.pairing.duplicates, run.pairing.unanswered) == (1, 1, 0)


def test_bare_answer_that_was_captured_before_its_query_is_not_waited_for() -> None:
    talk = Talk().reply(bare(7, RESPONSE), 100).ask(bare(7), 20).reply(bare(7, RESPONSE), 900)
    run = dns().feed(talk.packets).finish()
    assert run.exchanges == [] and run.pairing.duplicates == 1
    assert run.pairing.unpaired == {"reply without request": 1, "captured after its reply": 1}


def test_query_whose_like_was_answered_before_the_capture_is_not_certain() -> None:
    run = traced(Talk().reply(answer(), 100).ask(query(), 200).reply(answer(), 300))
    assert quality(run) == [False] and latencies(run) == [100]
    assert run.pairing.unpaired == {"reply without request": 1}


def test_second_answer_to_nothing_is_no_duplicate() -> None:
    run = traced(Talk().reply(answer(), 100).reply(answer(), 200))
    assert run.pairing.unpaired == {"reply without request": 2} and run.pairing.duplicates == 0


def test_answer_that_is_older_than_its_query_is_not_certain() -> None:
    """Clocks that disagree, or an answer to a query that was lost, out of order."""
    run = dns().feed(Talk().ask(query(), 200).reply(answer(), 100).packets).finish()
    assert quality(run) == [False] and latencies(run) == [-100]


# Without an answer


def test_query_without_an_answer_times_out() -> None:
    run = dns(timeout_s=2).feed(Talk().ask(query(), 5).packets).advance(3 * SECOND_US)
    exchange = only(run)
    assert (exchange.status, exchange.code, exchange.request) == ("timeout", None, "A example.com")
    assert exchange.time_ns == START_NS + 5_000 + 2_000_000_000
    assert (exchange.reply_first_ns, exchange.reply_bytes, exchange.answers) == (-1, 0, 0)
    assert not exchange.exact  # the answer may have been lost by the capture
    assert run.pairing.timeouts == 1 and run.stats[53].total().timeouts == 1


def test_timeout_counts_from_the_first_attempt() -> None:
    talk = Talk().ask(query(), 0).ask(query(), 5 * SECOND_US)
    run = dns().feed(talk.packets).advance(11 * SECOND_US)
    assert only(run).time_ns == START_NS + 10_000_000_000
    assert only(run).attempts == 2


def test_late_answer_is_counted_and_not_logged() -> None:
    talk = Talk().ask(query(), 0)
    run = dns().feed(talk.packets).advance(11 * SECOND_US)
    talk.packets.clear()
    talk.reply(answer(), 12 * SECOND_US).reply(answer(), 13 * SECOND_US)
    run.feed(talk.packets).finish()
    assert [exchange.status for exchange in run.exchanges] == ["timeout"]
    assert (run.pairing.late, run.pairing.duplicates, run.pairing.unpaired) == (1, 1, {})
    assert run.stats[53].total().total_reqs == 0


def test_answer_after_the_timeout_is_late_though_nothing_moved_between() -> None:
    run = traced(Talk().ask(query(), 0).reply(answer(), 10 * SECOND_US))
    assert [exchange.status for exchange in run.exchanges] == ["timeout"]
    assert run.pairing.late == 1


def test_answer_just_in_time_is_no_timeout() -> None:
    run = traced(Talk().ask(query(), 0).reply(answer(), 10 * SECOND_US - 1))
    assert [exchange.status for exchange in run.exchanges] == ["ok"]


def test_query_after_the_timeout_is_a_new_one_that_is_not_certain() -> None:
    talk = Talk().ask(query(), 0).ask(query(), 11 * SECOND_US).reply(answer(), 11 * SECOND_US + 5)
    run = traced(talk)
    assert [exchange.status for exchange in run.exchanges] == ["timeout", "ok"]
    assert quality(run) == [False, False]
    assert run.exchanges[1].latency_ns == 5_000 and run.exchanges[1].attempts == 1
    assert run.pairing.retries == 0


def test_what_waits_at_the_end_is_unanswered() -> None:
    run = traced(Talk().ask(query(id_=1), 0).ask(query(id_=2), 1).reply(answer(id_=2), 3))
    assert len(run.exchanges) == 1 and run.pairing.unanswered == 1


# Without a question


def test_query_without_a_question_is_paired_by_its_id() -> None:
    run = traced(Talk().ask(bare(7), 0).reply(bare(7, RESPONSE), 9))
    exchange = only(run)
    assert (exchange.request, exchange.code, exchange.latency_ns) == ("QUERY", "NOERROR", 9_000)
    assert not exchange.exact


def test_error_without_the_question_belongs_to_the_only_query_with_its_id() -> None:
    talk = Talk().ask(query(id_=7), 0).ask(query(id_=8), 1).reply(bare(7, RESPONSE | FORMERR), 9)
    exchange = only(traced(talk))
    assert (exchange.dns_id, exchange.code, exchange.exact) == (7, "FORMERR", False)


def test_error_without_the_question_is_not_paired_where_two_have_its_id() -> None:
    talk = Talk().ask(query("a", id_=7), 0).ask(query("b", id_=7), 1)
    run = traced(talk.reply(bare(7, RESPONSE | FORMERR), 9))
    assert run.exchanges == []
    assert run.pairing.unpaired == {"reply without request": 1}


def test_second_error_without_the_question_is_a_duplicate() -> None:
    refusal = bare(7, RESPONSE | REFUSED)
    run = traced(Talk().ask(query(id_=7), 0).reply(refusal, 9).reply(refusal, 900))
    assert len(run.exchanges) == 1
    assert (run.pairing.duplicates, run.pairing.unpaired) == (1, {})


# What cannot be read


@pytest.mark.parametrize(
    "message",
    [
        b"\0\1\1\0\0\1\0\0\0\0\0",
        header(1, 0x100, (1, 0, 0, 0)),
        header(1, 0x100, (1, 0, 0, 0)) + b"\3abc",
        header(1, 0x100, (1, 0, 0, 0)) + b"\3abc\0\0\1\0",
        header(1, 0x100, (1, 0, 0, 0)) + b"\xc0\x0c\0\1\0\1",
        header(1, 0x100, (1, 0, 0, 0)) + b"\x40" + bytes(80),
        header(1, 0x100, (1, 0, 0, 0)) + (b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1",
    ],
)
def test_message_without_a_readable_question_is_malformed(message: bytes) -> None:
    run = traced(Talk().ask(message, 0))
    assert run.exchanges == [] and run.pairing.unpaired == {"malformed": 1}
    answered = message[:2] + b"\x81" + message[3:]
    run = traced(Talk().ask(query(), 0).reply(answered, 9))
    assert run.exchanges == [] and run.pairing.unpaired == {"malformed": 1}


def test_several_questions_are_refused() -> None:
    two = header(1, 0x100, (2, 0, 0, 0)) + question() + question()
    run = traced(Talk().ask(two, 0).reply(two[:2] + b"\x81" + two[3:], 9))
    assert run.exchanges == [] and run.pairing.unpaired == {"several questions": 2}


def test_names_that_point_in_circles_behind_the_question_cost_nothing() -> None:
    loop = record(1, b"\1\2\3\4", b"\xc0\x1d") * 3
    made = header(1, RESPONSE, (1, 3, 0, 1)) + question() + loop + b"\xff" * 40
    exchange = only(traced(Talk().ask(query(), 0).reply(made, 9)))
    assert (exchange.code, exchange.answers) == ("NOERROR", 3)


def snapped(packets: list[Packet], size: int) -> Capture:
    """A capture that has the first `size` bytes of each DNS message."""
    return dns().feed(cut(packets, 14 + 20 + 8 + size)).finish()


def test_message_cut_behind_its_question_is_paired_exactly() -> None:
    asked, made = query(additional=[opt()]), answer(records=[address()], additional=[opt(1)])
    talk = Talk().ask(asked, 0).reply(made, 9)
    exchange = only(snapped(talk.packets, 12 + 17))
    assert exchange.exact and flag_names(exchange.flags) == ["truncated"]
    assert (exchange.request_bytes, exchange.reply_bytes) == (len(asked), len(made))
    assert (exchange.answers, exchange.code) == (1, "NOERROR")  # what is left of the RCODE


@pytest.mark.parametrize("size", [0, 5, 11, 12, 20, 28])
def test_message_cut_before_the_end_of_its_question_is_not_paired(size: int) -> None:
    talk = Talk().ask(query(), 0).reply(answer(records=[address()]), 9)
    run = snapped(talk.packets, size)
    assert run.exchanges == [] and run.pairing.unpaired == {"cut off": 2}
