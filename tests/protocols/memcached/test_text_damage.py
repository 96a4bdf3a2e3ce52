"""Text conversations split, reordered, doubled, damaged: no other exchanges come of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build import Conversation, Packet, cut, drop
from tests.protocols.damage import (
    assert_nothing_false,
    begun_late,
    captured_twice,
    displaced,
    out_of_order,
    some_lost,
)
from tests.protocols.memcached.packets import capture
from tests.truth.judge import Reading, judge_capture
from tests.truth.trace import trace

READING = Reading(mode="memcached")
Turn = tuple[bytes, bytes]
Bursts = list[list[Turn]]

keys = st.text("abc", min_size=1, max_size=8).map(str.encode)
values = st.sampled_from([b"", b"1", b"END\r\n", b"get a\r\nEND\r\nSTORED\r\n", b"v" * 40])
GET = st.builds(
    lambda k, v: (b"get %b\r\n" % k, b"VALUE %b 0 %d\r\n%b\r\nEND\r\n" % (k, len(v), v)),
    keys,
    values,
)
SET = st.builds(
    lambda k, v: (b"set %b 0 0 %d\r\n%b\r\n" % (k, len(v), v), b"STORED\r\n"), keys, values
)
QUIET_SET = st.builds(
    lambda k, v: (b"set %b 0 0 %d noreply\r\n%b\r\n" % (k, len(v), v), b""), keys, values
)
MISS = keys.map(lambda k: (b"get %b\r\n" % k, b"END\r\n"))
BOTH = st.builds(
    lambda a, b, v: (
        b"gets %b %b\r\n" % (a, b),
        b"VALUE %b 0 %d 7\r\n%b\r\nVALUE %b 0 1 8\r\nx\r\nEND\r\n" % (a, len(v), v, b),
    ),
    keys, keys, values,
)  # fmt: skip
INCR = st.builds(lambda k, n: (b"incr %b 1\r\n" % k, b"%d\r\n" % n), keys, st.integers(0, 10**9))
DELETE = keys.map(lambda k: (b"delete %b\r\n" % k, b"DELETED\r\n"))
FAIL = keys.map(
    lambda k: (b"incr %b x\r\n" % k, b"CLIENT_ERROR invalid numeric delta argument\r\n")
)
STATS = st.just((b"stats\r\n", b"STAT pid 1\r\nSTAT uptime 2\r\nEND\r\n"))
VERSION = st.just((b"version\r\n", b"VERSION 1.6.18\r\n"))
UNKNOWN = st.just((b"foo\r\n", b"ERROR\r\n"))
MG = st.builds(lambda k, v: (b"mg %b v\r\n" % k, b"VA %d\r\n%b\r\n" % (len(v), v)), keys, values)
MS = st.builds(lambda k, v: (b"ms %b %d\r\n%b\r\n" % (k, len(v), v), b"HD\r\n"), keys, values)
QUIETLY = st.builds(
    lambda k, n, hit: (
        b"mg %b q k O%d\r\n" % (k, n),
        b"HD k%b O%d\r\n" % (k, n) if hit else b"",
    ),
    keys, st.integers(0, 3), st.booleans(),
)  # fmt: skip
UNTOLD = st.builds(
    lambda k, hit: (b"md %b q\r\n" % k, b"NF\r\n" if hit else b""), keys, st.booleans()
)
NOOP = st.just((b"mn\r\n", b"MN\r\n"))
SURE = (GET, SET, MISS, BOTH, INCR, DELETE, FAIL, STATS, VERSION, UNKNOWN, MG, MS, NOOP)
sure_turns = st.one_of(*SURE)
turns = st.one_of(*SURE, QUIET_SET, QUIETLY, UNTOLD)
sure_bursts = st.lists(st.lists(sure_turns, min_size=1, max_size=3), min_size=1, max_size=7)
bursts = st.lists(st.lists(turns, min_size=1, max_size=4), min_size=1, max_size=7)


def conversation(
    bursts: Bursts, mss: int = 1448, isn: int = 1000, closed: bool = True
) -> list[Packet]:
    """Each burst is sent at once; its replies come back together 300 us later."""
    made = Conversation(
        server="10.0.0.2:11211", mss=mss, client_isn=isn, server_isn=(isn * 7) & 0xFFFFFFFF
    ).handshake()
    for number, burst in enumerate(bursts):
        at_us = 1000 * (number + 1)
        made.client(b"".join(request for request, _ in burst), at_us=at_us)
        made.server(b"".join(reply for _, reply in burst), at_us=at_us + 300)
    return (made.close() if closed else made).packets


Told = tuple[object, ...]


def told(packets: list[Packet]) -> list[Told]:
    """All that is reported of the exchanges, but for what damage may add: flags and depth."""
    return sorted(
        (
            int(x.request_seq), x.request, x.command, x.key or "", x.status, x.code or "",
            int(x.hits), bool(x.exact), int(x.latency_ns), int(x.time_ns),
            int(x.request_first_ns), int(x.request_last_ns), int(x.reply_first_ns),
            int(x.reply_last_ns), int(x.request_bytes), int(x.reply_bytes), int(x.reply_seq),
        )
        for x in trace(packets, mode="memcached").exchanges
    )  # fmt: skip


@given(sure_bursts, st.integers(1, 60), st.sampled_from([1000, 2**32 - 1, 2**32 - 20, 2**31 - 10]))
def test_any_segment_size_gives_the_same_pairs(bursts: Bursts, mss: int, isn: int) -> None:
    run = capture(conversation(bursts, mss, isn))
    assert [reply for _, reply in run.pairs] == [reply for burst in bursts for _, reply in burst]
    assert all(exchange.exact for exchange in run.exchanges)
    assert run.pairing.unpaired == {}


@given(bursts, st.integers(1, 60))
def test_quiet_requests_get_their_own_reply_or_none(bursts: Bursts, mss: int) -> None:
    run = capture(conversation(bursts, mss))
    replies = {
        sum(len(r) for r, _ in sent[:at]): reply
        for sent in [[turn for burst in bursts for turn in burst]]
        for at, (_, reply) in enumerate(sent)
    }
    for exchange, (_, reply) in zip(run.exchanges, run.pairs, strict=True):
        true = replies[int(exchange.request_seq) - 1001]
        assert reply == (true or "silent")


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


def test_a_repeated_opaque_tells_a_hit_from_the_reply_behind_it_with_every_packet_lost() -> None:
    """What the undamaged capture tells must be no less than what one without the SYN-ACK does."""
    get = b"get a\r\n", b"VALUE a 0 1\r\n1\r\nEND\r\n"
    quiet = b"mg a q k O0\r\n", b"HD ka O0\r\n"
    packets = conversation([[get, get], [quiet, (b"mg a v\r\n", b"VA 1\r\n1\r\n")]])
    run = capture(packets)
    assert [reply for _, reply in run.pairs] == [get[1], get[1], quiet[1], b"VA 1\r\n1\r\n"]
    assert all(exchange.exact for exchange in run.exchanges) and run.pairing.unpaired == {}
    for lost in range(len(packets)):
        assert_nothing_false(packets, drop(packets, lost), READING)


def lockstep(rounds: int) -> Conversation:
    made = Conversation(server="10.0.0.2:11211").handshake()
    for at in range(rounds):
        made.client(b"get key:%04d\r\n" % at, at_us=100 + at * 1000)
        made.server(b"VALUE key:%04d 0 2\r\n%02d\r\nEND\r\n" % (at, at), at_us=400 + at * 1000)
    return made


@pytest.mark.parametrize("lost", range(80))
def test_client_that_waits_is_paired_again_after_a_lost_packet(lost: int) -> None:
    rounds = 40
    exchanges = trace(drop(lockstep(rounds).packets, lost), mode="memcached").exchanges
    assert len(exchanges) >= rounds - 10
    assert {int(exchange.latency_ns) for exchange in exchanges} == {300_000}


@pytest.mark.parametrize("lost", range(3, 48))
def test_keys_bring_the_proof_back_after_a_lost_packet(lost: int) -> None:
    packets = lockstep(40).packets
    exchanges = trace(drop(packets, lost), mode="memcached").exchanges
    assert exchanges[-1].exact


def test_shifted_clients_give_no_wrong_pair() -> None:
    """Two requests are always outstanding, all of one kind, with keys that come again."""
    for period in (1, 2, 3, 4, 5, 8):
        made = Conversation(server="10.0.0.2:11211").handshake()
        key = [b"key:%04d" % (number % period) for number in range(60)]
        made.client(b"get %b\r\n" % key[0], at_us=100)
        for number in range(1, 60):
            made.client(b"get %b\r\n" % key[number], at_us=number * 1000)
            value = b"VALUE %b 0 2\r\nab\r\nEND\r\n" % key[number - 1]
            made.server(value, at_us=number * 1000 + 500)
        for way, verdict in judge_capture(made.packets, READING, 60).items():
            assert verdict.false_exact == [], (period, way)
