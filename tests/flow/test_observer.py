"""Who hears of connections: each starts once and ends once, around all that it told."""

import dataclasses
from collections.abc import Sequence

import pytest

from tcpkit.flow.stream import END_ABORT, END_CAPTURE, END_FIN, END_FORGOTTEN, END_LOST, END_REUSED
from tcpkit.flow.table import CLOSED_NS, IDLE_NS, MAX_CONNECTIONS
from tests.build import ACK, START_NS, Conversation, Packet, drop, duplicate, merge
from tests.flow.recording import Event, Flow, bare

CLIENT = "10.0.0.1:40000"
HANDSHAKE = 3
SECOND_US = 1_000_000


def timeline(packets: Sequence[Packet]) -> list[Event]:
    """All that was told, to the end of the capture."""
    flow = Flow(observed=True).feed(packets)
    flow.table.finish()
    return flow.timeline


def whole() -> Conversation:
    conversation = Conversation().handshake().client(b"ab", at_us=10).server(b"12", at_us=20)
    return conversation.close(at_us=30)


def test_connection_starts_with_its_handshake_and_ends_when_the_last_fin_is_acknowledged() -> None:
    flow = Flow(observed=True)
    *before, last = whole().packets
    flow.feed(before[:HANDSHAKE])
    assert flow.timeline == [("started", CLIENT, 2)]
    flow.feed(before[HANDSHAKE:])
    assert flow.timeline[1:] == [
        ("request", b"ab", 10),
        ("reply", b"12", 20),
        ("end", END_FIN, 31),
    ]
    flow.feed([last])
    assert flow.timeline[4:] == [("ended", CLIENT, END_FIN, 31)]
    flow.table.finish()
    assert len(flow.timeline) == 5


def test_connection_in_progress_starts_with_its_first_payload() -> None:
    assert timeline(whole().packets[HANDSHAKE:])[:2] == [
        ("started", CLIENT, 10),
        ("request", b"ab", 10),
    ]


def test_connection_in_progress_may_start_with_a_reply() -> None:
    assert timeline(whole().packets[HANDSHAKE + 1 :])[:2] == [
        ("started", CLIENT, 20),
        ("reply", b"12", 20),
    ]


def test_first_payload_completes_a_handshake_whose_last_packet_was_lost() -> None:
    flow = Flow(observed=True).feed(drop(whole().packets, 2))
    assert flow.timeline[:2] == [("started", CLIENT, 10), ("request", b"ab", 10)]
    (health,) = flow.hearing.healths
    assert health.connect_ns == 10_000


def test_handshake_time_is_known_when_the_connection_starts() -> None:
    flow = Flow(observed=True).feed(Conversation().handshake().packets)
    flow.table.finish()
    assert flow.timeline == [("started", CLIENT, 2), ("ended", CLIENT, END_CAPTURE, 2)]
    (health,) = flow.hearing.healths
    assert (health.syn_ns, health.syn_ack_ns, health.ack_ns, health.connect_ns) == (
        START_NS,
        START_NS + 1000,
        START_NS + 2000,
        2000,
    )


def test_connection_that_nobody_answered_starts_when_it_is_forgotten() -> None:
    flow = Flow(observed=True).feed(Conversation().handshake().packets[:1])
    assert flow.timeline == []
    flow.advance(IDLE_NS // 1000 + SECOND_US)
    assert flow.timeline == [
        ("started", CLIENT, 0),
        ("ended", CLIENT, END_FORGOTTEN, IDLE_NS // 1000 + SECOND_US),
    ]


def test_connection_without_payload_starts_and_ends() -> None:
    packets = Conversation().handshake().close(at_us=30).packets
    assert timeline(packets) == [("started", CLIENT, 2), ("ended", CLIENT, END_FIN, 31)]


def test_refused_connection_starts_and_ends() -> None:
    syn = Conversation().handshake().packets[0]
    refusal = bare(False, b"", 0, 1001, ACK | 0x04, 5)
    assert timeline([syn, refusal]) == [("started", CLIENT, 5), ("ended", CLIENT, END_ABORT, 5)]


def test_reset_connection_ends_after_its_grace() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).server_reset(at_us=20).packets
    flow = Flow(observed=True).feed(packets).advance(SECOND_US)
    assert flow.timeline[2:] == [("end", END_ABORT, 20), ("ended", CLIENT, END_ABORT, 20)]


def test_reset_in_place_of_the_last_acknowledgment_ends_a_closed_connection() -> None:
    conversation = Conversation().handshake().client(b"ab", at_us=10).server(b"1", at_us=20)
    flow = Flow(observed=True).feed(conversation.server_fin(at_us=30).packets)
    assert flow.timeline[-1:] == [("end", END_FIN, 30)]
    flow.feed(conversation.client_reset(at_us=40).packets[-1:])
    assert flow.timeline[-1:] == [("ended", CLIENT, END_FIN, 30)]


def test_client_that_keeps_its_side_open_is_no_longer_waited_for() -> None:
    conversation = Conversation().handshake().client(b"ab", at_us=10).server_fin(at_us=30)
    flow = Flow(observed=True).feed(conversation.packets).advance(CLOSED_NS // 1000 - SECOND_US)
    assert flow.timeline[-1:] == [("end", END_FIN, 30)]
    flow.advance(CLOSED_NS // 1000 + SECOND_US)
    assert flow.timeline[-1:] == [("ended", CLIENT, END_FIN, 30)]


def test_capture_that_ends_before_the_last_acknowledgment_ends_the_connection() -> None:
    assert timeline(whole().packets[:-1])[-1] == ("ended", CLIENT, END_FIN, 31)


def test_open_connection_ends_with_the_capture() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).packets
    assert timeline(packets)[2:] == [("end", END_CAPTURE, 10), ("ended", CLIENT, END_CAPTURE, 10)]


def test_fin_that_ended_only_when_a_hole_was_given_up_is_told_then() -> None:
    flow = Flow(observed=True).feed(drop(whole().packets, HANDSHAKE + 1)).advance(SECOND_US)
    assert flow.timeline[2:] == [
        ("reply gap", 2),
        ("end", END_FIN, 31),
        ("ended", CLIENT, END_FIN, 31),
    ]


def test_four_tuple_used_again_ends_one_connection_and_starts_another() -> None:
    first = Conversation().handshake().client(b"ab", at_us=10).packets
    again = Conversation(start_ns=START_NS + 1_000_000, client_isn=77_000, server_isn=88_000)
    second = again.handshake().client(b"cd", at_us=10).packets
    assert timeline([*first, *second]) == [
        ("started", CLIENT, 2),
        ("request", b"ab", 10),
        ("end", END_REUSED, 1000),
        ("ended", CLIENT, END_REUSED, 1000),
        ("started", CLIENT, 1002),
        ("request", b"cd", 1010),
        ("end", END_CAPTURE, 1010),
        ("ended", CLIENT, END_CAPTURE, 1010),
    ]


def test_four_tuple_used_again_behind_the_last_fin_ends_the_connection_by_that() -> None:
    again = Conversation(start_ns=START_NS + 1_000_000, client_isn=77_000, server_isn=88_000)
    told = timeline([*whole().packets[:-1], *again.handshake().packets])
    assert told[4:6] == [("ended", CLIENT, END_FIN, 31), ("started", CLIENT, 1002)]


def test_numbers_that_make_no_sense_end_one_connection_and_start_another() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).packets
    lost = bare(True, b"cd", 0x90000000, 0xA0000000, ACK, 40)
    flow = Flow(observed=True).feed([*packets, lost])
    flow.table.finish()
    assert flow.timeline == [
        ("started", CLIENT, 2),
        ("request", b"ab", 10),
        ("end", END_LOST, 40),
        ("ended", CLIENT, END_LOST, 40),
        ("started", CLIENT, 40),
        ("request", b"cd", 40),
        ("end", END_CAPTURE, 40),
        ("ended", CLIENT, END_CAPTURE, 40),
    ]
    first, second = flow.hearing.healths
    assert (first.is_connected, second.is_connected) == (True, False)


def test_port_that_gets_another_use_ends_its_connection() -> None:
    watched = Conversation("10.0.0.2:80", "10.0.0.1:6379").handshake().client(b"ab", at_us=10)
    other = Conversation("10.0.0.1:6379", "10.0.0.2:80", START_NS + 50_000).handshake()
    told = timeline([*watched.packets, *other.client(b"GET").packets])
    assert told == [
        ("started", "10.0.0.2:80", 2),
        ("request", b"ab", 10),
        ("end", END_REUSED, 50),
        ("ended", "10.0.0.2:80", END_REUSED, 50),
    ]


def test_ignored_connections_are_never_told() -> None:
    packets = Conversation("10.0.0.1:6379", "10.0.0.2:80").handshake().client(b"GET").packets
    assert timeline(packets) == []


def test_silent_connections_that_a_full_table_drops_are_told() -> None:
    flow = Flow(observed=True)
    syn = Conversation().handshake().packets[0]
    flow.feed([syn])
    for number in range(1, MAX_CONNECTIONS):
        # the same SYN from other addresses: all that the table looks at
        address = (0x0B000000 + number).to_bytes(4, "big")
        frame = syn.frame[:26] + address + syn.frame[30:]
        flow.feed([dataclasses.replace(syn, frame=frame)])
    assert (len(flow.table), flow.timeline) == (MAX_CONNECTIONS, [])
    one_more = Conversation("10.9.9.9:40000", start_ns=START_NS + 61 * 10**9).handshake().packets
    flow.feed(one_more[:1])
    assert flow.counts.refused == 0
    assert flow.timeline[:2] == [
        ("started", CLIENT, 0),
        ("ended", CLIENT, END_FORGOTTEN, 61 * SECOND_US),
    ]
    assert len(flow.timeline) == 2 * MAX_CONNECTIONS


def test_copies_start_and_end_nothing_twice() -> None:
    packets: Sequence[Packet] = whole().packets
    for index in reversed(range(len(packets))):
        packets = duplicate(packets, index)
    names = [event[0] for event in timeline(packets)]
    assert (names.count("started"), names.count("ended")) == (1, 1)
    assert (names[0], names[-1]) == ("started", "ended")


@pytest.mark.parametrize("lost", range(8))
def test_each_connection_starts_first_and_ends_last_whatever_is_lost(lost: int) -> None:
    packets = merge(
        *(
            Conversation(f"10.0.0.{number}:40000", start_ns=START_NS + number * 1000)
            .handshake()
            .client(b"ab", at_us=10)
            .server(b"12", at_us=20)
            .close(at_us=30)
            .packets
            for number in (3, 4)
        )
    )
    told = timeline(drop(packets, lost, lost + 8))
    for number in (3, 4):
        client = f"10.0.0.{number}:40000"
        names = [event[0] for event in told if event[1] == client]
        assert names == ["started", "ended"]
    assert told[0][0] == "started"
    assert told[-1][0] == "ended"


def test_bytes_that_come_again_are_told_before_their_stream_hears_of_it() -> None:
    conversation = Conversation().handshake().client(b"abcd", at_us=10)
    conversation.client(b"abcd", at_us=900, offset=0).server(b"123", at_us=1000)
    conversation.server(b"2345", at_us=2000, offset=1)
    assert timeline(conversation.packets)[1:-2] == [
        ("request", b"abcd", 10),
        ("sent again", "request", 0, 4, 900),
        ("request again", 0, 4),
        ("reply", b"123", 1000),
        ("sent again", "reply", 1, 2, 2000),
        ("reply again", 1, 2),
        ("reply", b"45", 2000),
    ]


def test_bytes_that_come_again_behind_a_hole_are_told_at_once() -> None:
    conversation = Conversation().handshake().client(b"abcd", at_us=10)
    conversation.client(b"cd", at_us=900, offset=2)
    assert timeline(drop(conversation.client(b"cd", at_us=2000, offset=2).packets, 3))[1] == (
        "sent again",
        "request",
        2,
        2,
        2000,
    )


def test_packet_captured_twice_was_not_sent_again() -> None:
    packets = Conversation().handshake().client(b"abcd", at_us=10).packets
    assert "sent again" not in [event[0] for event in timeline(duplicate(packets, 3))]


def test_nothing_is_kept_where_nobody_asks() -> None:
    flow = Flow().feed(whole().packets)
    (conn,) = flow.table._table.values()
    assert conn.health is None
    assert [event[0] for event in flow.timeline] == ["request", "reply", "end"]


def test_observed_connections_tell_their_streams_the_same() -> None:
    packets = [*whole().packets, *drop(whole().packets, 3, 5)]
    plain = Flow().feed(packets)
    observed = Flow(observed=True).feed(packets)
    assert [stream.events for stream in plain.streams] == [s.events for s in observed.streams]
    assert plain.counts.numbers() == observed.counts.numbers()
