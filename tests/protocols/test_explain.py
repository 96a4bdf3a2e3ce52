"""What sessions keep for the log's reasons: who held up whom, and what was sent again."""

import pytest

from tcpkit.protocols.held_up import MAX_HELD, HeldUp
from tcpkit.sinks.reason import reason_of
from tests.build import START_NS, Conversation, Packet, cut, datagram, drop
from tests.protocols.capture import Capture
from tests.protocols.lua.traced import ECHO, Traced, conversation, words
from tests.protocols.memcached.packets import GET, GETQ, NOOP, answer, ask, memcached
from tests.protocols.redis.resp import bulk, line

OK = b"+OK\r\n"
PONG = b"+PONG\r\n"
SECOND_US = 1_000_000
Reasons = list[tuple[str, str]]


def start() -> Conversation:
    return Conversation().handshake()


def explained(packets: list[Packet], mode: str = "redis", port: int = 6379) -> Reasons:
    run = Capture(mode, [port], explains=True).feed(packets).finish()
    return [(exchange.request, reason_of(exchange)) for exchange in run.exchanges]


def reasons(made: Conversation) -> list[str]:
    return [reason for _, reason in explained(made.packets)]


def test_request_is_queued_behind_the_one_whose_reply_has_a_packet_of_its_own() -> None:
    made = start().client(line("KEYS *"), at_us=100).client(line("GET a"), at_us=1000)
    made.server(b"*0\r\n", at_us=12_900).server(OK, at_us=13_000)
    assert reasons(made) == ["", "queued 11.9 ms behind KEYS *"]


def test_all_that_came_meanwhile_are_queued_behind_it_though_answered_together() -> None:
    made = start().client(line("KEYS *"), at_us=100)
    made.client(line("GET a") + line("GET b"), at_us=1000)
    made.server(b"*0\r\n", at_us=12_900).server(OK + OK, at_us=13_000)
    assert reasons(made) == ["", *["queued 11.9 ms behind KEYS *"] * 2]


def test_nobody_is_named_where_all_replies_come_in_one_packet() -> None:
    made = start().client(line("GET a") + line("KEYS *") + line("GET b"), at_us=100)
    made.server(OK + b"*0\r\n" + OK, at_us=13_000)
    assert reasons(made) == ["answered together with others"] * 3


def test_nobody_is_named_where_several_replies_came_in_the_packet_before() -> None:
    made = start().client(line("GET a") + line("KEYS *"), at_us=100)
    made.client(line("GET b"), at_us=1000).server(OK + b"*0\r\n", at_us=13_000)
    made.server(OK, at_us=13_100)
    assert reasons(made)[2] == "queued 12.0 ms behind 2 requests"


def test_replies_that_straddle_segments_are_together() -> None:
    sent = b"".join(line(f"GET {number}") for number in range(4))
    got = bulk("x" * 20) * 4  # 27 bytes each
    made = Conversation(mss=60).handshake().client(sent, at_us=100).server(got, at_us=9000)
    assert reasons(made) == ["answered together with others"] * 4


def test_nobody_is_named_where_no_one_alone_took_half_of_the_time() -> None:
    made = start()
    for number in range(3):
        made.client(line(f"EVAL {number}"), at_us=100 + number)
    made.client(line("GET a"), at_us=200)
    for number in range(3):
        made.server(OK, at_us=4000 * (number + 1))
    made.server(OK, at_us=12_200)
    assert reasons(made)[3] == "queued 11.8 ms behind 3 requests"


def test_who_came_while_the_second_was_at_work_waited_for_the_second_only() -> None:
    made = start().client(line("EVAL 1"), at_us=100).client(line("EVAL 2"), at_us=200)
    made.client(line("EVAL 3"), at_us=15_000)
    made.server(OK, at_us=10_000).server(OK, at_us=20_000).server(OK, at_us=20_100)
    assert reasons(made) == ["", "", "queued 5.00 ms behind EVAL 2"]


def test_download_of_an_earlier_reply_holds_up_though_its_beginning_shares_a_packet() -> None:
    value = bulk("x" * 5000)
    made = start().client(line("GET a") + line("GET big"), at_us=100)
    made.client(line("PING"), at_us=200).server(OK + value[:100], at_us=300)
    made.server(value[100:200], at_us=400).server(value[200:], at_us=9000).server(PONG, at_us=9900)
    assert reasons(made)[2] == "queued 8.80 ms behind GET big"


def test_secrets_of_the_one_that_is_named_are_hidden() -> None:
    made = start().client(line("AUTH user hush"), at_us=100).client(line("PING"), at_us=101)
    made.server(OK, at_us=9000).server(PONG, at_us=9100)
    assert reasons(made)[1] == "queued 8.90 ms behind AUTH *** ***"


def test_nobody_is_named_behind_requests_without_a_reply() -> None:
    sent = line("CLIENT REPLY SKIP") + line("KEYS *") + line("GET a")
    made = start().client(sent, at_us=100).client(line("GET b"), at_us=200)
    made.server(OK, at_us=13_000).server(OK, at_us=13_100)
    assert reasons(made) == ["", "", "", "queued 12.8 ms behind another request"]


def test_nobody_is_named_behind_quiet_requests() -> None:
    made = memcached().client(ask(GETQ, b"a", opaque=1) + ask(NOOP, opaque=2), at_us=1000)
    made.client(ask(GET, b"b", opaque=3), at_us=1100).server(answer(NOOP, opaque=2), at_us=9000)
    made.server(answer(GET, b"v", opaque=3), at_us=9100)
    assert explained(made.packets, "memcached", 11211) == [
        ("get a", ""), ("noop", ""), ("get b", "queued 7.90 ms behind 2 requests"),
    ]  # fmt: skip


def test_memcached_requests_are_named() -> None:
    made = memcached().client(b"stats detail dump\r\n", at_us=1000)
    made.client(b"get b\r\n", at_us=1100)
    made.server(b"END\r\n", at_us=9000).server(b"END\r\n", at_us=9100)
    found = explained(made.packets, "memcached", 11211)
    assert found[1] == ("get b", "queued 7.90 ms behind stats detail dump")


@pytest.mark.parametrize(
    ("script", "sent", "got", "expected"),
    [
        (ECHO, b"one\ntwo\n", [b"one\n", b"two\n"], "queued 9.00 ms behind one"),
        (words(), b"a id=1\nb id=2\n", [b"x id=1\n", b"y id=2\n"], ""),
    ],
)
def test_requests_of_a_script_are_named_where_replies_need_an_order(
    script: str, sent: bytes, got: list[bytes], expected: str
) -> None:
    made = conversation().client(sent, at_us=1000)
    made.server(got[0], at_us=10_000).server(got[1], at_us=10_100)
    run = Traced(script, explaining=True).feed(made.packets).finish()
    assert [reason_of(exchange) for exchange in run.exchanges] == ["", expected]


def test_who_held_up_is_not_known_behind_lost_packets() -> None:
    made = start()
    for turn in range(12):
        at_us = 100_000 * turn
        made.client(line(f"GET {turn}"), at_us=at_us + 100)
        made.client(line(f"LLEN {turn}"), at_us=at_us + 101)
        made.server(bulk("v"), at_us=at_us + 20_000).server(b":1\r\n", at_us=at_us + 20_100)
    found = dict(explained(drop(made.packets, 3 + 4 * 6 + 2)))
    assert found["LLEN 5"] == "queued 19.9 ms behind GET 5"
    assert "GET 6" not in found
    assert found.get("LLEN 6", "") == ""
    assert found["LLEN 7"] == "queued 19.9 ms behind GET 7"


def test_reply_cut_off_by_the_snap_length_holds_up_until_its_last_packet() -> None:
    made = start().client(line("GET big"), at_us=100).client(line("PING"), at_us=200)
    value = bulk("x" * 2000)
    made.server(value[:1000], at_us=300).server(value[1000:], at_us=9000).server(PONG, at_us=9100)
    found = explained(cut(made.packets, 110))
    assert found[1] == ("PING", "queued 8.80 ms behind GET big")


def test_exchanges_on_trial_are_explained() -> None:
    made = start()
    for turn in range(10):
        made.client(line("GET a"), at_us=100_000 * turn + 100)
        made.client(line("LLEN b") + line("TYPE c"), at_us=100_000 * turn + 101)
        made.server(bulk("v"), at_us=100_000 * turn + 3000)
        made.server(b":1\r\n+list\r\n", at_us=100_000 * turn + 3100)
    found = explained(drop(made.packets, 0, 1, 2))
    assert set(found[3:]) == {
        ("GET a", ""),
        ("LLEN b", "queued 2.90 ms behind GET a"),
        ("TYPE c", "queued 2.90 ms behind GET a"),
    }


def test_request_that_was_sent_again_tells_when() -> None:
    sent = line("GET a")
    made = start().client(sent, at_us=100).client(sent, at_us=150_000, offset=0)
    made.client(sent, at_us=303_100, offset=0).server(OK, at_us=303_300)
    assert reasons(made) == ["request sent again, the last time after 303 ms"]


def test_request_sent_again_while_its_reply_came_was_not_held_up_by_that() -> None:
    sent, value = line("GET a"), bulk("x" * 40)
    made = start().client(sent, at_us=100).server(value[:10], at_us=9000)
    made.client(sent, at_us=9500, offset=0).server(value[10:], at_us=9600)
    assert reasons(made) == [""]


def test_part_sent_again_during_an_upload_is_not_the_request_sent_again() -> None:
    sent = line("SET a " + "x" * 100)
    made = start().client(sent[:50], at_us=100).client(sent[:50], at_us=5000, offset=0)
    made.client(sent[50:], at_us=9000).server(OK, at_us=9200)
    assert reasons(made) == [f"upload of {len(sent)} B took 8.90 ms"]


def test_timeouts_name_the_oldest_request_that_has_no_reply() -> None:
    made = start().client(line("DEBUG SLEEP 60"), at_us=100).client(line("GET a"), at_us=200)
    made.client(line("GET b"), at_us=300)
    run = Capture(explains=True).feed(made.packets).advance(11 * SECOND_US)
    assert [(x.request, x.status, reason_of(x)) for x in run.exchanges] == [
        ("DEBUG SLEEP 60", "timeout", ""),
        ("GET a", "timeout", "no reply to DEBUG SLEEP 60 before it either"),
        ("GET b", "timeout", "no reply to DEBUG SLEEP 60 before it either"),
    ]


def test_late_replies_have_their_reason_and_the_timeout_before_them_has_none() -> None:
    made = start().client(line("DEBUG SLEEP 12"), at_us=0).client(line("PING"), at_us=SECOND_US)
    made.server(OK, at_us=12 * SECOND_US).server(PONG, at_us=13 * SECOND_US)
    assert explained(made.packets) == [
        ("DEBUG SLEEP 12", ""),
        ("DEBUG SLEEP 12", "late, logged as timeout before"),
        ("PING", ""),
        ("PING", "queued 11.0 s behind DEBUG SLEEP 12"),
    ]


def test_aborted_requests_name_the_oldest_too() -> None:
    made = start().client(line("DEBUG SLEEP 60"), at_us=100).client(line("GET a"), at_us=200)
    assert reasons(made.server_reset(at_us=9000)) == [
        "", "no reply to DEBUG SLEEP 60 before it either",
    ]  # fmt: skip


def test_without_explain_nothing_is_kept() -> None:
    made = start().client(line("KEYS *"), at_us=100).client(line("GET a"), at_us=1000)
    made.server(b"*0\r\n", at_us=12_900).server(OK, at_us=13_000)
    run = Capture().feed(made.packets).finish()
    assert [exchange.evidence for exchange in run.exchanges] == [None, None]


def test_dns_query_that_was_asked_again_tells_when() -> None:
    query = bytes.fromhex("000101000001000000000000") + b"\1a\0\0\1\0\1"
    reply = bytes.fromhex("000181800001000000000000") + b"\1a\0\0\1\0\1"
    client, server = "10.0.0.1:40000", "10.0.0.2:53"
    packets = [
        datagram(client, server, query, START_NS, identification=1),
        datagram(client, server, query, START_NS + 203_000_000, identification=2),
        datagram(server, client, reply, START_NS + 203_400_000),
    ]
    found = explained(packets, "dns", 53)
    assert found == [("A a", "request sent again, the last time after 203 ms")]


def test_of_too_many_holds_the_longest_are_remembered() -> None:
    held_up = HeldUp()
    for number in range(MAX_HELD + 10):
        begin = 1_000_000 * number
        held_up.note(begin, begin + (900_000 if number == 1 else 100_000), str(number), 0)
    assert held_up.longest(1_000_000, 1_900_000) == "1"
    assert held_up.longest(73_000_000, 73_100_000) == "73"
    assert held_up.longest(2_000_000, 2_100_000) == ""
