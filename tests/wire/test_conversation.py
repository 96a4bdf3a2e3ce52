"""The decoder reads what the builder of conversations writes."""

from pathlib import Path

import pytest

from tests.build import (
    ACK,
    FIN,
    PSH,
    START_NS,
    SYN,
    Conversation,
    cut,
    datagram,
    drop,
    duplicate,
    merge,
    swap,
    write_pcap,
)
from tests.wire.captures import read
from tests.wire.oracle import ask_dpkt
from tests.wire.recording import Bench, Seen

FAMILIES = pytest.mark.parametrize(
    ("client", "server"),
    [("10.0.0.1:40000", "10.0.0.2:6379"), ("[2001:db8::1]:40000", "[2001:db8::2]:6379")],
    ids=["ipv4", "ipv6"],
)


def hear(conversation: Conversation) -> list[Seen]:
    bench = Bench()
    for packet in conversation.packets:
        bench.take(packet.frame, wire_length=packet.wire_length, ts_ns=packet.ts_ns)
    return bench.seen


@FAMILIES
@pytest.mark.parametrize("vlan", [(), (5,), (5, 6)])
def test_conversation_has_the_right_numbers(
    client: str, server: str, vlan: tuple[int, ...]
) -> None:
    conversation = Conversation(client, server, vlan=vlan, mss=4, client_isn=2**32 - 3)
    conversation.handshake().client(b"PING\r\n", at_us=10).server(b"+OK", 250.5).close()
    spoken = [
        (seen.sport, seen.flags, seen.seq, seen.ack, seen.payload, seen.ts_ns - START_NS)
        for seen in hear(conversation)
    ]
    assert spoken == [
        (40000, SYN, 2**32 - 3, 0, b"", 0),
        (6379, SYN | ACK, 500_000, 2**32 - 2, b"", 1000),
        (40000, ACK, 2**32 - 2, 500_001, b"", 2000),
        (40000, ACK, 2**32 - 2, 500_001, b"PING", 10_000),
        (40000, PSH | ACK, 2, 500_001, b"\r\n", 11_000),
        (6379, PSH | ACK, 500_001, 4, b"+OK", 250_500),
        (40000, FIN | ACK, 4, 500_004, b"", 251_500),
        (6379, FIN | ACK, 500_004, 5, b"", 252_500),
        (40000, ACK, 5, 500_005, b"", 253_500),
    ]


@FAMILIES
def test_marks_tell_packets_apart_by_identification_or_time(client: str, server: str) -> None:
    conversation = Conversation(client, server).client(b"a", 0).client(b"a", 5000, offset=0)
    marks = [seen.mark for seen in hear(conversation)]
    assert 0 not in marks and marks[0] != marks[1]


def test_offset_and_acked_say_what_is_sent_again_or_not_seen() -> None:
    conversation = Conversation(client_isn=0, server_isn=0, mss=100)
    conversation.server(b"1234").client(b"later", offset=10, acked=2).client(b"0", offset=0)
    seen = hear(conversation)
    assert [(one.seq, one.ack) for one in seen] == [(1, 1), (11, 3), (1, 5)]
    assert hear(conversation.client_ack())[-1].seq == 16


def test_packets_are_lost_doubled_and_exchanged_by_index() -> None:
    packets = Conversation().handshake().client(b"x", at_us=10).packets
    times = [packet.ts_ns for packet in packets]
    assert drop(packets, 1, 2) == [packets[0], packets[3]]
    twice = duplicate(packets, 1)
    assert [packet.frame for packet in twice] == [packets[i].frame for i in (0, 1, 1, 2, 3)]
    assert twice[2].ts_ns == times[1] + 1000
    swapped = swap(packets, 0, 3)
    assert [packet.frame for packet in swapped] == [packets[i].frame for i in (3, 1, 2, 0)]
    assert [packet.ts_ns for packet in swapped] == times
    assert [len(packet.frame) for packet in cut(packets, 60)] == [60] * 4
    assert cut(packets, 60)[3].wire_length == packets[3].wire_length
    assert merge(packets[2:], packets[:2]) == packets


@FAMILIES
def test_written_file_has_the_packets_as_dpkt_reads_them(
    client: str, server: str, tmp_path: Path
) -> None:
    packets = Conversation(client, server).handshake().client(b"PING\r\n").packets
    packets += [datagram(client, server, b"query", identification=7)]
    write_pcap(tmp_path / "file.pcap", packets)
    captured = list(read(tmp_path / "file.pcap"))
    assert [frame for frame, _, _ in captured] == [packet.frame for packet in packets]
    found = [ask_dpkt(frame, link_type) for frame, _, link_type in captured]
    assert [expected and (expected.sport, expected.rest) for expected in found] == [
        (40000, b""),
        (6379, b""),
        (40000, b""),
        (40000, b"PING\r\n"),
        (40000, b"query"),
    ]
