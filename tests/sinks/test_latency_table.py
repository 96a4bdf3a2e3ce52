"""The tables of commands and of servers; that of the ports is in the summary's tests."""

from tcpkit.metrics.histogram import bucket_index
from tcpkit.metrics.row import Row
from tcpkit.protocols.message import ABORTED, TIMEOUT
from tcpkit.sinks.latency_table import MAX_SHOWN, WIDTH, divided_table, port_table

MS = 1_000_000


def row(name: str, *latencies: int, slow_from: int = 1 << 62) -> Row:
    made = Row(name)
    for latency_ns in latencies:
        made.add(bucket_index(latency_ns), latency_ns, latency_ns >= slow_from, False)
    return made


def test_command_stands_beside_its_numbers_and_above_its_timeouts() -> None:
    get = row("GET", *[60_000] * 99, 11 * MS, slow_from=10 * MS)
    get.count(TIMEOUT, False)
    get.count(ABORTED, False)
    ghost = row("ZRANGEBYSCORE")
    ghost.count(TIMEOUT, False)
    assert divided_table("6379", "command", [get, ghost], ">=10 ms") == [
        "port 6379, requests by command",
        "command       requests >=10 ms average     p50     p90     p99   p99.9     max",
        "GET                100       1  169 us 60.0 us 60.0 us 60.0 us 11.0 ms 11.0 ms",
        "      timeouts 1   aborted 1",
        "ZRANGEBYSCORE        0       0       -       -       -       -       -       -",
        "      timeouts 1",
    ]


def test_name_that_is_too_long_has_a_line_of_its_own() -> None:
    servers = [row("10.0.0.2:53", 5), row("[2001:db8::1:2:3:4]:53", 7, 7)]
    lines = divided_table("53", "server", servers, ">=12.345 ms")
    assert lines[1:] == [
        "server     requests >=12.345 ms average     p50     p90     p99   p99.9     max",
        "10.0.0.2:53",
        "                  1           0    5 ns    5 ns    5 ns    5 ns    5 ns    5 ns",
        "[2001:db8::1:2:3:4]:53",
        "                  2           0    7 ns    7 ns    7 ns    7 ns    7 ns    7 ns",
    ]
    assert max(map(len, lines)) <= WIDTH


def test_rows_beyond_those_shown_are_summed_up() -> None:
    rows = [row(f"C{at}", *[MS] * 1000) for at in range(MAX_SHOWN)] + [row("D", 1), row("E", 1)]
    lines = divided_table("6379", "command", rows, "")
    assert len(lines) == 2 + MAX_SHOWN + 1
    assert lines[-2].startswith("C19 ")
    assert lines[-1] == "... and 2 more, with 2 requests"
    assert len(divided_table("6379", "command", rows[:MAX_SHOWN], "")) == 2 + MAX_SHOWN


def test_what_is_in_no_row_of_its_own_is_always_shown() -> None:
    rows = [row(f"C{at}", MS) for at in range(MAX_SHOWN + 1)] + [row("other", MS, MS)]
    lines = divided_table("6379", "command", rows, "")
    assert lines[-2] == "... and 1 more, with 1 requests"
    assert lines[-1].split()[:2] == ["other", "2"]


def test_many_requests_make_the_column_wider() -> None:
    many = row("GET", 5)
    many.histogram.count = 12_345_678_901
    assert "\nGET     12,345,678,901 " in "\n".join(divided_table("1", "command", [many], ""))


def test_ports_with_and_without_requests_are_aligned() -> None:
    lines = port_table([row("53", 5), row("11211")], "")
    assert lines[1].index("5 ns") + 4 == lines[2].index("-") + 1
