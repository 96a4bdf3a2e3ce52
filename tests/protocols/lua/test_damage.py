"""Captures of a protocol in Lua, damaged: no exact exchange that did not happen.

A message is a letter, a length of four digits and so many bytes that are skipped. A request's
letter says what it gets: `a` to `y` the letter in capitals, `i` with the id that its first two
bytes are, `s` nothing at all.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.protocols.lua.protocol import LuaProtocol
from tcpkit.script.definition import definitions
from tests.build import Conversation, Packet, cut, datagram, drop
from tests.protocols.damage import (
    assert_nothing_false,
    begun_late,
    captured_twice,
    displaced,
    out_of_order,
)
from tests.protocols.lua.traced import SERVER, Traced, loaded, words
from tests.truth.judge import Reading, judge_capture, total
from tests.truth.trace import trace

LENGTHS = """
local function message(stream, of_client)
  local letter, size = stream:read(1), tonumber(stream:read(4))
  if not size or letter:find(of_client and "%L" or "%U") then stream:fail("no message") end
  local id
  if letter:lower() == "i" then
    id = stream:read(2)
    size = size - 2
  end
  stream:skip(size)
  return letter, id
end
tcpkit.protocol {
  name = "lengths", port = 7,
  request = function(stream)
    local letter, id = message(stream, true)
    return { command = letter, key = id, id = id, replies = letter == "s" and 0 or nil }
  end,
  reply = function(stream)
    local letter, id = message(stream, false)
    return { code = letter, id = id }
  end,
  matches = function(request, reply) return request.command:upper() == reply.code end,
  starts = function(bytes, from_client)
    return bytes:find(from_client and "^%l%d%d%d%d" or "^%u%d%d%d%d") ~= nil
  end,
}
"""
SCRIPT = loaded(LENGTHS)
READING = Reading(mode="lengths", protocol=LuaProtocol(SCRIPT, definitions(SCRIPT)[0]))
UDP_SCRIPT = loaded(words("udp"))
UDP_READING = Reading(
    mode="words", udp=True, protocol=LuaProtocol(UDP_SCRIPT, definitions(UDP_SCRIPT)[0])
)


def message(letter: str, value: bytes) -> bytes:
    return b"%s%04d%s" % (letter.encode(), len(value), value)


values = st.binary(min_size=0, max_size=40)
TURN = st.tuples(st.sampled_from("aabcxs"), values, values)
turns = TURN.map(
    lambda turn: (
        message(turn[0], turn[1]),
        b"" if turn[0] == "s" else message(turn[0].upper(), turn[2]),
    )
)
bursts = st.lists(st.lists(turns, min_size=1, max_size=3), min_size=1, max_size=7)
Bursts = list[list[tuple[bytes, bytes]]]


def conversation(bursts: Bursts, mss: int = 1448, closed: bool = True) -> list[Packet]:
    """Each burst is sent at once; its replies come back together 300 us later."""
    made = Conversation(server=SERVER, mss=mss).handshake()
    for number, burst in enumerate(bursts):
        at_us = 1000 * (number + 1)
        made.client(b"".join(request for request, _ in burst), at_us=at_us)
        made.server(b"".join(reply for _, reply in burst), at_us=at_us + 300)
    return (made.close() if closed else made).packets


def with_ids(rounds: int, outstanding: int) -> list[Packet]:
    """So many are always waiting, and the newest is answered first; ids come again."""
    made = Conversation(server=SERVER).handshake()
    for at in range(rounds):
        ids = [b"%02d" % ((at * outstanding + each) % 100) for each in range(outstanding)]
        for each, id_ in enumerate(ids):
            made.client(message("i", id_ + b"-" * 20), at_us=1000 * at + 10 * each)
        for each, id_ in enumerate(reversed(ids)):
            made.server(message("I", id_ + b"+" * 30), at_us=1000 * at + 500 + 10 * each)
    return made.close().packets


def assert_nothing_false_or_failed(packets: list[Packet], damaged: list[Packet]) -> None:
    assert_nothing_false(packets, damaged, READING)
    assert SCRIPT.counts.errors == 0


Told = list[tuple[int | str | bool | None, ...]]


def told(packets: list[Packet]) -> Told:
    """All that is reported, but for what damage may add: flags and depth."""
    return sorted(
        (
            int(x.request_seq), x.request, x.status, x.code or "", bool(x.exact), int(x.time_ns),
            int(x.request_first_ns), int(x.request_last_ns), int(x.reply_first_ns),
            int(x.reply_last_ns), int(x.request_bytes), int(x.reply_bytes), int(x.reply_seq),
        )
        for x in trace(packets, protocol=READING.protocol).exchanges
    )  # fmt: skip


@given(bursts, st.integers(1, 60))
def test_any_segment_size_gives_the_same_pairs(bursts: Bursts, mss: int) -> None:
    run = Traced(LENGTHS).feed(conversation(bursts, mss)).finish()
    expected = [reply or "silent" for burst in bursts for _, reply in burst]
    assert [reply for _, reply in sorted_by_place(run)] == expected
    assert all(run.exact)
    assert run.pairing.unpaired == {}


def sorted_by_place(run: Traced) -> list[tuple[int, bytes | str]]:
    return sorted(
        (
            (int(exchange.request_seq), reply)
            for exchange, (_, reply) in zip(run.exchanges, run.pairs, strict=True)
        ),
        key=lambda pair: pair[0],
    )


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
def test_any_damage_makes_no_exact_pair_false(
    bursts: Bursts, mss: int, data: st.DataObject
) -> None:
    packets = conversation(bursts, mss)
    assert_nothing_false_or_failed(packets, displaced(packets, data))


@given(bursts, st.sampled_from([7, 30, 1448]), st.data())
def test_start_in_the_middle_makes_no_exact_pair_false(
    bursts: Bursts, mss: int, data: st.DataObject
) -> None:
    packets = conversation(bursts, mss)
    assert_nothing_false_or_failed(packets, begun_late(packets, data))


@given(bursts, st.integers(54, 200))
def test_snap_length_makes_no_exact_pair_false(bursts: Bursts, snaplen: int) -> None:
    packets = conversation(bursts)
    assert_nothing_false_or_failed(packets, cut(packets, snaplen))


@pytest.mark.parametrize("outstanding", [1, 2, 3])
def test_damage_makes_no_pair_by_id_false(outstanding: int) -> None:
    verdict = total(judge_capture(with_ids(60, outstanding), READING, 60).values())
    assert verdict.false_exact == []
    assert verdict.wrong_inferred == []
    assert verdict.exact > 1000
    assert verdict.inferred > 100


def lockstep(rounds: int) -> Conversation:
    made = Conversation(server=SERVER).handshake()
    for at in range(rounds):
        letter = "ab"[at % 2]
        made.client(message(letter, b"x" * 9), at_us=100 + at * 1000)
        made.server(message(letter.upper(), b"y" * 9), at_us=400 + at * 1000)
    return made


@pytest.mark.parametrize("lost", range(80))
def test_client_that_waits_is_paired_again_after_a_lost_packet(lost: int) -> None:
    rounds = 40
    exchanges = trace(drop(lockstep(rounds).packets, lost), protocol=READING.protocol).exchanges
    assert len(exchanges) >= rounds - 10
    assert {int(exchange.latency_ns) for exchange in exchanges} == {300_000}


def test_damage_makes_nothing_false_of_a_client_that_waits() -> None:
    verdict = total(judge_capture(lockstep(60).packets, READING, 60).values())
    assert verdict.false_exact == []
    assert verdict.wrong_inferred == []


def test_a_gap_inside_a_skipped_value_keeps_the_step() -> None:
    made = Conversation(server=SERVER, mss=1000).handshake()
    made.client(message("a", bytes(5000)), at_us=1000).server(message("A", b"1"), at_us=2000)
    made.client(message("b", b"1"), at_us=3000).server(message("B", bytes(5000)), at_us=4000)
    made.client(message("c", b"1"), at_us=9000).server(message("C", b"1"), at_us=9500)
    sizes = [len(packet.frame) for packet in made.packets]
    inside = [at for at, size in enumerate(sizes) if size > 1000]
    for lost in (inside[2], inside[7]):
        run = Traced(LENGTHS).feed(drop(made.packets, lost)).finish()
        assert [x.request for x in run.exchanges] == ["a", "b", "c"]
        assert run.pairing.unpaired == {}
        assert run.exact[2] is False
        assert ["gap"] in run.flags()
        assert run.pairs[2][1] == message("C", b"1")


WHOLE = """
tcpkit.protocol {
  name = "whole", port = 7,
  request = function(stream)
    local told = { command = stream:line() }
    told.request = tostring(stream.whole) .. " " .. tostring(stream.connection.lost)
    return told
  end,
  reply = function(stream)
    return { code = stream:line() .. " " .. tostring(stream.whole) }
  end,
}
"""


@pytest.mark.parametrize("lost", [7, 8])  # a request; a reply
def test_a_gap_elsewhere_begins_anew_and_says_so(lost: int) -> None:
    made = Conversation(server=SERVER).handshake()
    for at in range(20):
        made.client(b"ask\n", at_us=1000 * at + 500).server(b"fine\n", at_us=1000 * at + 700)
    run = Traced(WHOLE).feed(drop(made.packets, lost)).finish()
    assert run.told[0] == ("true nil", "ok", "fine true")
    assert run.told[-1] == ("false true", "ok", "fine false")
    run = Traced(WHOLE).feed(made.packets[6:]).advance(30_000_000).finish()
    assert {text for text, _, _ in run.told} <= {"false true"}


@given(st.data())
def test_damage_makes_nothing_exact_false_over_udp(data: st.DataObject) -> None:
    packets = []
    for at in range(20):
        client = f"10.0.0.1:{4000 + at % 3}"
        id_ = at if at < 15 else at - 10
        asked, told = b"q%d id=%d\n" % (at, id_), b"r%d id=%d\n" % (at, id_)
        ns = 1_500_000_000_000_000_000 + at * 1_000_000
        packets.append(datagram(client, SERVER, asked, ns, identification=2 * at + 1))
        packets.append(datagram(SERVER, client, told, ns + 300_000, identification=2 * at + 2))
    assert_nothing_false(packets, displaced(packets, data), UDP_READING)
    assert UDP_SCRIPT.counts.errors == 0
