"""Connections: how they begin, how they end, which of them are followed."""

import pytest

from tcpkit.flow.stream import (
    END_ABORT,
    END_CAPTURE,
    END_FIN,
    END_FORGOTTEN,
    END_RESET,
    END_REUSED,
)
from tcpkit.flow.table import CLOSED_NS, IDLE_NS, RESET_GRACE_NS
from tests.build import ACK, START_NS, SYN, Conversation, datagram, drop, merge
from tests.flow.recording import Flow, bare

HANDSHAKE = 3
SECOND_US = 1_000_000


def test_connection_with_its_handshake_is_known_from_the_start() -> None:
    flow = Flow().feed(Conversation().handshake().client(b"ab").packets)
    (stream,) = flow.streams
    assert (stream.client_start, stream.server_start) == (True, True)
    assert stream.ends == "10.0.0.1:40000 > 10.0.0.2:6379"
    assert (flow.counts.connections, flow.counts.mid_stream) == (1, 0)


def test_handshake_alone_opens_no_stream() -> None:
    flow = Flow().feed(Conversation().handshake().close().packets)
    assert flow.streams == []
    assert flow.counts.connections == 1


def test_connection_seen_from_the_middle_is_known_as_such() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).server(b"1", at_us=20).packets
    flow = Flow().feed(packets[HANDSHAKE:])
    (stream,) = flow.streams
    assert (stream.client_start, stream.server_start) == (False, False)
    assert stream.events == [("request", b"ab", 10), ("reply", b"1", 20)]
    assert flow.counts.mid_stream == 1


def test_first_packet_seen_may_be_a_reply() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).server(b"1", at_us=20).packets
    flow = Flow().feed(packets[HANDSHAKE + 1 :])
    (stream,) = flow.streams
    assert stream.ends == "10.0.0.1:40000 > 10.0.0.2:6379"
    assert stream.events == [("reply", b"1", 20)]


def test_acknowledgments_of_unknown_connections_are_stray() -> None:
    packets = Conversation().handshake().client_ack().server_ack().packets
    flow = Flow().feed(packets[HANDSHAKE:])
    assert (flow.counts.stray, flow.counts.connections, len(flow.table)) == (2, 0, 0)


def test_syn_ack_tells_both_starts_where_the_syn_was_lost() -> None:
    packets = Conversation().handshake().client(b"ab").packets
    (stream,) = Flow().feed(drop(packets, 0)).streams
    assert (stream.client_start, stream.server_start) == (True, True)


def test_syn_tells_the_clients_start_where_the_syn_ack_was_lost() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).server(b"1", at_us=20).packets
    (stream,) = Flow().feed(drop(packets, 1)).streams
    assert stream.client_start
    assert stream.events == [("request", b"ab", 10), ("reply", b"1", 20)]


def test_first_data_lost_after_the_handshake_is_a_gap_and_no_start_in_the_middle() -> None:
    packets = (
        Conversation().handshake().client(b"lost").client(b"ab", at_us=10).server(b"1", at_us=20)
    ).packets
    flow = Flow().feed(drop(packets, HANDSHAKE)).advance(SECOND_US)
    assert flow.events == [("request gap", 4), ("request", b"ab", 10), ("reply", b"1", 20)]
    assert flow.streams[0].client_start


def test_the_same_syn_again_changes_nothing() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=3_000_010).packets
    syn, syn_ack, *rest = packets
    flow = Flow().feed([syn, syn, syn_ack, syn_ack, *rest, syn, syn_ack])
    assert flow.events == [("request", b"ab", 3_000_010)]
    assert (flow.counts.connections, flow.counts.reused) == (1, 0)


def test_syn_with_another_number_is_a_new_connection() -> None:
    first = Conversation().handshake().client(b"ab", at_us=10).packets
    later = START_NS + 1_000_000
    second = (
        Conversation(start_ns=later, client_isn=77_000, server_isn=88_000)
        .handshake()
        .client(b"cd", at_us=10)
        .packets
    )
    flow = Flow().feed(first).feed(second)
    assert [stream.events for stream in flow.streams] == [
        [("request", b"ab", 10), ("end", END_REUSED, 1000)],
        [("request", b"cd", 1010)],
    ]
    assert [stream.client_start for stream in flow.streams] == [True, True]
    assert (flow.counts.connections, flow.counts.reused) == (2, 1)


def test_syn_ack_with_another_number_is_a_new_connection_too() -> None:
    first = Conversation().handshake().client(b"ab", at_us=10).packets
    later = START_NS + 1_000_000
    second = (
        Conversation(start_ns=later, client_isn=77_000, server_isn=88_000)
        .handshake()
        .client(b"cd", at_us=10)
        .packets
    )
    flow = Flow().feed(first).feed(drop(second, 0))
    assert [stream.events[0] for stream in flow.streams] == [
        ("request", b"ab", 10),
        ("request", b"cd", 1010),
    ]


def test_server_fin_ends_the_connection() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"ab", at_us=10)
        .server(b"1", at_us=20)
        .server_fin(at_us=30)
        .packets
    )
    flow = Flow().feed(packets)
    assert flow.events[-1] == ("end", END_FIN, 30)


def test_client_fin_is_a_half_close_and_replies_still_come() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"ab", at_us=10)
        .client_fin(at_us=20)
        .server(b"12", at_us=30)
        .server_fin(at_us=40)
        .client_ack()
        .packets
    )
    assert Flow().feed(packets).events == [
        ("request", b"ab", 10),
        ("reply", b"12", 30),
        ("end", END_FIN, 40),
    ]


def test_fin_captured_before_the_last_bytes_waits_for_them() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"ab", at_us=10)
        .server(b"12", at_us=20)
        .server_fin(at_us=30)
        .packets
    )
    *begin, reply, fin = packets
    flow = Flow().feed([*begin, fin])
    assert flow.events == [("request", b"ab", 10)]
    flow.feed([reply])
    assert flow.events == [("request", b"ab", 10), ("reply", b"12", 20), ("end", END_FIN, 30)]


def test_fin_whose_last_bytes_were_lost_ends_the_connection_after_the_gap() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"ab", at_us=10)
        .server(b"12", at_us=20)
        .close(at_us=30)
        .packets
    )
    flow = Flow().feed(drop(packets, HANDSHAKE + 1)).advance(60 * SECOND_US)
    assert flow.events == [("request", b"ab", 10), ("reply gap", 2), ("end", END_FIN, 31)]


def test_reset_ends_the_connection_at_its_own_time_after_a_grace() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).server_reset(at_us=20).packets
    flow = Flow().feed(packets)
    assert flow.events == [("request", b"ab", 10)]
    flow.advance(20 + 2 * RESET_GRACE_NS // 1000)
    assert flow.events == [("request", b"ab", 10), ("end", END_ABORT, 20)]
    assert flow.counts.resets == 1


def test_reply_captured_behind_the_reset_still_comes() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"ab", at_us=10)
        .server(b"12", at_us=20)
        .server_reset(at_us=30)
        .packets
    )
    *begin, reply, reset = packets
    flow = Flow().feed([*begin, reset, reply]).advance(SECOND_US)
    assert flow.events == [("request", b"ab", 10), ("reply", b"12", 20), ("end", END_ABORT, 30)]


def test_clients_reset_ends_the_connection() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).client_reset(at_us=20).packets
    assert Flow().feed(packets).advance(SECOND_US).events[-1] == ("end", END_RESET, 20)


def test_capture_that_ends_within_the_grace_of_a_reset_ends_the_connection_by_it() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).server_reset(at_us=20).packets
    flow = Flow().feed(packets)
    flow.table.finish()
    assert flow.events == [("request", b"ab", 10), ("end", END_ABORT, 20)]


def test_end_of_the_capture_ends_open_connections_at_the_last_time() -> None:
    flow = Flow().feed(Conversation().handshake().client(b"ab", at_us=10).packets).advance(50)
    flow.table.finish()
    assert flow.events == [("request", b"ab", 10), ("end", END_CAPTURE, 50)]
    assert len(flow.table) == 0


def test_end_of_the_capture_is_told_once() -> None:
    flow = Flow().feed(Conversation().handshake().client(b"ab", at_us=10).close().packets)
    flow.table.finish()
    flow.table.finish()
    assert [event[0] for event in flow.events].count("end") == 1


def test_end_of_the_capture_gives_up_holes_and_delivers_what_waits() -> None:
    flow = Flow().feed(Conversation().handshake().client(b"def", at_us=10, offset=3).packets)
    flow.table.finish()
    assert flow.events == [
        ("request gap", 3),
        ("request", b"def", 10),
        ("end", END_CAPTURE, 10),
    ]


def test_retransmission_after_the_end_is_swallowed() -> None:
    conversation = Conversation().handshake().client(b"ab", at_us=10).server(b"12", at_us=20)
    conversation.close(at_us=30).server(b"12", at_us=400_000, offset=0)
    flow = Flow().feed(conversation.packets)
    assert len(flow.streams) == 1
    assert flow.events[-1][0] == "end"
    assert flow.counts.connections == 1


def test_closed_connection_is_forgotten_after_a_while() -> None:
    flow = Flow().feed(Conversation().handshake().client(b"ab").close().packets)
    assert len(flow.table) == 1
    flow.advance(CLOSED_NS // 1000 + SECOND_US)
    assert len(flow.table) == 0


def test_four_tuple_is_used_again_at_once_after_the_end() -> None:
    first = Conversation().handshake().client(b"ab", at_us=10).close().packets
    second = (
        Conversation(start_ns=START_NS + 1_000_000, client_isn=77_000)
        .handshake()
        .client(b"cd", at_us=10)
        .packets
    )
    flow = Flow().feed(first).feed(second)
    assert [stream.events[0] for stream in flow.streams] == [
        ("request", b"ab", 10),
        ("request", b"cd", 1010),
    ]


def test_connection_without_packets_is_forgotten_after_the_keep_alive_time() -> None:
    flow = Flow().feed(Conversation().handshake().client(b"ab", at_us=10).packets)
    flow.advance(10 + IDLE_NS // 1000 - 1)
    assert flow.counts.expired == 0
    flow.advance(10 + IDLE_NS // 1000 + SECOND_US)
    assert flow.events[-1][:2] == ("end", END_FORGOTTEN)
    assert (flow.counts.expired, len(flow.table)) == (1, 0)


def test_keep_alives_keep_a_connection() -> None:
    hour_us = 3600 * SECOND_US
    conversation = Conversation().handshake().client(b"ab", at_us=10)
    for hour in range(1, 5):
        conversation.client(b"\0", at_us=hour * hour_us, offset=1)
    flow = Flow().feed(conversation.packets).advance(4 * hour_us + SECOND_US)
    assert (flow.counts.expired, len(flow.table)) == (0, 1)


def test_capture_time_is_told_to_streams_while_nothing_moves() -> None:
    flow = Flow().feed(Conversation().handshake().client(b"ab", at_us=10).packets)
    flow.advance(5 * SECOND_US).advance(6 * SECOND_US)
    assert flow.streams[0].expired_us == [5 * SECOND_US, 6 * SECOND_US]


def test_time_does_not_go_back_by_advance() -> None:
    flow = Flow().feed(Conversation().handshake().client(b"ab", at_us=5 * SECOND_US).packets)
    flow.advance(SECOND_US)
    assert flow.table.now_ns == START_NS + 5_000_000_000


def test_clock_that_went_back_expires_nothing_and_is_counted() -> None:
    hour_ns = 3_600_000_000_000
    late = Conversation(start_ns=START_NS + 3 * hour_ns).handshake().client(b"ab", at_us=10)
    early = Conversation("10.0.0.3:40000", start_ns=START_NS).handshake().client(b"cd", at_us=10)
    flow = Flow().feed(late.packets).feed(early.packets)
    assert flow.counts.clock_went_back == 1
    assert [stream.events for stream in flow.streams] == [
        [("request", b"ab", 3 * hour_ns // 1000 + 10)],
        [("request", b"cd", 10)],
    ]
    flow.advance(SECOND_US)
    assert flow.table.now_ns == START_NS + 1_000_000_000
    assert flow.counts.expired == 0


def test_packets_a_little_late_are_no_other_clock() -> None:
    packets = Conversation().handshake(at_us=1000).client(b"ab", at_us=900).packets
    flow = Flow().feed(packets)
    assert flow.counts.clock_went_back == 0
    assert flow.table.now_ns == START_NS + 1_002_000


def test_many_connections_are_kept_apart() -> None:
    conversations = [
        Conversation(f"10.0.{number >> 8}.{number & 255}:{40000 + number % 7}")
        .handshake(at_us=number)
        .client(b"%d" % number, at_us=2000 + number)
        .server(b"-%d" % number, at_us=5000 + number)
        for number in range(1, 400)
    ]
    flow = Flow().feed(merge(*(conversation.packets for conversation in conversations)))
    assert [stream.events for stream in flow.streams] == [
        [("request", b"%d" % number, 2000 + number), ("reply", b"-%d" % number, 5000 + number)]
        for number in range(1, 400)
    ]
    assert flow.counts.connections == 399


def test_connections_whose_ports_are_each_others_share_no_state() -> None:
    """They fall into the same slot of any table that folds both ends into one number."""
    one = Conversation("10.0.0.1:40000", "10.0.0.2:6379").handshake().client(b"a", at_us=10)
    two = Conversation("10.0.0.2:40000", "10.0.0.1:6379").handshake().client(b"b", at_us=11)
    flow = Flow().feed(merge(one.packets, two.packets))
    assert sorted((stream.ends, stream.events[0]) for stream in flow.streams) == [
        ("10.0.0.1:40000 > 10.0.0.2:6379", ("request", b"a", 10)),
        ("10.0.0.2:40000 > 10.0.0.1:6379", ("request", b"b", 11)),
    ]


def test_ipv6_connections_that_differ_in_one_half_are_kept_apart() -> None:
    names = ["2001:db8::1", "2001:db8::2", "2001:db9::1"]
    conversations = [
        Conversation(f"[{name}]:40000", "[2001:db8::9]:6379")
        .handshake()
        .client(name.encode(), at_us=10 + number)
        .server(name.encode(), at_us=20 + number)
        for number, name in enumerate(names)
    ]
    flow = Flow().feed(merge(*(conversation.packets for conversation in conversations)))
    assert [(stream.ends, stream.events) for stream in flow.streams] == [
        (
            f"[{name}]:40000 > [2001:db8::9]:6379",
            [("request", name.encode(), 10 + number), ("reply", name.encode(), 20 + number)],
        )
        for number, name in enumerate(names)
    ]


def test_other_ports_and_datagrams_are_not_followed() -> None:
    packets = [
        *Conversation(server="10.0.0.2:80").handshake().client(b"GET /").packets,
        datagram("10.0.0.1:40000", "10.0.0.2:6379", b"PING\r\n"),
    ]
    flow = Flow().feed(packets)
    assert (flow.streams, len(flow.table), flow.counts.connections) == ([], 0, 0)


def test_client_on_a_watched_port_is_told_by_its_syn() -> None:
    packets = (
        Conversation("10.0.0.1:6380", "10.0.0.2:6379").handshake().client(b"a", at_us=10).packets
    )
    (stream,) = Flow(ports=(6380, 6379)).feed(packets).streams
    assert stream.ends == "10.0.0.1:6380 > 10.0.0.2:6379"


def test_client_on_a_watched_port_without_syn_is_told_by_the_port_list() -> None:
    packets = Conversation("10.0.0.1:6380", "10.0.0.2:6379").handshake().client(b"a").packets
    (stream,) = Flow(ports=(6379, 6380)).feed(packets[HANDSHAKE:]).streams
    assert stream.ends == "10.0.0.1:6380 > 10.0.0.2:6379"


def test_client_on_a_watched_port_without_syn_is_told_by_the_server_list() -> None:
    packets = Conversation("10.0.0.1:6380", "10.0.0.2:6379").handshake().client(b"a").packets
    flow = Flow(ports=(6380, 6379), servers=("10.0.0.2",)).feed(packets[HANDSHAKE:])
    assert flow.streams[0].ends == "10.0.0.1:6380 > 10.0.0.2:6379"


def test_same_port_on_both_ends_is_told_by_the_syn() -> None:
    packets = Conversation("10.0.0.9:6379", "10.0.0.2:6379").handshake().client(b"a").packets
    packets += Conversation("10.0.0.1:6379", "10.0.0.2:6379").handshake().server(b"b").packets
    flow = Flow().feed(packets)
    assert [stream.ends for stream in flow.streams] == [
        "10.0.0.9:6379 > 10.0.0.2:6379",
        "10.0.0.1:6379 > 10.0.0.2:6379",
    ]


def test_packets_whose_server_cannot_be_told_are_counted() -> None:
    packets = Conversation("10.0.0.9:6379", "10.0.0.2:6379").handshake().client(b"a").packets
    flow = Flow().feed(packets[HANDSHAKE:])
    assert (flow.counts.ambiguous, flow.streams) == (1, [])


def test_connection_to_somewhere_else_from_a_watched_port_is_never_followed() -> None:
    packets = (
        Conversation("10.0.0.1:6379", "10.0.0.2:80")
        .handshake()
        .client(b"GET /")
        .server(b"HTTP/1.1 200 OK")
        .packets
    )
    flow = Flow().feed(packets)
    assert flow.streams == []
    assert flow.counts.connections == 0


@pytest.mark.parametrize("first", range(4))
def test_syn_from_the_servers_end_breaks_nothing(first: int) -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).packets
    syn = bare(False, b"", 77_000, 0, SYN, 20)
    syn_ack = bare(True, b"", 88_000, 77_001, SYN | ACK, 21)
    flow = Flow().feed([*packets[first:], syn, syn_ack, syn])
    flow.table.finish()
    assert all(stream.events[-1][0] == "end" for stream in flow.streams)


def test_only_packets_of_watched_servers_are_wanted() -> None:
    """What `-w` goes by."""
    flow = Flow()
    watched = Conversation().handshake().client(b"a").close().packets
    other = Conversation(server="10.0.0.2:80").handshake().client(b"a").packets
    kept = [packet for packet in merge(watched, other) if flow.feed([packet]).wanted]
    assert kept == watched


def test_the_same_packets_twice_tell_the_same() -> None:
    conversation = Conversation(mss=5).handshake()
    for number in range(30):
        conversation.client(b"request %d" % number, at_us=300 * number + 50).server(b"r" * 9)
    packets = drop(conversation.close().packets, 7, 20, 33)
    packets[40:44] = reversed(packets[40:44])
    runs = [Flow().feed(packets).advance(60 * SECOND_US) for _ in range(2)]
    assert runs[0].events == runs[1].events
    assert runs[0].counts.numbers() == runs[1].counts.numbers()
    assert runs[0].counts.gaps > 0
