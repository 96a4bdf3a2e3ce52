"""Connections in a trace: their start, their end, and what lies between, as in the packets."""

import dpkt

from tests.trace.traced import PCAPS, events, exchanges, trace_lines
from tests.truth.dns import read

NS_PER_S = 1_000_000_000


def segments(capture: str) -> list[tuple[int, "dpkt.tcp.TCP"]]:
    return [(packet.ts_ns, packet.ip.data) for packet in read(PCAPS / capture)]


def test_connect_time_is_that_of_the_handshake() -> None:
    starts = [event for event in events("redis/slow.pcap", "redis") if event["event"] == "start"]
    packets = segments("redis/slow.pcap")

    assert len(starts) == 5
    for start in starts:
        port = int(str(start["client"]).rpartition(":")[2])
        syn = next(ts for ts, tcp in packets if tcp.sport == port and tcp.flags & dpkt.tcp.TH_SYN)
        ack = next(
            ts for ts, tcp in packets if tcp.sport == port and not tcp.flags & dpkt.tcp.TH_SYN
        )
        assert start["connect_ns"] == ack - syn


def test_end_tells_duration_requests_and_their_rate() -> None:
    found = events("redis/slow.pcap", "redis")
    packets = segments("redis/slow.pcap")

    for end in (event for event in found if event["event"] == "end"):
        client = str(end["client"])
        requests = [e for e in found if e["event"] == "exchange" and e["client"] == client]
        port = int(client.rpartition(":")[2])
        first = next(ts for ts, tcp in packets if port in (tcp.sport, tcp.dport))
        fins = [ts for ts, tcp in packets if tcp.dport == port and tcp.flags & dpkt.tcp.TH_FIN]
        duration = fins[0] - first
        assert end["duration_ns"] == duration
        assert end["ending"] == "closed by the client"
        assert end["requests"] == len(requests)
        assert end["requests_per_second"] == len(requests) * NS_PER_S * 10 // duration / 10


def test_every_connection_starts_before_and_ends_after_its_requests() -> None:
    for capture in ("redis/slow.pcap", "redis/port-reuse.pcap", "redis/closing.pcap"):
        open_now: set[str] = set()
        for event in events(capture, "redis"):
            client = str(event["client"])
            if event["event"] == "start":
                assert client not in open_now
                open_now.add(client)
            else:
                assert client in open_now
            if event["event"] == "end":
                open_now.remove(client)
        assert open_now == set()


def test_connection_older_than_the_capture_is_in_progress() -> None:
    lines = trace_lines("redis/mid-stream.pcap", "redis")

    assert "talks to 10.0.0.2:6379, already in progress" in lines[1]


def test_new_connection_on_the_same_ports_is_numbered_anew() -> None:
    lines = trace_lines("redis/port-reuse.pcap", "redis")

    assert [each.number for each in exchanges(lines)] == ["1", "1", "2", "1"]
    assert [each.total for each in exchanges(lines)] == ["1", "2", "3", "4"]
    assert sum(" reset by the client after " in line for line in lines) == 2


def test_what_got_no_reply_is_told_in_words() -> None:
    said = exchanges(trace_lines("redis/closing.pcap", "redis"))

    assert ("aborted", "GET key") in [(each.took, each.rest) for each in said]
    silent = exchanges(trace_lines("memcached/binary-quiet.pcap", "memcached"))
    assert ("silent", "get miss:0") in [(each.took, each.rest) for each in silent]
    late = exchanges(trace_lines("dns/timeouts.pcap", "dns"))
    assert ("timeout", "A once.here") in [(each.took, each.rest) for each in late]


def test_over_udp_there_are_no_connections_and_the_server_stands_behind_the_client() -> None:
    lines = trace_lines("memcached/udp-text.pcap", "memcached", "-u")
    said = exchanges(lines)

    assert len(said) == len(lines) - 1
    assert {each.number for each in said} == {""}
    assert said[0].who == "10.0.0.1:40420 => 10.0.0.2:11211"
    assert {event["event"] for event in events("memcached/udp-text.pcap", "memcached", "-u")} == {
        "exchange"
    }


def test_dns_over_tcp_has_connections_beside_the_datagrams() -> None:
    found = events("dns/truncation.pcap", "dns")

    assert {event["transport"] for event in found if event["event"] != "exchange"} == {"tcp"}
    numbers = [e["number"] for e in found if e["event"] == "exchange" and e["transport"] == "tcp"]
    assert numbers and set(numbers) == {1}


def test_late_reply_has_the_number_that_its_request_had_when_it_timed_out() -> None:
    found = [
        event
        for event in events("redis/slow.pcap", "redis", "--timeout", "0.1")
        if event["event"] == "exchange"
    ]
    given_up = {
        (event["client"], event["request_first_ns"]): (event["number"], event["total_number"])
        for event in found
        if event["status"] == "timeout"
    }
    late = [event for event in found if "late" in str(event["flags"])]

    assert len(late) > 3
    for event in late:
        numbers = (event["number"], event["total_number"])
        assert given_up[event["client"], event["request_first_ns"]] == numbers
