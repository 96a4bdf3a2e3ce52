"""--tcp: the health of connections, as the packets have it."""

from collections.abc import Iterator

import dpkt

from tests.trace.traced import PCAPS, events, exchanges, trace_lines

Event = dict[str, object]
SERVER_PORT = 6379


def side(event: Event, name: str) -> dict[str, int]:
    health = event["tcp"] if event["event"] == "end" else event
    assert isinstance(health, dict)
    numbers = health[name]
    assert isinstance(numbers, dict)
    return numbers


def packets(capture: str) -> Iterator["dpkt.ip.IP"]:
    with (PCAPS / capture).open("rb") as file:
        for _, frame in dpkt.pcap.Reader(file):
            yield dpkt.ethernet.Ethernet(frame).data


def test_packets_and_bytes_of_each_side_are_those_of_the_capture() -> None:
    ends = [e for e in events("redis/slow.pcap", "redis", "--tcp") if e["event"] == "end"]

    assert len(ends) == 5
    for end in ends:
        port = int(str(end["client"]).rpartition(":")[2])
        for name, sent in (
            ("client", [ip for ip in packets("redis/slow.pcap") if ip.data.sport == port]),
            ("server", [ip for ip in packets("redis/slow.pcap") if ip.data.dport == port]),
        ):
            assert side(end, name)["packets"] == len(sent)
            assert side(end, name)["payload_bytes"] == sum(len(ip.data.data) for ip in sent)
            assert side(end, name)["wire_bytes"] == sum(ip.len for ip in sent)


def test_totals_add_up_what_the_connections_had() -> None:
    found = events("redis/slow.pcap", "redis", "--tcp")
    ends = [event for event in found if event["event"] == "end"]
    total = found[-1]

    assert total["event"] == "total"
    assert (total["connections"], total["requests"]) == (5, 225)
    for name in ("client", "server"):
        sides = [side(end, name) for end in ends]
        for number in ("packets", "payload_bytes", "wire_bytes", "rtt_samples"):
            assert side(total, name)[number] == sum(each[number] for each in sides)
        assert side(total, name)["rtt_min_ns"] == min(each["rtt_min_ns"] for each in sides)
        assert side(total, name)["rtt_max_ns"] == max(each["rtt_max_ns"] for each in sides)
        average = sum(each["rtt_avg_ns"] * each["rtt_samples"] for each in sides)
        average //= side(total, name)["rtt_samples"]
        assert abs(side(total, name)["rtt_avg_ns"] - average) <= 1  # each was rounded down


def test_retransmissions_are_told_with_the_requests_that_they_hurt() -> None:
    (end,) = [
        e for e in events("redis/retransmissions.pcap", "redis", "--tcp") if e["event"] == "end"
    ]

    seen: set[tuple[int, int]] = set()
    again = {SERVER_PORT: 0, 0: 0}
    for ip in packets("redis/retransmissions.pcap"):
        tcp = ip.data
        if tcp.data:
            key = (tcp.sport, tcp.seq)
            again[SERVER_PORT if tcp.sport == SERVER_PORT else 0] += key in seen
            seen.add(key)
    assert side(end, "client")["retransmissions"] == again[0] == 2
    assert side(end, "server")["retransmissions"] == again[SERVER_PORT] == 2
    assert end["hurt_requests"] == [2, 3, 4, 5, 6, 7]


def test_a_request_says_what_held_it_up() -> None:
    said = exchanges(trace_lines("redis/retransmissions.pcap", "redis", "--tcp"))

    reason = "request sent again, the last time after 208 ms"
    assert said[1].rest == f'GET key -> "value"  [{reason}]'
    explained = exchanges(trace_lines("redis/retransmissions.pcap", "redis", "--explain"))
    assert explained == said
    window = exchanges(trace_lines("redis/zero-window.pcap", "redis", "--tcp"))
    assert window[3].rest.endswith("[delayed by a zero window of the client for 200 ms]")
    (slow,) = [
        event
        for event in events("redis/retransmissions.pcap", "redis", "--explain")
        if event.get("number") == 2
    ]
    assert slow["reason"] == reason


def test_the_block_stands_under_the_connections_end() -> None:
    lines = trace_lines("redis/retransmissions.pcap", "redis", "--tcp")
    end = next(at for at, line in enumerate(lines) if " closed by the client " in line)

    assert [line[10:28].rstrip() for line in lines[end + 1 : end + 8]] == [
        "handshake", "", "packets sent", "payload bytes", "overhead bytes", "rtt min/avg/max",
        "retransmissions",
    ]  # fmt: skip
    assert lines[end + 8].split(maxsplit=3)[-1] == "#2, #3, #4, #5, #6, #7"
    assert "        1 connection, 8 requests" in lines


def test_without_it_nothing_is_told_of_the_health() -> None:
    assert "tcp" not in events("redis/slow.pcap", "redis")[-1]
    assert " packets sent " not in "\n".join(trace_lines("redis/slow.pcap", "redis"))


def test_only_connections_that_are_told_are_in_the_totals() -> None:
    total = events("redis/slow.pcap", "redis", "--tcp", "--command", "eval")[-1]

    assert total["connections"] == 1
    assert "total" not in [e["event"] for e in events("redis/slow.pcap", "redis")]
