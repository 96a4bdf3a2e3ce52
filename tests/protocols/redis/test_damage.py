"""Conversations split, reordered, doubled, damaged: no other exchanges come of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build import START_NS, Conversation, Packet, cut
from tests.protocols.capture import Capture, capture
from tests.protocols.damage import (
    assert_nothing_false,
    begun_late,
    captured_twice,
    displaced,
    out_of_order,
    some_lost,
)
from tests.protocols.redis.resp import array, bulk, command
from tests.truth.judge import Reading
from tests.truth.trace import trace

names = st.text("abcdefgh", min_size=1, max_size=30)
GET = st.builds(lambda key, value: (command("GET", key), bulk(value)), names, names)
SET = st.builds(lambda key, value: (command("SET", key, value), b"+OK\r\n"), names, names)
ECHO = names.map(lambda text: (command("ECHO", text), bulk(text)))
INCR = st.integers(0, 10**12).map(lambda number: (command("INCR", "n"), b":%d\r\n" % number))
MISS = st.just((command("GET", "none"), b"$-1\r\n"))
FAIL = names.map(lambda key: (command("LPOP", key), b"-WRONGTYPE Operation against a key\r\n"))
LIST = st.lists(names, max_size=4).map(
    lambda each: (command("LRANGE", "l", "0", "-1"), array(*map(bulk, each)))
)
INLINE = names.map(lambda text: (f"echo {text}\r\n".encode(), bulk(text)))
turns = st.one_of(GET, SET, ECHO, INCR, MISS, FAIL, LIST, INLINE)
bursts = st.lists(st.lists(turns, min_size=1, max_size=3), min_size=1, max_size=7)
Bursts = list[list[tuple[bytes, bytes]]]
READING = Reading()


def conversation(
    bursts: Bursts, mss: int = 1448, isn: int = 1000, closed: bool = True
) -> list[Packet]:
    """Each burst is sent at once; its replies come back together 300 us later."""
    made = Conversation(mss=mss, client_isn=isn, server_isn=(isn * 7) & 0xFFFFFFFF).handshake()
    for number, burst in enumerate(bursts):
        at_us = 1000 * (number + 1)
        made.client(b"".join(request for request, _ in burst), at_us=at_us)
        made.server(b"".join(reply for _, reply in burst), at_us=at_us + 300)
    return (made.close() if closed else made).packets


def expected(bursts: Bursts) -> list[bytes]:
    return [reply for burst in bursts for _, reply in burst]


def given_replies(run: Capture) -> list[bytes | str]:
    return [reply for _, reply in run.pairs]


Told = tuple[object, ...]


def told(packets: list[Packet]) -> list[Told]:
    """All that is reported of the exchanges, but for what damage may add: flags and depth."""
    return sorted(
        (
            int(x.request_seq), x.request, x.command, x.key, x.status, x.code, bool(x.exact),
            int(x.latency_ns), int(x.time_ns), int(x.request_first_ns), int(x.request_last_ns),
            int(x.reply_first_ns), int(x.reply_last_ns), int(x.request_bytes), int(x.reply_bytes),
            int(x.reply_seq),
        )
        for x in trace(packets).exchanges
    )  # fmt: skip


@given(bursts, st.integers(1, 60), st.sampled_from([1000, 2**32 - 1, 2**32 - 20, 2**31 - 10]))
def test_any_segment_size_gives_the_same_pairs(bursts: Bursts, mss: int, isn: int) -> None:
    run = capture(conversation(bursts, mss, isn))
    assert given_replies(run) == expected(bursts)
    assert all(exchange.exact for exchange in run.exchanges)
    assert run.pairing.unpaired == {}


BURSTS: Bursts = [
    [(command("SET", "key", "*1\r\n$4\r\nPING\r\n"), b"+OK\r\n")],
    [
        (command("GET", "key"), bulk("*1\r\n$4\r\nPING\r\n")),
        (b"PING\r\n", b"+PONG\r\n"),
        (command("LRANGE", "l", "0", "-1"), array(b"$-1\r\n", bulk(""), bulk("\r\n"))),
    ],
    [(command("LPOP", "key"), b"-WRONGTYPE Operation against a key\r\n")],
]


@pytest.mark.parametrize("mss", range(1, 80))
def test_every_segment_size_gives_the_same_pairs(mss: int) -> None:
    run = capture(conversation(BURSTS, mss))
    assert given_replies(run) == expected(BURSTS)
    assert all(exchange.exact for exchange in run.exchanges)


def test_every_split_in_two_gives_the_same_pairs() -> None:
    sent = b"".join(request for burst in BURSTS for request, _ in burst)
    got = b"".join(expected(BURSTS))
    for at in range(1, len(sent)):
        made = Conversation().handshake().client(sent[:at]).client(sent[at:]).server(got)
        assert given_replies(capture(made.packets)) == expected(BURSTS)
    for at in range(1, len(got)):
        made = Conversation().handshake().client(sent).server(got[:at]).server(got[at:])
        assert given_replies(capture(made.packets)) == expected(BURSTS)


@given(bursts, st.integers(5, 60), st.data())
def test_packets_out_of_order_give_the_same_exchanges(
    bursts: Bursts, mss: int, data: st.DataObject
) -> None:
    packets = conversation(bursts, mss, closed=False)
    assert told(out_of_order(packets, data)) == told(packets)


@given(bursts, st.integers(5, 60), st.data())
def test_packets_captured_twice_give_the_same_exchanges(
    bursts: Bursts, mss: int, data: st.DataObject
) -> None:
    packets = conversation(bursts, mss)
    assert told(captured_twice(packets, data)) == told(packets)


@given(bursts, st.integers(5, 60), st.data())
def test_segments_sent_again_give_the_same_exchanges(
    bursts: Bursts, mss: int, data: st.DataObject
) -> None:
    """Retransmissions have packets of their own; they may begin and end anywhere."""
    made = Conversation(mss=mss).handshake()
    again = Conversation(mss=mss).handshake()
    for number, burst in enumerate(bursts):
        sent = b"".join(request for request, _ in burst)
        got = b"".join(reply for _, reply in burst)
        at_us = 1_000_000 * (number + 1)
        for each in (made, again):
            each.client(sent, at_us=at_us).server(got, at_us=at_us + 300)
        if data.draw(st.booleans()):
            begin = data.draw(st.integers(0, len(sent) - 1))
            end = data.draw(st.integers(begin + 1, len(sent)))
            stream = sum(len(r) for b in bursts[:number] for r, _ in b)
            again.client(sent[begin:end], at_us=at_us + 300_000, offset=stream + begin)
        if data.draw(st.booleans()):
            begin = data.draw(st.integers(0, len(got) - 1))
            end = data.draw(st.integers(begin + 1, len(got)))
            stream = sum(len(r) for b in bursts[:number] for _, r in b)
            again.server(got[begin:end], at_us=at_us + 400_000, offset=stream + begin)
    assert told(again.packets) == told(made.packets)


@given(bursts, st.sampled_from([7, 30, 1448]), st.data())
def test_lost_packets_make_no_exact_pair_false(
    bursts: Bursts, mss: int, data: st.DataObject
) -> None:
    packets = conversation(bursts, mss)
    assert_nothing_false(packets, some_lost(packets, data), READING)


@given(bursts, st.sampled_from([7, 30, 1448]), st.data())
def test_any_damage_makes_no_exact_pair_false(
    bursts: Bursts, mss: int, data: st.DataObject
) -> None:
    packets = conversation(bursts, mss)
    assert_nothing_false(packets, displaced(packets, data), READING)


@given(bursts, st.sampled_from([7, 30, 1448]), st.data())
def test_start_in_the_middle_makes_no_exact_pair_false(
    bursts: Bursts, mss: int, data: st.DataObject
) -> None:
    packets = conversation(bursts, mss)
    assert_nothing_false(packets, begun_late(packets, data), READING)


@given(bursts, st.integers(54, 200))
def test_snap_length_makes_no_exact_pair_false(bursts: Bursts, snaplen: int) -> None:
    packets = conversation(bursts)
    assert_nothing_false(packets, cut(packets, snaplen), READING)


@given(bursts, st.data())
def test_the_same_packets_twice_give_the_same_exchanges(
    bursts: Bursts, data: st.DataObject
) -> None:
    packets = conversation(bursts, 20)
    left = some_lost(packets, data)
    assert told(left) == told(left)
    assert trace(left).pairing.unpaired == trace(left).pairing.unpaired


def test_frames_of_another_time_give_the_same_latencies() -> None:
    packets = conversation(BURSTS)
    later = [replace(packet, ts_ns=packet.ts_ns - START_NS + 10**18) for packet in packets]
    assert [x.latency_ns for x in trace(later).exchanges] == [
        x.latency_ns for x in trace(packets).exchanges
    ]
