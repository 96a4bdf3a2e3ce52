"""Whole conversations in text with memcached 1.6.18: what is told of them."""

import pytest

from tests.build import Conversation, drop
from tests.protocols.memcached.packets import capture, memcached, run
from tests.protocols.memcached.text_said import (
    ADMINISTRATION,
    ALL,
    BAD_FORMAT,
    CLASSIC,
    END,
    ERROR,
    META,
    NOT_FOUND,
    OK,
    SILENT,
    STORED,
    Said,
)

VALUE = b"VALUE k 0 3\r\nabc\r\nEND\r\n"
BAD_CHUNK = b"CLIENT_ERROR bad data chunk\r\n"
TOO_LARGE = b"SERVER_ERROR object too large for cache\r\n"
UNAUTHENTICATED = b"CLIENT_ERROR unauthenticated\r\n"


def talk(*turns: tuple[bytes, bytes], mss: int = 1448) -> Conversation:
    """Each is asked and answered in turn, 1 ms apart; the answer comes 300 us later."""
    made = memcached(mss)
    for number, (sent, got) in enumerate(turns):
        at_us = 1000 * (number + 1)
        if sent:
            made.client(sent, at_us=at_us)
        if got:
            made.server(got, at_us=at_us + 300)
    return made


@pytest.mark.parametrize("said", ALL, ids=lambda said: repr(said.sent))
def test_what_is_said_of_a_request_and_its_reply(said: Said) -> None:
    made = capture(talk((said.sent, said.got)).packets)
    [exchange] = made.exchanges
    error = said.code in ("ERROR", "CLIENT_ERROR", "SERVER_ERROR")
    assert (exchange.command, exchange.key) == (said.command, said.key)
    assert exchange.request == (said.request if said.sent.strip() else "")
    assert (exchange.code, exchange.status) == (said.code, "error" if error else "ok")
    assert exchange.hits == said.hits
    assert exchange.exact
    assert (exchange.request_bytes, exchange.reply_bytes) == (len(said.sent), len(said.got))
    assert exchange.latency_ns == 300_000
    assert made.pairing.unpaired == {}


@pytest.mark.parametrize("said", [CLASSIC, ADMINISTRATION, META], ids=["classic", "admin", "meta"])
def test_pipelined_requests_get_their_replies_in_order(said: list[Said]) -> None:
    sent = b"".join(each.sent for each in said)
    got = b"".join(each.got for each in said)
    for mss in (1, 7, 100, 1448):
        made = capture(talk((sent, got), mss=mss).packets)
        assert [reply for _, reply in made.pairs] == [each.got for each in said]
        assert [exchange.code for exchange in made.exchanges] == [each.code for each in said]
        assert all(exchange.exact for exchange in made.exchanges)


def test_upload_of_a_value_counts_for_no_latency_and_download_neither() -> None:
    made = memcached(100)
    made.client(b"set k 0 0 200\r\n", at_us=1000).client(bytes(150), at_us=2000)
    made.client(bytes(50) + b"\r\n", at_us=5000).server(STORED, at_us=5200)
    made.client(b"get k\r\n", at_us=6000).server(b"VALUE k 0 200\r\n", at_us=6100)
    made.server(bytes(200) + b"\r\nEND\r\n", at_us=9000)
    store, load = capture(made.packets).exchanges
    assert (store.request, store.request_bytes) == ("set k 0 0 200", 217)
    assert store.request_last_ns - store.request_first_ns == 4_000_000
    assert store.latency_ns == 200_000
    assert (load.latency_ns, load.reply_last_ns - load.reply_first_ns) == (100_000, 2_902_000)


def test_long_request_is_shown_in_128_characters() -> None:
    line = b"get " + b" ".join(b"key-%d" % number for number in range(300))
    made = capture(talk((line + b"\r\n", END)).packets)
    [exchange] = made.exchanges
    assert exchange.request == line[:128].decode() + "..."
    assert exchange.key == "key-0"
    assert exchange.request_bytes == len(line) + 2


# Silence


@pytest.mark.parametrize("sent", SILENT)
def test_noreply_is_reported_as_silent_at_once(sent: bytes) -> None:
    made = run(talk((b"get k\r\n", VALUE), (sent, b""), (b"get k\r\n", VALUE)).packets)
    assert [exchange.status for exchange in made.exchanges] == ["ok", "silent", "ok"]
    assert made.exchanges[1].request == sent.split(b"\r\n")[0].decode()
    assert made.pairing.unpaired == {}


def test_first_set_with_noreply_is_silent_when_the_next_reply_says_so() -> None:
    """It could be a login, which is answered; the answer to get cannot be its."""
    made = run(talk((b"set k 0 0 3 noreply\r\nabc\r\n", b""), (b"get k\r\n", VALUE)).packets)
    assert [(each.status, each.code) for each in made.exchanges] == [
        ("silent", None),
        ("ok", "END"),
    ]
    assert all(exchange.exact for exchange in made.exchanges)


def test_quit_is_silent() -> None:
    packets = talk((b"get k\r\n", VALUE), (b"quit\r\n", b"")).server_fin().client_fin().packets
    made = capture(packets)
    assert [(each.command, each.status) for each in made.exchanges] == [
        ("get", "ok"),
        ("quit", "silent"),
    ]


def test_shutdown_ends_the_connection_without_an_answer() -> None:
    made = capture(talk((b"shutdown\r\n", b"")).server_fin().client_fin().packets)
    assert [(each.command, each.status) for each in made.exchanges] == [("shutdown", "aborted")]


def test_error_while_silent_requests_are_about_is_likely_and_not_proven() -> None:
    """This server hides that a silent request failed; another may say so."""
    failed = b"SERVER_ERROR out of memory\r\n"
    made = run(
        talk(
            (b"get k\r\n", VALUE),
            (b"set k 0 0 3 noreply\r\nabc\r\nincr k 1\r\n", failed),
            (b"get k\r\n", VALUE),
        ).packets
    )
    assert [reply for _, reply in made.pairs] == [VALUE, "silent", failed, VALUE]
    assert [exchange.exact for exchange in made.exchanges] == [True, True, False, False]


def test_error_that_only_a_silent_request_can_have_is_nobodys() -> None:
    failed = b"SERVER_ERROR object too large for cache\r\n"
    made = run(
        talk(
            (b"get k\r\n", VALUE),
            (b"set k 0 0 3 noreply\r\nabc\r\nincr k 1\r\n", failed + b"6\r\n"),
        ).packets
    )
    assert [exchange.status for exchange in made.exchanges] == ["ok", "silent"]
    assert made.pairing.unpaired["contradiction"] == 1


def test_unknown_line_that_ends_in_noreply_is_answered() -> None:
    made = capture(talk((b"foo noreply\r\n", ERROR), (b"get k\r\n", VALUE)).packets)
    assert made.pairs == [("foo ***", ERROR), ("get k", VALUE)]


# In step with a server that refuses


def test_block_too_large_is_passed_over_and_answered_once() -> None:
    for ending, exact in ((b"\r\n", True), (b"zz", False)):
        data = b"set k 0 0 2000\r\n" + b"x" * 2000 + ending
        made = capture(talk((data + b"get k\r\n", TOO_LARGE + END), mss=500).packets)
        assert made.pairs == [("set k 0 0 2000", TOO_LARGE), ("get k", END)]
        assert [exchange.exact for exchange in made.exchanges] == [exact, exact]


@pytest.mark.parametrize(
    ("sent", "got", "requests"),
    [
        (b"set k 0 0 -1\r\n", BAD_FORMAT, ["set k 0 0 -1"]),
        (b"set k 0 0 3\r\nabcde\r\n", BAD_CHUNK + ERROR, ["set k 0 0 3", "***"]),
        (b"set k 0 0 3\r\nab\r\nget k\r\n", BAD_CHUNK + ERROR, ["set k 0 0 3", "***"]),
        (b"set k 0 0 3\r\nabc\nget k\n", BAD_CHUNK + ERROR, ["set k 0 0 3", "***"]),
        (b"set k x 0 3\r\nabc\r\n", BAD_FORMAT + ERROR, ["set k x 0 3", "***"]),
        (b"set k 0 0\r\nabc def\r\n", ERROR + ERROR, ["set k 0 0", "***"]),
        (b"cas k 0 0 3 x\r\nabc\r\n", BAD_FORMAT + ERROR, ["cas k 0 0 3 x", "***"]),
        (b"ms k S3\r\nabc\r\n", BAD_FORMAT + ERROR, ["ms k S3", "***"]),
        (b"ms k 3 q\r\nabcde\r\n", BAD_CHUNK + ERROR, ["ms k 3 q", "***"]),
    ],
)
def test_what_is_left_of_a_refused_block_is_read_as_commands(
    sent: bytes, got: bytes, requests: list[str]
) -> None:
    made = capture(talk((sent, got), (b"get k\r\n", VALUE)).packets)
    assert [exchange.request for exchange in made.exchanges] == [*requests, "get k"]
    assert [exchange.status for exchange in made.exchanges] == ["error"] * len(requests) + ["ok"]
    assert made.pairs[-1] == ("get k", VALUE)
    assert made.pairing.unpaired == {}
    # other versions pass over the block, so from there on the step is not proven
    assert not made.exchanges[-1].exact


# Login


def test_login_shows_no_password() -> None:
    turns = [
        (b"get k\r\n", UNAUTHENTICATED),
        (b"set auth 0 0 11\r\nuser secret\r\n", STORED),
        (b"get k\r\n", END),
    ]
    made = capture(talk(*turns).packets)
    assert [exchange.request for exchange in made.exchanges] == [
        "get k",
        "set auth 0 0 11",
        "get k",
    ]
    assert [exchange.code for exchange in made.exchanges] == ["CLIENT_ERROR", "STORED", "END"]


@pytest.mark.parametrize(
    "sent",
    [
        b"set auth x y 11\r\nuser secret\r\n",
        b"set auth 0 0 5\r\nuser secret\r\n",
        b"set auth 0 0 2\r\nuser\nsecret\r\n",
        b"set auth 0 0 11 noreply x\r\nuser secret\r\n",
        b"set auth 0 0\r\nuser secret\r\n",
    ],
)
def test_login_that_is_malformed_shows_no_password(sent: bytes) -> None:
    made = capture(talk((sent, UNAUTHENTICATED), (b"get k\r\n", UNAUTHENTICATED)).close().packets)
    for exchange in made.exchanges:
        told = f"{exchange.request} {exchange.key} {exchange.command}"
        assert "ret" not in told
        assert "user" not in told


def test_login_with_noreply_is_answered_and_makes_no_wrong_pair() -> None:
    login = b"set auth 0 0 11 noreply\r\nuser secret\r\n"
    made = capture(talk((login + b"set k 0 0 1\r\n1\r\n", STORED + STORED)).packets)
    assert made.exchanges == []
    assert made.pairing.unpaired == {"quiet, answer unclear": 2}


def test_one_refusal_for_several_commands_ends_the_belief_in_the_step() -> None:
    """Without login the server answers once what it read at once."""
    sent = b"get a\r\nget b\r\nget c\r\n"
    made = capture(talk((sent, UNAUTHENTICATED), (b"get d\r\n", UNAUTHENTICATED)).packets)
    assert [exchange.request for exchange in made.exchanges if exchange.exact] == ["get a"]
    assert made.pairing.unpaired["unclear what is replied"] == 1


# Streams


def test_watch_is_answered_and_what_follows_is_a_stream() -> None:
    lines = b"ts=1.2 gid=1 type=item_get key=k status=found clsid=1 cfd=24 size=3\n" * 5
    made = memcached().client(b"watch fetchers\r\n", at_us=1000).server(OK, at_us=1100)
    made.server(lines, at_us=2000).client(b"get k\r\n", at_us=3000).server(lines, at_us=4000)
    done = capture(made.server_fin().client_fin().packets)
    # the server reads no command any more
    assert [(each.command, each.status) for each in done.exchanges] == [
        ("watch", "ok"),
        ("get", "aborted"),
    ]
    assert done.pairing.pushes == 10


def test_stats_sizes_enable_has_no_end_and_nothing_is_believed_behind_it() -> None:
    said = b"STAT sizes_status enabled\r\n"
    turns = [(b"get k\r\n", VALUE), (b"stats sizes_enable\r\n", said)]
    turns += [(b"get key-%d\r\n" % number, END) for number in range(5)]
    made = capture(talk(*turns).packets)
    assert made.pairs[0] == ("get k", VALUE)
    assert [reply for _, reply in made.pairs[1:]] == [END] * (len(made.pairs) - 1)
    assert len(made.pairs) >= 4
    assert not any(exchange.exact for exchange in made.exchanges[1:])


# Checks


def test_reply_that_the_command_cannot_have_is_paired_with_nobody() -> None:
    made = capture(talk((b"set k 0 0 1\r\n1\r\n", VALUE), (b"get k\r\n", STORED)).packets)
    assert made.exchanges == []
    assert "contradiction" in made.pairing.unpaired


def test_tls_on_the_port_is_counted() -> None:
    made = capture(talk((b"\x16\x03\x01\x02\x00\x01\x00", b"\x16\x03\x03\x00\x7a")).packets)
    assert (made.pairing.encrypted, made.exchanges) == (1, [])


# After a loss


def test_lost_value_bytes_keep_the_step_and_not_the_proof() -> None:
    made = memcached(100)
    made.client(b"get k\r\n", at_us=1000)
    made.server(b"VALUE k 0 500\r\n" + bytes(500) + b"\r\nEND\r\n", at_us=1100)
    made.client(b"get k\r\n", at_us=2000).server(VALUE, at_us=2100)
    made.client(b"get k\r\n", at_us=300_000).server(VALUE, at_us=300_100)
    packets = drop(made.packets, 6)
    done = capture(packets)
    assert [exchange.hits for exchange in done.exchanges] == [1, 1, 1]
    assert [exchange.exact for exchange in done.exchanges] == [False, False, False]
    assert done.flags()[0] == ["gap"]


def keyed(number: int) -> tuple[bytes, bytes]:
    key = b"user:%04d" % number
    return b"get %b\r\n" % key, b"VALUE %b 0 2\r\n%02d\r\nEND\r\n" % (key, number)


def test_new_keys_repeated_prove_the_step_of_a_connection_that_began_unseen() -> None:
    """32 requests may wait that were sent before; each can own one of the replies."""
    made = capture(talk(*(keyed(number) for number in range(40))).packets[3:])
    assert [exchange.key for exchange in made.exchanges] == [
        f"user:{number:04d}" for number in range(40)
    ]
    assert [exchange.exact for exchange in made.exchanges] == [False] * 32 + [True] * 8


def test_as_many_new_keys_as_a_gap_can_hold_requests_prove_the_step_behind_it() -> None:
    packets = talk(*(keyed(number) for number in range(60))).packets
    made = capture(drop(packets, 3 + 2 * 20))  # 15 bytes: 3 requests of 4, and a part of one
    keys = [f"user:{number:04d}" for number in range(60) if number != 20]
    assert [exchange.key for exchange in made.exchanges] == keys
    assert [exchange.exact for exchange in made.exchanges[:20]] == [True] * 20
    assert [exchange.exact for exchange in made.exchanges[20:]] == [False] * 4 + [True] * 35


def test_lost_reply_needs_one_new_key() -> None:
    packets = talk(*(keyed(number) for number in range(60))).packets
    made = capture(drop(packets, 4 + 2 * 20))
    assert len(made.exchanges) == 59
    assert made.exchanges[-1].exact


def test_keys_that_come_again_prove_nothing() -> None:
    made = capture(talk(*(keyed(number % 30) for number in range(200))).packets[3:])
    assert len(made.exchanges) == 200
    assert not any(exchange.exact for exchange in made.exchanges)


def test_keys_of_a_client_that_pipelines_prove_nothing_of_what_was_before_the_capture() -> None:
    turns = [
        (keyed(number)[0] + keyed(number + 1)[0], keyed(number)[1] + keyed(number + 1)[1])
        for number in range(0, 80, 2)
    ]
    made = capture(talk(*turns).packets[3:])
    assert not any(exchange.exact for exchange in made.exchanges)


def test_value_of_another_key_shows_a_shifted_step() -> None:
    made = memcached()
    for number in range(10):
        made.client(keyed(number + 1)[0], at_us=1000 * number)
        made.server(keyed(number)[1], at_us=1000 * number + 300)
    done = capture(made.packets[3:])
    assert done.exchanges == []
    assert "contradiction" in done.pairing.unpaired


def test_not_found_after_a_lost_request_is_no_answer_to_a_get() -> None:
    turns = [keyed(number) for number in range(6)]
    turns[2] = (b"delete k\r\n", NOT_FOUND)
    packets = talk(*turns).packets
    lost = drop(packets, 3 + 2 * 2)
    done = capture(lost)
    assert all(reply != NOT_FOUND for _, reply in done.pairs)
