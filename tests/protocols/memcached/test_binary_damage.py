"""Binary conversations split, reordered, doubled, damaged: no other exchanges come of it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build import Packet
from tests.protocols.capture import Capture
from tests.protocols.damage import HANDSHAKE, assert_nothing_false, begun_late, some_lost
from tests.protocols.memcached.packets import (
    DELETEQ,
    GET,
    GETKQ,
    GETQ,
    NOOP,
    SET,
    SETQ,
    answer,
    ask,
    capture,
    memcached,
    miss,
)
from tests.truth.judge import Reading

READING = Reading(mode="memcached")
ZERO, COUNTED, LITTLE, BATCH = "zero", "counted", "little", "batch"

keys = st.sampled_from([b"a", b"b", b"key:1", b"x" * 40])
values = st.binary(max_size=50)
Turn = tuple[int, bytes, bytes, bool]  # opcode, key, value, whether there is something to tell
turns = st.tuples(
    st.sampled_from([GET, SET, GETQ, GETKQ, SETQ, DELETEQ]), keys, values, st.booleans()
)
bursts = st.lists(st.lists(turns, min_size=1, max_size=5), min_size=1, max_size=8)
habits = st.sampled_from([ZERO, COUNTED, LITTLE, BATCH])


def opaques(habit: str) -> Callable[[int, int], int]:
    """The opaque of a request by its number on the connection, and in its burst."""
    if habit == ZERO:
        return lambda number, at: 0
    if habit == BATCH:
        return lambda number, at: at
    if habit == LITTLE:
        return lambda number, at: int.from_bytes((250 + number).to_bytes(4, "little"), "big")
    return lambda number, at: 70_000 + number


def said(turn: Turn, opaque: int) -> tuple[bytes, bytes]:
    """A request, and what the server says to it."""
    opcode, key, value, tells = turn
    if opcode in (SET, SETQ):
        refusal = answer(opcode, b"Data exists for key.", opaque, status=2)
        done = answer(SET, opaque=opaque) if opcode == SET else b""
        return ask(opcode, key, value, opaque), refusal if tells else done
    if opcode == DELETEQ:
        return ask(opcode, key, opaque=opaque), miss(opcode, opaque) if tells else b""
    hit = answer(opcode, value, opaque, key=key if opcode == GETKQ else b"")
    return ask(opcode, key, opaque=opaque), hit if tells else miss(GET, opaque) * (opcode == GET)


def conversation(bursts: list[list[Turn]], habit: str, mss: int = 1448) -> list[Packet]:
    """Each burst ends with a NOOP; its replies come back together 300 us later."""
    made = memcached(mss)
    opaque = opaques(habit)
    number = 0
    for at, burst in enumerate(bursts):
        sent = got = b""
        for place, turn in enumerate(burst):
            asked, replied = said(turn, opaque(number, place))
            sent, got = sent + asked, got + replied
            number += 1
        last = opaque(number, len(burst))
        number += 1
        made.client(sent + ask(NOOP, opaque=last), at_us=1000 * (at + 1))
        made.server(got + answer(NOOP, opaque=last), at_us=1000 * (at + 1) + 300)
    return made.close().packets


def told(result: Capture) -> list[tuple[object, ...]]:
    return [
        (x.request, x.status, x.code, bool(x.exact), int(x.request_seq), int(x.reply_seq),
         int(x.request_bytes), int(x.reply_bytes))
        for x in result.exchanges
    ]  # fmt: skip


@given(bursts, habits, st.integers(1, 60))
def test_any_segment_size_gives_the_same_pairs(
    bursts: list[list[Turn]], habit: str, mss: int
) -> None:
    whole = capture(conversation(bursts, habit, 60_000))
    split = capture(conversation(bursts, habit, mss))
    assert told(split) == told(whole)
    assert whole.pairing.unpaired.keys() <= {"quiet, answer unclear"}


@given(bursts, st.sampled_from([COUNTED, LITTLE]))
def test_opaques_that_are_counted_leave_nothing_unclear(
    bursts: list[list[Turn]], habit: str
) -> None:
    result = capture(conversation(bursts, habit))
    assert len(result.exchanges) == sum(map(len, bursts)) + len(bursts)
    assert result.pairing.unpaired == {}


@given(bursts, habits, st.integers(20, 200), st.data())
def test_whatever_is_lost_nothing_exact_is_false(
    bursts: list[list[Turn]], habit: str, mss: int, data: st.DataObject
) -> None:
    packets = conversation(bursts, habit, mss)
    assert_nothing_false(packets, some_lost(packets, data), READING)


@given(bursts, habits, st.integers(20, 200), st.data())
def test_wherever_a_capture_begins_nothing_exact_is_false(
    bursts: list[list[Turn]], habit: str, mss: int, data: st.DataObject
) -> None:
    packets = conversation(bursts, habit, mss)
    assert_nothing_false(packets, begun_late(packets, data), READING)


def lockstep(habit: str, count: int = 40) -> list[Packet]:
    made = memcached()
    opaque = opaques(habit)
    for number in range(count):
        made.client(ask(GET, b"k", opaque=opaque(number, 0)), at_us=1000 * (number + 1))
        made.server(answer(GET, b"%d" % number, opaque(number, 0)))
    return made.packets


@pytest.mark.parametrize("habit", [COUNTED, LITTLE])
@pytest.mark.parametrize("lost", [HANDSHAKE + 8, HANDSHAKE + 9])
def test_opaques_that_are_counted_prove_the_step_after_a_loss(habit: str, lost: int) -> None:
    packets = lockstep(habit)
    result = capture(packets[:lost] + packets[lost + 1 :])
    exact = [bool(exchange.exact) for exchange in result.exchanges]
    assert exact[:4] == [True] * 4
    assert not exact[4] or lost % 2 == 0
    assert exact[-20:] == [True] * 20


@pytest.mark.parametrize("habit", [ZERO, BATCH])
@pytest.mark.parametrize("lost", [HANDSHAKE + 8, HANDSHAKE + 9])
def test_opaques_that_repeat_prove_nothing_after_a_loss(habit: str, lost: int) -> None:
    packets = lockstep(habit)
    result = capture(packets[:lost] + packets[lost + 1 :])
    exact = [bool(exchange.exact) for exchange in result.exchanges]
    assert exact[:4] == [True] * 4
    assert not any(exact[4:])


def test_client_that_overlaps_and_counts_is_followed_again_after_a_loss() -> None:
    made = memcached().client(ask(GET, b"k", opaque=100), at_us=500)
    for number in range(60):
        made.client(ask(GET, b"k", opaque=101 + number), at_us=1000 * number + 1000)
        made.server(answer(GET, b"v", 100 + number), at_us=1000 * number + 1500)
    result = capture(made.packets[:20] + made.packets[21:])
    exact = [exchange for exchange in result.exchanges if exchange.exact]
    assert len(exact) >= 40


def test_request_unknown_to_the_server_ends_the_trust_if_it_has_a_body() -> None:
    made = memcached().client(ask(0x30, b"k"), at_us=1000)
    made.server(answer(0x30, b"Unknown command", status=0x81))
    made.client(ask(NOOP) + ask(NOOP), at_us=2000).server(answer(NOOP))
    result = capture(made.packets)
    assert [(x.request, x.code) for x in result.exchanges if x.exact] == [
        ("rget k", "UNKNOWN_COMMAND")
    ]
    assert result.pairing.unpaired["unclear what is replied"] == 1


def test_stat_without_an_end_is_not_followed() -> None:
    made = memcached().client(ask(0x10, b"sizes_enable"), at_us=1000)
    made.server(answer(0x10, b"enabled", key=b"sizes_status"))
    for number in range(3):
        made.client(ask(NOOP, opaque=number), at_us=2000 + 1000 * number)
        made.server(answer(NOOP, opaque=number))
    result = capture(made.packets)
    assert not any(exchange.exact for exchange in result.exchanges)
    assert all(exchange.command == "noop" for exchange in result.exchanges)
