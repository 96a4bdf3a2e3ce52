"""Traffic split, lost, doubled, displaced, and bytes at random: nothing false is reported."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build import START_NS, Packet, cut, datagram
from tests.protocols.damage import (
    HANDSHAKE,
    assert_nothing_false,
    begun_late,
    displaced,
    out_of_order,
)
from tests.protocols.dns.messages import (
    AAAA,
    AXFR,
    CLIENT,
    FORMERR,
    RESPONSE,
    SERVER,
    Talk,
    address,
    answer,
    bare,
    connection,
    dns,
    framed,
    over_tcp,
    query,
    soa,
    traced,
)
from tests.truth.judge import Reading
from tests.truth.trace import trace

UNREADABLE = 3  # the id of queries that the server cannot read
READING = Reading(mode="dns")
TIME_LIMIT_S = 5.0

# Few names and few ids: the same question comes again and again, and has the same answer.
# They are short, since a datagram is known to `Wire` by its first 30 bytes.
asks = st.tuples(
    st.sampled_from(["a", "b", "ab.cd.ef"]),
    st.sampled_from([1, AAAA]),
    st.integers(0, 3),
    st.sampled_from(["answer", "answer", "answer", "none", "twice"]),
)
rounds = st.lists(st.lists(asks, min_size=1, max_size=3), min_size=1, max_size=8)
Rounds = list[list[tuple[str, int, int, str]]]


def messages(text: str, type_: int, id_: int, how: str) -> tuple[bytes, list[bytes]]:
    asked = query(text, type_, id_)
    made = answer(text.upper(), type_, id_, [address(id_ + 1)])
    if id_ == UNREADABLE:
        made = bare(id_, RESPONSE | FORMERR)
    return asked, [made] * {"none": 0, "answer": 1, "twice": 2}[how]


def datagrams(turns: Rounds, marked: bool) -> list[Packet]:
    """Each round is sent at once, and answered 300 us later, the last question first."""
    talk = Talk()
    mark = None if marked else 0
    for number, turn in enumerate(turns):
        at_us = 2000 * (number + 1)
        for place, each in enumerate(turn):
            talk.ask(messages(*each)[0], at_us + place, mark)
        for place, each in enumerate(reversed(turn)):
            for again, made in enumerate(messages(*each)[1]):
                talk.reply(made, at_us + 300 + 10 * place + 600 * again, mark)
    return sorted(talk.packets, key=lambda packet: packet.ts_ns)


def stream(turns: Rounds, mss: int) -> list[Packet]:
    """The same over TCP; no round uses an id twice (RFC 7766)."""
    made = connection()
    made.mss = mss
    for number, turn in enumerate(turns):
        at_us = 2000 * (number + 1)
        once = {each[2]: each for each in turn if each[3] != "twice"}.values()
        asked = framed(*[messages(*each)[0] for each in once])
        got = framed(*[reply for each in reversed(once) for reply in messages(*each)[1]])
        made.client(asked, at_us=at_us).server(got, at_us=at_us + 300)
    return made.close().packets


@given(rounds, st.booleans(), st.data())
def test_damage_makes_no_exact_pair_of_datagrams_false(
    turns: Rounds, marked: bool, data: st.DataObject
) -> None:
    packets = datagrams(turns, marked)
    assert_nothing_false(packets, displaced(packets, data), READING)


@given(rounds, st.booleans(), st.data())
def test_datagrams_captured_twice_give_the_same_exchanges(
    turns: Rounds, marked: bool, data: st.DataObject
) -> None:
    packets = datagrams(turns, marked)
    doubled: list[Packet] = []
    for packet in packets:
        doubled += [packet] * data.draw(st.integers(1, 3))
    first, second = trace(packets, mode="dns"), trace(doubled, mode="dns")
    assert [(x.request, int(x.time_ns), int(x.attempts)) for x in first.exchanges] == [
        (x.request, int(x.time_ns), int(x.attempts)) for x in second.exchanges
    ]
    assert first.pairing.duplicates == second.pairing.duplicates
    assert first.pairing.retries == second.pairing.retries


def exact_times(packets: list[Packet]) -> set[tuple[str, str, int, int, int]]:
    return {
        (x.request, x.status, int(x.request_first_ns), int(x.reply_first_ns), int(x.reply_bytes))
        for x in trace(packets, mode="dns").exchanges
        if x.exact
    }


@given(rounds, st.integers(54, 120))
def test_snap_length_makes_no_exact_pair_false(turns: Rounds, size: int) -> None:
    for packets in (datagrams(turns, True), stream(turns, 1448)):
        assert exact_times(cut(packets, size)) <= exact_times(packets)


@given(rounds, st.sampled_from([5, 30, 1448]), st.data())
def test_damage_makes_no_exact_pair_of_a_stream_false(
    turns: Rounds, mss: int, data: st.DataObject
) -> None:
    packets = stream(turns, mss)
    assert_nothing_false(packets, displaced(packets, data), READING)


@given(rounds, st.sampled_from([5, 30, 1448]), st.data())
def test_start_in_the_middle_makes_no_exact_pair_false(
    turns: Rounds, mss: int, data: st.DataObject
) -> None:
    packets = stream(turns, mss)
    assert_nothing_false(packets, begun_late(packets, data), READING)


Told = list[tuple[str, str | None, bool, int, int]]


def told(packets: list[Packet]) -> Told:
    return [
        (x.request, x.code, bool(x.exact), int(x.request_seq), int(x.reply_bytes))
        for x in over_tcp(packets).exchanges
    ]


@given(rounds, st.integers(1, 90))
def test_any_segment_size_gives_the_same_exchanges(turns: Rounds, mss: int) -> None:
    assert told(stream(turns, mss)) == told(stream(turns, 1448))


@pytest.mark.parametrize("mss", range(1, 60))
def test_every_segment_size_gives_the_same_exchanges(mss: int) -> None:
    made = connection()
    made.mss = mss
    made.client(framed(query("a", id_=1), query("z", AXFR, id_=2), query("b", id_=3)))
    first = framed(answer("z", AXFR, 2, [soa(4), address()]))
    last = framed(answer("z", AXFR, 2, [soa(4)]))
    made.server(first + framed(answer("b", id_=3)) + last + framed(answer("a", id_=1)))
    run = over_tcp(made.close().packets)
    assert [x.request for x in run.exchanges] == ["A b", "AXFR z", "A a"]
    assert all(x.exact for x in run.exchanges)
    assert run.exchanges[1].reply_bytes == len(first) + len(last)


@given(rounds, st.integers(5, 60), st.data())
def test_segments_out_of_order_give_the_same_exchanges(
    turns: Rounds, mss: int, data: st.DataObject
) -> None:
    ids = iter(range(100))
    every = [[(text, type_, next(ids), how) for text, type_, _, how in turn] for turn in turns]
    packets = stream(every, mss)[:-3]
    mixed = out_of_order(packets, data)
    assert sorted(told(mixed), key=repr) == sorted(told(packets), key=repr)


# Bytes at random


def run_datagrams(payloads: list[tuple[bool, bytes]]) -> None:
    packets = []
    for at, (asked, payload) in enumerate(payloads):
        ends = (CLIENT, SERVER) if asked else (SERVER, CLIENT)
        packets.append(datagram(*ends, payload, START_NS + at * 1000, identification=at + 1))
    dns().feed(packets).finish()


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=90)), max_size=8))
def test_any_datagrams_raise_nothing(payloads: list[tuple[bool, bytes]]) -> None:
    run_datagrams(payloads)


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=200)), max_size=8))
def test_any_stream_raises_nothing(pieces: list[tuple[bool, bytes]]) -> None:
    made = connection()
    for asked, piece in pieces:
        made = made.client(piece) if asked else made.server(piece)
    over_tcp(made.close().packets)
    over_tcp(made.packets[HANDSHAKE:])


WHOLE = [
    (True, query("www.example.com", additional=[b"\0\0\x29\4\xd0" + bytes(6)])),
    (False, answer("www.example.com", records=[address(), soa(1)], authority=[soa(2)])),
    (True, query("z", 251, authority=[soa(3)])),
    (False, answer("z", 251, records=[soa(4), soa(3), address(), soa(4), soa(4)])),
]
changes = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 300), st.integers(0, 255)), max_size=4
)


@given(changes, st.integers(0, 300))
def test_changed_messages_raise_nothing(changed: list[tuple[int, int, int]], size: int) -> None:
    payloads = [(asked, bytearray(message)) for asked, message in WHOLE]
    for which, place, value in changed:
        message = payloads[which][1]
        message[place % len(message)] = value
    run_datagrams([(asked, bytes(message[:size])) for asked, message in payloads])
    made = connection()
    for asked, message in payloads:
        piece = framed(bytes(message))[: size + 2]
        made = made.client(piece) if asked else made.server(piece)
    over_tcp(made.close().packets)


def test_largest_message_of_the_smallest_records_ends_quickly() -> None:
    records = b"\0\0\x10\0\1\0\0\0\0\0\0" * 5900
    made = answer()[:6] + b"\xff" * 6 + answer()[12:] + records
    begin = time.process_time()
    traced(*[Talk(f"10.0.0.1:{port}").ask(query(), 0).reply(made, 9) for port in range(9000, 9010)])
    assert time.process_time() - begin < TIME_LIMIT_S


def test_names_that_differ_late_are_compared_in_bounded_time() -> None:
    """One id, one client, long names that differ in their last letter: as bad as it gets."""
    texts = [".".join(["q" * 60] * 3 + ["q" * 55 + f"{number:03d}"]) for number in range(100)]
    talk = Talk()
    for at, text in enumerate(texts):
        talk.ask(query(text), at)
    for at, text in enumerate(texts):
        talk.reply(answer(text.upper()), 1000 + at)
    begin = time.process_time()
    run = traced(talk)
    assert time.process_time() - begin < TIME_LIMIT_S
    assert len(run.exchanges) == 64
    assert run.pairing.unpaired == {"too many alike": 36, "reply without request": 36}
