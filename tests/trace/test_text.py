"""The lines of a trace: numbers, time, client, latency, request and reply."""

from tests.trace.traced import exchanges, trace_lines


def test_a_line_says_who_asked_what_got_what_and_how_long_it_took() -> None:
    first = exchanges(trace_lines("redis/slow.pcap", "redis"))[0]

    assert first.who == "10.0.0.1:59828"
    assert first.clock == "09:10:32.754912"
    assert (first.total, first.number) == ("1", "1")
    assert first.took == "0.276 ms"
    assert first.rest == "SET user:0 seen in round 0 EX 3600 -> OK"


def test_requests_are_numbered_on_their_connection_and_in_all() -> None:
    said = exchanges(trace_lines("redis/slow.pcap", "redis"))

    assert [each.total for each in said] == [str(n) for n in range(1, len(said) + 1)]
    for client in {each.who for each in said}:
        numbers = [each.number for each in said if each.who == client]
        assert numbers == [str(n) for n in range(1, len(numbers) + 1)]


def test_the_date_stands_above_the_first_line() -> None:
    assert trace_lines("redis/slow.pcap", "redis")[0] == "        2026-11-21"


def test_with_a_threshold_the_slow_ones_keep_their_numbers() -> None:
    every = exchanges(trace_lines("redis/slow.pcap", "redis"))
    slow = exchanges(trace_lines("redis/slow.pcap", "redis", "-t", "250"))

    assert [each.rest.partition(" -> ")[0] for each in slow] == [
        "EVAL local n = 0 while n < tonumber(ARGV[1]) do n = n + 1 end return n 0 2000000",
        "HINCRBY user:4008:stats requests 1",
        "HINCRBY user:8:stats requests 1",
        "GET user:3001",
        "GET user:1004",
    ]
    assert set(slow) <= set(every)
