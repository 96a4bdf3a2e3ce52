"""Bytes in order, each once, with the time of its first copy; and what is missing."""

from dataclasses import replace

from tcpkit.flow.reassembly import (
    ACKED_NS,
    ACKED_PACKETS,
    ACKED_PIECES,
    HOLE_NS,
    MAX_HELD_BYTES,
    MAX_HELD_TOTAL,
)
from tcpkit.flow.stream import END_FIN, END_LOST
from tests.build import (
    ACK,
    FIN,
    PSH,
    START_NS,
    SYN,
    Conversation,
    cut,
    drop,
    duplicate,
    swap,
)
from tests.flow.recording import CLIENT_FIRST, SERVER_FIRST, Flow, bare, events

HANDSHAKE = 3  # packets
HEADERS = 14 + 20 + 32  # Ethernet, IPv4, TCP with the timestamp option


def test_both_directions_are_told_in_order_with_their_times() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"ab", at_us=10)
        .server(b"12", at_us=20)
        .client(b"cd", at_us=30)
        .packets
    )
    flow = Flow().feed(packets)
    assert flow.events == [("request", b"ab", 10), ("reply", b"12", 20), ("request", b"cd", 30)]
    assert flow.streams[0].positions == [
        (CLIENT_FIRST, SERVER_FIRST),
        (SERVER_FIRST, CLIENT_FIRST + 2),
        (CLIENT_FIRST + 2, SERVER_FIRST + 2),
    ]


def test_early_segment_waits_and_keeps_its_own_time() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"abc", at_us=10)
        .client(b"ghi", at_us=20, offset=6)
        .client(b"def", at_us=30, offset=3)
        .packets
    )
    flow = Flow().feed(packets)
    assert flow.events == [
        ("request", b"abc", 10),
        ("request", b"def", 30),
        ("request", b"ghi", 20),
    ]
    assert flow.streams[0].late == [b"def", b"ghi"]
    assert flow.counts.out_of_order == 1
    assert flow.counts.gaps == 0


def test_nothing_is_out_of_order_after_the_hole_is_filled() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"def", at_us=10, offset=3)
        .client(b"abc", at_us=20, offset=0)
        .client(b"ghi", at_us=30)
        .packets
    )
    flow = Flow().feed(packets)
    assert flow.events == [
        ("request", b"abc", 20),
        ("request", b"def", 10),
        ("request", b"ghi", 30),
    ]
    assert flow.streams[0].late == [b"abc", b"def"]


def test_overlap_keeps_the_first_copy_of_delivered_bytes() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"abcd", at_us=10)
        .client(b"XXef", at_us=20, offset=2)
        .packets
    )
    assert events(packets) == [
        ("request", b"abcd", 10),
        ("request again", 2, 2),
        ("request", b"ef", 20),
    ]


def test_overlap_keeps_the_first_copy_of_held_bytes() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"EFGH", at_us=10, offset=4)
        .client(b"cdxxxxij", at_us=20, offset=2)
        .client(b"abX", at_us=30, offset=0)
        .packets
    )
    assert events(packets) == [
        ("request", b"ab", 30),
        ("request", b"cd", 20),
        ("request", b"EFGH", 10),
        ("request", b"ij", 20),
    ]


def test_retransmission_is_told_and_changes_no_time() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"abcd", at_us=10)
        .client(b"abcd", at_us=200_000, offset=0)
        .server(b"12", at_us=200_100)
        .server(b"12", at_us=400_100, offset=0)
        .packets
    )
    flow = Flow().feed(packets)
    assert flow.events == [
        ("request", b"abcd", 10),
        ("request again", 0, 4),
        ("reply", b"12", 200_100),
        ("reply again", 0, 2),
    ]
    assert (flow.counts.retransmissions, flow.counts.copies) == (2, 0)


def test_packet_captured_twice_is_a_copy_and_no_retransmission() -> None:
    packets = Conversation().handshake().client(b"abcd", at_us=10).server(b"12", at_us=20).packets
    doubled = duplicate(duplicate(packets, HANDSHAKE + 1), HANDSHAKE)
    flow = Flow().feed(doubled)
    assert flow.events == [("request", b"abcd", 10), ("reply", b"12", 20)]
    assert flow.counts.copies == 2
    assert flow.counts.retransmissions == 0


def test_every_packet_captured_twice_tells_the_same() -> None:
    conversation = Conversation().handshake()
    for number in range(20):
        conversation.client(b"request", at_us=100 * number + 50).server(b"reply!")
    packets = conversation.close().packets
    doubled = [copy for packet in packets for copy in (packet, packet)]
    once, twice = Flow().feed(packets), Flow().feed(doubled)
    assert once.events == twice.events
    assert twice.counts.copies == 40
    assert twice.counts.retransmissions == 0
    assert twice.counts.connections == 1


def test_ipv6_copy_is_told_by_its_tcp_timestamp() -> None:
    packets = (
        Conversation(client="[2001:db8::1]:40000", server="[2001:db8::2]:6379")
        .handshake()
        .client(b"abcd", at_us=10)
        .client(b"abcd", at_us=300_000, offset=0)
        .packets
    )
    flow = Flow().feed(duplicate(packets, HANDSHAKE))
    assert flow.events == [("request", b"abcd", 10), ("request again", 0, 4)]
    assert (flow.counts.copies, flow.counts.retransmissions) == (1, 1)


def test_keep_alive_is_no_data_and_no_retransmission() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"abcd", at_us=10)
        .server(b"12", at_us=20)
        .client(b"\0", at_us=60_000_000, offset=3)
        .server(b"\0", at_us=120_000_000, offset=1)
        .packets
    )
    flow = Flow().feed(packets)
    assert flow.events == [("request", b"abcd", 10), ("reply", b"12", 20)]
    assert (flow.counts.keepalives, flow.counts.retransmissions) == (2, 0)


def test_keep_alive_before_any_data_is_no_data() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"\0", at_us=60_000_000, offset=-1)
        .client(b"abcd", at_us=60_000_010)
        .packets
    )
    assert events(packets) == [("request", b"abcd", 60_000_010)]


def test_keep_alive_without_payload_changes_nothing() -> None:
    probe = bare(True, b"", CLIENT_FIRST - 1, SERVER_FIRST, ACK, 50)
    packets = Conversation().handshake().client(b"abcd", at_us=100).packets
    flow = Flow().feed([*packets[:HANDSHAKE], probe, *packets[HANDSHAKE:]])
    assert flow.events == [("request", b"abcd", 100)]
    assert flow.counts.gaps == 0


def test_reply_captured_before_its_request_is_told_after_it() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).server(b"12", at_us=20).packets
    request, reply = packets[HANDSHAKE], packets[HANDSHAKE + 1]
    flow = Flow().feed([*packets[:HANDSHAKE], reply, request])
    assert flow.events == [("request", b"ab", 10), ("reply", b"12", 20)]
    assert flow.counts.gaps == 0
    assert flow.streams[0].late == [b"ab"]


def test_reply_to_a_lost_request_is_held_until_the_loss_is_told() -> None:
    packets = Conversation().handshake().client(b"lost", at_us=10).server(b"12", at_us=20).packets
    flow = Flow().feed(drop(packets, HANDSHAKE))
    assert flow.streams == []
    flow.advance(20 + ACKED_NS // 1000 - 1)
    assert flow.streams == []
    flow.advance(20 + ACKED_NS // 1000 + 100_000)  # a sweep may come a little later
    assert flow.events == [("request gap", 4), ("reply", b"12", 20)]
    assert (flow.counts.gaps, flow.counts.gap_bytes) == (1, 4)


def test_lost_request_is_given_up_after_so_many_packets() -> None:
    conversation = Conversation().handshake().client(b"lost").server(b"12", at_us=20)
    for _ in range(ACKED_PACKETS + 5):
        conversation.server(b"x")
    packets = drop(conversation.packets, HANDSHAKE)
    before = Flow().feed(packets[: HANDSHAKE + ACKED_PACKETS])
    assert before.streams == []
    after = Flow().feed(packets)
    assert after.events[:3] == [("request gap", 4), ("reply", b"12", 20), ("reply", b"x", 21)]
    assert len(after.events) == 2 + ACKED_PACKETS + 5


def test_lost_request_is_given_up_when_so_many_have_come_behind_it() -> None:
    conversation = Conversation().handshake().client(b"lost").server(b"12", at_us=20)
    for number in range(ACKED_PIECES + 1):
        conversation.client(b"%d" % number, at_us=30 + number)
    packets = drop(conversation.packets, HANDSHAKE)
    before = Flow().feed(packets[:-1])
    assert before.streams == []
    after = Flow().feed(packets)
    assert after.events[:3] == [("request gap", 4), ("reply", b"12", 20), ("request", b"0", 30)]
    assert len(after.events) == 2 + ACKED_PIECES + 1


def test_lost_reply_is_told_by_the_clients_acknowledgment() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"ab", at_us=10)
        .server(b"12345", at_us=20)
        .client_ack(at_us=30)
        .packets
    )
    flow = Flow().feed(drop(packets, HANDSHAKE + 1))
    assert flow.events == [("request", b"ab", 10)]
    flow.advance(30 + 2 * ACKED_NS // 1000)
    assert flow.events == [("request", b"ab", 10), ("reply gap", 5)]


def test_request_is_told_at_once_though_a_reply_is_missing() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"ab", at_us=10)
        .server(b"12345", at_us=20)
        .client(b"cd", at_us=30)
        .packets
    )
    flow = Flow().feed(drop(packets, HANDSHAKE + 1))
    assert flow.events == [("request", b"ab", 10), ("request", b"cd", 30)]


def test_hole_in_the_middle_is_a_gap_of_its_size() -> None:
    packets = (
        Conversation(mss=4)
        .handshake()
        .client(b"aaaabbbbcccc", at_us=10)
        .server(b"1", at_us=20)
        .packets
    )
    flow = Flow().feed(drop(packets, HANDSHAKE + 1)).advance(1_000_000)
    assert flow.events == [
        ("request", b"aaaa", 10),
        ("request gap", 4),
        ("request", b"cccc", 12),
        ("reply", b"1", 20),
    ]


def test_hole_that_nobody_acknowledged_waits_for_the_retransmission() -> None:
    conversation = Conversation().handshake().client(b"def", at_us=10, offset=3)
    for number in range(3 * ACKED_PACKETS):
        conversation.server_ack(at_us=20 + number, acked=0)
    flow = Flow().feed(conversation.packets).advance(20_000_000)
    assert flow.streams == []
    conversation.packets.clear()
    flow.feed(conversation.client(b"abc", at_us=20_000_001, offset=0).packets)
    assert flow.events == [("request", b"abc", 20_000_001), ("request", b"def", 10)]
    assert flow.counts.gaps == 0


def test_hole_that_nobody_acknowledged_is_given_up_in_the_end() -> None:
    packets = Conversation().handshake().client(b"def", at_us=10, offset=3).packets
    flow = Flow().feed(packets).advance(HOLE_NS // 1000)
    assert flow.streams == []
    flow.advance(HOLE_NS // 1000 + 100_000)
    assert flow.events == [("request gap", 3), ("request", b"def", 10)]


def test_packet_lost_by_the_network_and_sent_again_is_no_gap() -> None:
    packets = (
        Conversation(mss=4)
        .handshake()
        .client(b"aaaabbbbcccc", at_us=10)
        .server_ack(at_us=20, acked=4)
        .server_ack(at_us=21, acked=4)
        .client(b"bbbb", at_us=5000, offset=4)
        .server(b"1", at_us=6000)
        .packets
    )
    assert events(drop(packets, HANDSHAKE + 1)) == [
        ("request", b"aaaa", 10),
        ("request", b"bbbb", 5000),
        ("request", b"cccc", 12),
        ("reply", b"1", 6000),
    ]


def test_late_copy_of_bytes_given_up_is_seen_again_and_not_told_twice() -> None:
    packets = Conversation().handshake().client(b"lost", at_us=10).server(b"12", at_us=20).packets
    flow = Flow().feed(drop(packets, HANDSHAKE)).advance(1_000_000)
    late = replace(packets[HANDSHAKE], ts_ns=START_NS + 1_000_001_000)
    flow.feed([late])
    assert [event for event in flow.events if event[0] in ("request", "request gap")] == [
        ("request gap", 4)
    ]


def test_so_many_bytes_wait_behind_a_hole_and_no_more() -> None:
    size = 60_000
    count = MAX_HELD_BYTES // size + 1
    conversation = Conversation(mss=size).handshake()
    for number in range(count):
        conversation.client(bytes(size), at_us=10 + number, offset=3 + number * size)
    *most, last = conversation.packets
    flow = Flow().feed(most)
    assert flow.streams == []
    assert flow.counts.held_overflow == 0
    flow.feed([last])
    assert flow.events[0] == ("request gap", 3)
    assert len(flow.events) == 1 + count
    assert (flow.counts.held_overflow, flow.counts.gaps, flow.counts.gap_bytes) == (1, 1, 3)
    assert flow.table.reassembly.held_total == 0


def test_all_connections_together_hold_so_much_and_no_more() -> None:
    size = 60_000
    count = MAX_HELD_BYTES // size - 1
    flow = Flow()
    for number in range(MAX_HELD_TOTAL // (size * count) + 2):
        conversation = Conversation(f"10.0.0.1:{40000 + number}", mss=size).handshake()
        for piece in range(count):
            flow.feed(conversation.client(bytes(size), offset=3 + piece * size).packets)
            conversation.packets.clear()
            assert flow.table.reassembly.held_total <= MAX_HELD_TOTAL + size
    assert flow.counts.held_overflow == flow.counts.gaps > 0
    flow.table.finish()
    assert flow.table.reassembly.held_total == 0


def test_what_is_held_is_counted_over_all_connections_and_given_back() -> None:
    flow = Flow()
    for port in (40000, 40001, 40002):
        conversation = Conversation(client=f"10.0.0.1:{port}").handshake()
        flow.feed(conversation.client(b"x" * 100, offset=3).packets)
    assert flow.table.reassembly.held_total == 300
    flow.table.finish()
    assert flow.table.reassembly.held_total == 0


def test_bytes_cut_off_by_the_snap_length_are_skipped() -> None:
    packets = (
        Conversation()
        .handshake()
        .client(b"a" * 100, at_us=10)
        .server(b"b" * 200, at_us=20)
        .client(b"c", at_us=30)
        .packets
    )
    assert events(cut(packets, HEADERS + 40)) == [
        ("request", b"a" * 40, 10),
        ("request skip", 60, 10),
        ("reply", b"b" * 40, 20),
        ("reply skip", 160, 20),
        ("request", b"c", 30),
    ]


def test_frame_cut_within_its_headers_payload_is_skipped_whole() -> None:
    packets = Conversation().handshake().client(b"a" * 100, at_us=10).client(b"b").packets
    assert events(cut(packets, HEADERS)) == [
        ("request skip", 100, 10),
        ("request skip", 1, 11),
    ]


def test_retransmission_of_cut_bytes_does_not_bring_them_back() -> None:
    packets = Conversation().handshake().client(b"a" * 100, at_us=10).packets
    again = Conversation().handshake().client(b"a" * 100, at_us=300_000).packets[HANDSHAKE]
    flow = Flow().feed(cut(packets, HEADERS + 40)).feed([again])
    assert flow.events[:2] == [("request", b"a" * 40, 10), ("request skip", 60, 10)]
    assert all(event[0] == "request again" for event in flow.events[2:])


def test_swapped_packets_keep_the_times_at_which_they_were_captured() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).client(b"cd", at_us=20).packets
    assert events(swap(packets, HANDSHAKE, HANDSHAKE + 1)) == [
        ("request", b"ab", 20),
        ("request", b"cd", 10),
    ]


def test_sequence_numbers_wrap() -> None:
    packets = (
        Conversation(client_isn=2**32 - 4, server_isn=2**32 - 2)
        .handshake()
        .client(b"abc", at_us=10)
        .server(b"123", at_us=20)
        .client(b"ghi", at_us=30, offset=6)
        .client(b"def", at_us=40, offset=3)
        .server(b"456", at_us=50)
        .packets
    )
    flow = Flow().feed(packets)
    assert flow.events == [
        ("request", b"abc", 10),
        ("reply", b"123", 20),
        ("request", b"def", 40),
        ("request", b"ghi", 30),
        ("reply", b"456", 50),
    ]
    assert flow.counts.gaps == flow.counts.desynchronized == 0


def test_isn_at_the_end_of_the_numbers_starts_the_stream_at_zero() -> None:
    packets = Conversation(client_isn=2**32 - 1).handshake().client(b"abc", at_us=10).packets
    flow = Flow().feed(packets)
    assert flow.events == [("request", b"abc", 10)]
    assert flow.streams[0].positions == [(0, SERVER_FIRST)]
    assert flow.streams[0].client_start


def test_data_with_the_syn_comes_first() -> None:
    """TCP fast open, RFC 7413."""
    syn = bare(True, b"early", CLIENT_FIRST - 1, 0, SYN, 0)
    syn_ack = bare(False, b"", SERVER_FIRST - 1, CLIENT_FIRST + 5, SYN | ACK, 1)
    more = bare(True, b"late", CLIENT_FIRST + 5, SERVER_FIRST, PSH | ACK, 2)
    flow = Flow().feed([syn, syn_ack, more])
    assert flow.events == [("request", b"early", 0), ("request", b"late", 2)]
    assert flow.streams[0].client_start


def test_fin_with_the_last_bytes_is_no_byte() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).packets
    last = bare(False, b"bye", SERVER_FIRST, CLIENT_FIRST + 2, FIN | PSH | ACK, 20)
    flow = Flow().feed([*packets, last])
    assert flow.events == [
        ("request", b"ab", 10),
        ("reply", b"bye", 20),
        ("end", END_FIN, 20),
    ]


def test_segment_far_outside_any_window_starts_the_connection_anew() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).packets
    stranger = bare(True, b"XX", (CLIENT_FIRST + 2**31 - 1) & 0xFFFFFFFF, 9, PSH | ACK, 20)
    flow = Flow().feed([*packets, stranger])
    assert flow.counts.desynchronized == 1
    assert flow.streams[0].events == [("request", b"ab", 10), ("end", END_LOST, 20)]


def test_number_without_the_ack_flag_is_no_acknowledgment() -> None:
    """RFC 9293, section 3.10.7.4: a segment without ACK is dropped, by tcpkit too."""
    syn = bare(True, b"", CLIENT_FIRST - 1, 0, SYN, 0)
    reply = bare(False, b"12", SERVER_FIRST, CLIENT_FIRST + 500, PSH, 10)
    flow = Flow().feed([syn, reply])
    assert flow.counts.no_ack == 1
    flow.table.finish()
    assert flow.streams == []
    assert flow.table.reassembly.held_total == 0


def test_nothing_follows_a_fin() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).packets
    beyond = bare(True, b"XX", CLIENT_FIRST + 4, SERVER_FIRST, PSH | ACK, 20)
    fin = bare(True, b"c", CLIENT_FIRST + 2, SERVER_FIRST, FIN | ACK, 30)
    flow = Flow().feed([*packets, beyond, fin])
    flow.table.finish()
    assert [event for event in flow.events if event[0] == "request"] == [
        ("request", b"ab", 10),
        ("request", b"c", 30),
    ]
