"""What a connection went through, by small conversations whose numbers can be counted."""

import pytest

from tcpkit.flow.health import Health
from tcpkit.flow.side import Side
from tests.build import ACK, RST, SYN, Conversation, Packet, drop, duplicate, swap
from tests.flow.recording import Flow, bare

HANDSHAKE = 3
SECOND_US = 1_000_000
US = 1000
HEADERS = 20 + 32  # IPv4, and TCP with its timestamps


def health(packets: list[Packet]) -> Health:
    """Of the only connection, at the end of the capture."""
    flow = Flow(observed=True).feed(packets)
    flow.table.finish()
    (found,) = flow.hearing.healths
    return found


def trips(side: Side) -> tuple[int, int, int, int]:
    """Samples, and the smallest, mean and largest time in microseconds."""
    found = side.round_trip
    times = found.min_ns, found.average_ns, found.max_ns
    least, mean, most = (int(ns) // US for ns in times)
    return int(found.samples), least, mean, most


def test_handshake_splits_into_the_servers_part_and_the_clients() -> None:
    packets = [
        *Conversation().handshake(at_us=0).packets[:1],
        bare(False, b"", 500_000, 1001, SYN | ACK, 300),
        bare(True, b"", 1001, 500_001, ACK, 420),
    ]
    found = health(packets)
    assert (found.connect_server_ns, found.connect_client_ns) == (300 * US, 120 * US)
    assert found.connect_ns == 420 * US


def test_syn_that_was_sent_again_counts_in_the_connect_time_and_gives_no_sample() -> None:
    packets = [
        bare(True, b"", 1000, 0, SYN, 0, 1),
        bare(True, b"", 1000, 0, SYN, SECOND_US, 2),
        bare(False, b"", 500_000, 1001, SYN | ACK, SECOND_US + 300, 0),
        bare(True, b"", 1001, 500_001, ACK, SECOND_US + 400, 3),
    ]
    found = health(packets)
    assert found.connect_ns == (SECOND_US + 400) * US
    assert found.numbers()["syn_retries"] == 1
    assert found.server.round_trip.samples == 0
    assert trips(found.client) == (1, 100, 100, 100)


def test_handshake_that_was_not_captured_has_no_times() -> None:
    packets = Conversation().handshake().client(b"ab", at_us=10).server(b"1", at_us=20).packets
    numbers = health(packets[HANDSHAKE:]).numbers()
    assert (numbers["connect_ns"], numbers["connect_server_ns"]) == (None, None)


def test_packets_payload_and_headers_are_counted_for_each_side() -> None:
    packets = (
        Conversation().handshake().client(b"abc", at_us=10).server(b"12345", at_us=20).close()
    ).packets
    found = health(packets)
    sizes = [packet.wire_length - 14 for packet in packets]
    sent_by_client = [0, 2, 3, 5, 7]
    assert found.client.packets == len(sent_by_client)
    assert (found.client.payload_bytes, found.server.payload_bytes) == (3, 5)
    assert found.client.wire_bytes == sum(sizes[index] for index in sent_by_client)
    assert found.client.wire_bytes + found.server.wire_bytes == sum(sizes)


@pytest.mark.parametrize("client", ["10.0.0.1:40000", "[2001:db8::1]:40000"])
def test_wire_bytes_are_those_of_the_ip_packets_whatever_carries_them(client: str) -> None:
    server = "[2001:db8::2]:6379" if client.startswith("[") else "10.0.0.2:6379"
    conversation = Conversation(client, server, vlan=(7, 8)).handshake().client(b"ab")
    found = health(conversation.packets)
    total = sum(packet.wire_length - 14 - 8 for packet in conversation.packets)
    assert found.client.wire_bytes + found.server.wire_bytes == total


def test_round_trips_are_timed_on_both_sides_of_the_capture() -> None:
    conversation = Conversation().handshake()
    conversation.client(b"ab", at_us=100).server_ack(at_us=130)
    conversation.server(b"1", at_us=200).client_ack(at_us=207)
    conversation.client(b"cd", at_us=300).server(b"2", at_us=350).client_ack(at_us=351)
    found = health(conversation.packets)
    assert trips(found.server) == (3, 1, (1 + 30 + 50) // 3, 50)
    assert trips(found.client) == (3, 1, 3, 7)


def test_one_segment_is_timed_at_once() -> None:
    conversation = Conversation().handshake()
    conversation.client(b"ab", at_us=100).client(b"cd", at_us=110)
    conversation.server_ack(at_us=150)
    assert trips(health(conversation.packets).server) == (2, 1, 25, 50)


def test_acknowledgment_of_less_than_the_timed_segment_is_no_sample() -> None:
    conversation = Conversation().handshake().client(b"abcd", at_us=100)
    conversation.server_ack(at_us=120, acked=2).server_ack(at_us=160)
    assert trips(health(conversation.packets).server) == (2, 1, 30, 60)


def test_what_was_sent_again_is_counted_and_gives_no_sample() -> None:
    conversation = Conversation().handshake().client(b"abcd", at_us=100)
    conversation.client(b"abcd", at_us=1100, offset=0).server_ack(at_us=1150)
    found = health(conversation.packets)
    assert (found.client.retransmissions, found.client.retransmitted_bytes) == (1, 4)
    assert found.client.payload_bytes == 8
    assert trips(found.server) == (1, 1, 1, 1)  # the handshake's
    assert found.server.retransmissions == 0


def test_only_the_bytes_that_were_there_count_as_sent_again() -> None:
    conversation = Conversation().handshake().client(b"abcd", at_us=100)
    conversation.client(b"cdefgh", at_us=1100, offset=2).server_ack(at_us=1150)
    found = health(conversation.packets)
    assert (found.client.retransmissions, found.client.retransmitted_bytes) == (1, 2)


def test_packet_captured_twice_is_a_copy_and_nothing_else() -> None:
    packets = begun().close(at_us=30).packets
    once = health(packets)
    twice = packets
    for index in reversed(range(len(packets))):
        twice = duplicate(twice, index, 0.1)
    found = health(twice)
    assert (found.client.copies, found.server.copies) == (5, 3)
    for name, number in once.client.numbers(0).items():
        if name != "copies":
            assert found.client.numbers(0)[name] == number


def test_packets_that_changed_places_are_out_of_order_and_not_sent_again() -> None:
    conversation = Conversation().handshake().client(b"ab", at_us=10).client(b"cd", at_us=20)
    packets = swap(conversation.server_ack(at_us=60).packets, HANDSHAKE, HANDSHAKE + 1)
    found = health(packets)
    assert (found.client.out_of_order, found.client.retransmissions) == (1, 0)
    assert found.server.round_trip.samples == 1  # the handshake's: no other is certain


def test_bytes_that_the_capture_lost_are_a_gap_of_who_sent_them() -> None:
    conversation = Conversation().handshake().client(b"ab", at_us=10).server(b"123", at_us=20)
    conversation.client(b"cd", at_us=30).server(b"4", at_us=40).close(at_us=SECOND_US)
    found = health(drop(conversation.packets, HANDSHAKE + 1))
    assert (found.server.gaps, found.server.gap_bytes) == (1, 3)
    assert (found.client.gaps, found.client.gap_bytes) == (0, 0)


def test_equal_acknowledgments_are_counted_while_something_is_outstanding() -> None:
    conversation = Conversation().handshake().server(b"1234", at_us=10).client_ack(at_us=20)
    conversation.client_ack(at_us=21)  # nothing is outstanding
    conversation.server(b"5678", at_us=30).client_ack(at_us=40, acked=4)
    conversation.client_ack(at_us=41, acked=4).client_ack(at_us=42, acked=4, window=400)
    assert health(conversation.packets).client.duplicate_acks == 2


def test_window_of_zero_is_counted_with_the_time_until_it_opens() -> None:
    conversation = Conversation().handshake().server(b"1234", at_us=10)
    conversation.client_ack(at_us=20, window=0).client_ack(at_us=25, window=0)
    conversation.client_ack(at_us=70).server(b"5", at_us=80)
    conversation.client_ack(at_us=100, window=0).client_ack(at_us=103)
    found = health(conversation.packets)
    assert (found.client.zero_window.times, found.server.zero_window.times) == (2, 0)
    assert found.client.numbers(found.last_ns)["zero_window_ns"] == 53 * US


def test_window_that_stays_closed_counts_to_the_last_packet() -> None:
    conversation = Conversation().handshake().client(b"ab", at_us=10)
    conversation.server_ack(at_us=20, window=0).client_ack(at_us=90)
    found = health(conversation.packets)
    assert found.server.numbers(found.last_ns)["zero_window_ns"] == 70 * US


def test_older_acknowledgment_does_not_open_a_window() -> None:
    conversation = Conversation().handshake().server(b"1234", at_us=10)
    conversation.client_ack(at_us=20, window=0).client_ack(at_us=25, acked=2)
    conversation.client_ack(at_us=50)
    found = health(conversation.packets)
    assert found.client.numbers(found.last_ns)["zero_window_ns"] == 30 * US


def test_reset_is_no_window_of_zero() -> None:
    packets = Conversation().handshake().packets
    found = health([*packets, bare(False, b"", 500_001, 1001, RST | ACK, 30)])
    assert (found.server.resets, found.server.zero_window.times) == (1, 0)


def test_keep_alives_are_probes_and_not_sent_again() -> None:
    conversation = Conversation().handshake().client(b"ab", at_us=10).server_ack(at_us=20)
    packets = conversation.packets
    empty = bare(True, b"", 1002, 500_001, ACK, 2 * SECOND_US, 1)
    with_byte = bare(True, b"\0", 1002, 500_001, ACK, 3 * SECOND_US, 2)
    answer = bare(False, b"", 500_001, 1003, ACK, 3 * SECOND_US + 1, 3)
    found = health([*packets, empty, with_byte, answer])
    assert (found.client.probes, found.client.retransmissions) == (2, 0)
    assert found.server.duplicate_acks == 0


def begun() -> Conversation:
    return Conversation().handshake().client(b"ab", at_us=10).server(b"12", at_us=20)


@pytest.mark.parametrize(
    ("conversation", "words"),
    [
        (begun().close(at_us=30), "closed by the client"),
        (begun().server_fin(at_us=30).client_fin().server_ack(), "closed by the server"),
        (begun().server_fin(at_us=30).client_ack(), "closed by the server"),
        (begun().client_fin(at_us=30).server_ack(), "half closed by the client"),
        (begun().client_reset(at_us=30), "reset by the client"),
        (begun().server_reset(at_us=30), "reset by the server"),
        (begun(), "still open"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_end_is_told_in_words(conversation: Conversation, words: str) -> None:
    assert health(conversation.packets).ending == words


def test_connection_that_nobody_accepts_is_refused() -> None:
    syn = Conversation().handshake().packets[0]
    found = health([syn, bare(False, b"", 0, 1001, RST | ACK, 5)])
    assert found.ending == "refused by the server"


def test_connections_that_just_stop_say_so() -> None:
    flow = Flow(observed=True).feed(begun().packets).advance(7201 * SECOND_US)
    again = Conversation(client_isn=77_000, server_isn=88_000).handshake().client(b"x")
    flow.feed(again.packets).feed(Conversation(client_isn=5_000).handshake().packets)
    flow.feed([bare(True, b"", 0x90000000, 0xA0000000, RST, 50)])
    first, second, third = (health.ending for health in flow.hearing.healths)
    assert (first, second) == ("forgotten", "replaced by a new connection")
    assert third == "lost track of"


def test_time_between_is_what_of_a_closed_window_falls_into_it() -> None:
    conversation = Conversation().handshake().server(b"1", at_us=10)
    for at_us in (100, 200, 300):
        conversation.client_ack(at_us=at_us, window=0).client_ack(at_us=at_us + 20)
    conversation.client_ack(at_us=400, window=0)
    found = health(conversation.packets).client.zero_window
    start = conversation.start_ns
    closed = [
        found.closed_between(start + first * US, start + last * US)
        for first, last in ((0, 90), (0, 1000), (110, 210), (120, 200), (310, 312), (390, 450))
    ]
    assert closed == [0, 660 * US, 20 * US, 0, 2 * US, 50 * US]


def test_only_the_last_closures_of_a_window_are_kept() -> None:
    conversation = Conversation().handshake().server(b"1", at_us=10)
    for number in range(100):
        at_us = 100 + 10 * number
        conversation.client_ack(at_us=at_us, window=0).client_ack(at_us=at_us + 5)
    found = health(conversation.packets).client.zero_window
    assert found.times == 100
    assert found.closed_ns(conversation.now_ns) == 500 * US
    assert found.closed_between(conversation.start_ns, conversation.now_ns) == 64 * 5 * US
