import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.histogram import CONTRACT_BOUNDS_NS
from tcpkit.metrics.port_stats import PortStats
from tcpkit.protocols.message import ABORTED, OK, TIMEOUT, PairingCounts
from tcpkit.sinks.summary import percent, render
from tcpkit.sinks.units import duration

US = 1_000
MS = 1_000_000
S = 1_000_000_000


def port(number: int, latencies: list[int], threshold_ns: int | None = None) -> PortStats:
    stats = PortStats(number, threshold_ns, [ExchangeSink()])
    for latency_ns in latencies:
        stats.answered(latency_ns)
    return stats


def test_summary_of_a_night_with_one_slow_server() -> None:
    busy = port(6379, [60 * US] * 99_000 + [150 * US] * 990 + [11_204 * US] * 9 + [3 * S], 10 * MS)
    busy.wants(TIMEOUT, False)
    busy.wants(TIMEOUT, False)
    busy.wants(ABORTED, False)
    busy.wants(OK, True)
    pairing = PairingCounts()
    pairing.exact = 99_999
    pairing.inferred = 1
    pairing.timeouts = 2
    pairing.aborted = 1
    pairing.blocking = 1
    pairing.sessions = 51
    pairing.mid_stream = 1
    pairing.drop("after a gap", 4)
    pairing.drop("no request seen", 12)
    counters = [
        ("capture", {"packets": 210_345, "dropped by the kernel": 0, "truncated": 0}),
        ("wire", {"not IP": 0, "malformed": 0}),
        ("flow", {"connections": 50, "gaps": 2, "retransmissions": 12, "out of order": 3}),
    ]
    assert render([busy, port(6380, [], 10 * MS)], counters, pairing) == (
        " port    requests >=10 ms  average      p50      p90      p99    p99.9      max\n"
        " 6379     100,000      10  91.9 us  60.0 us  60.0 us  60.0 us   150 us   3.00 s\n"
        "      timeouts 2   aborted 1   blocking 1\n"
        " 6380           0       0        -        -        -        -        -        -\n"
        "\n"
        "port 6379, requests by latency\n"
        " <= 100 us        99,000   99.00 %  ########################################\n"
        " <= 200 us           990    0.99 %  .\n"
        " <= 500 us\n"
        "   <= 1 ms\n"
        "   <= 5 ms\n"
        "  <= 10 ms\n"
        "  <= 20 ms             9   <0.01 %  .\n"
        "  <= 50 ms\n"
        " <= 100 ms\n"
        " <= 200 ms\n"
        " <= 500 ms\n"
        "    <= 1 s\n"
        "    <= 2 s\n"
        "    <= 3 s             1   <0.01 %  .\n"
        "\n"
        "capture   packets 210,345   dropped by the kernel 0\n"
        "flow      connections 50   gaps 2   retransmissions 12   out of order 3\n"
        "pairs     99.99 % exact (99,999 of 100,000)   timeouts 2   aborted 1\n"
        "          blocking 1   sessions 51   mid-stream 1\n"
        "unpaired  no request seen 12   after a gap 4\n"
    )


def test_without_threshold_there_is_no_column_for_slow_requests() -> None:
    text = render([port(11211, [1 * MS, 5 * MS])], [])
    assert text.splitlines()[:2] == [
        " port    requests  average      p50      p90      p99    p99.9      max",
        "11211           2  3.00 ms  1.00 ms  5.00 ms  5.00 ms  5.00 ms  5.00 ms",
    ]


@pytest.mark.parametrize(
    ("threshold_ns", "title"),
    [
        (0, ">=0 ms"),
        (500 * US, ">=0.5 ms"),
        (12_345 * US, ">=12.345 ms"),
        (S, ">=1 s"),
        (100_000 * MS, ">=100 s"),
    ],
)
def test_slow_requests_are_counted_under_their_threshold(threshold_ns: int, title: str) -> None:
    header = render([port(53, [1], threshold_ns)], []).splitlines()[0]
    assert header.split("requests")[1].split("average")[0].strip() == title


def test_negative_latencies_are_pointed_out() -> None:
    assert "      negative latencies 1\n" in render([port(53, [-5, 7])], [])


def test_packets_and_kernel_drops_are_shown_even_when_zero() -> None:
    counters = [("capture", {"packets": 0, "dropped by the kernel": 0, "bytes": 0})]
    assert render([], counters) == "capture   packets 0   dropped by the kernel 0\n"


def test_nothing_to_say_is_no_text() -> None:
    assert render([], []) == ""
    assert render([], [("wire", {"malformed": 0})]) == ""


def test_pairs_that_were_never_made_have_no_share() -> None:
    assert render([], [], PairingCounts()) == "pairs     none\n"


def test_every_counter_of_the_pairing_is_shown() -> None:
    pairing = PairingCounts()
    pairing.exact = pairing.inferred = 1
    pairing.silent, pairing.timeouts, pairing.late, pairing.aborted = 11, 12, 13, 14
    pairing.blocking, pairing.unanswered, pairing.pushes, pairing.sessions = 15, 16, 17, 18
    pairing.mid_stream, pairing.encrypted, pairing.not_protocol, pairing.resyncs = 19, 20, 21, 22
    words = render([], [], pairing).split()
    assert [word for word in words if word.isdigit()] == [
        "12", "13", "14", "16", "11", "15", "17", "18", "19", "20", "21", "22",
    ]  # fmt: skip


@given(
    st.lists(st.lists(st.integers(0, 40 * S), max_size=5), max_size=3),
    st.dictionaries(st.text("abc ", min_size=1, max_size=20), st.integers(0, 10**9), max_size=9),
    st.sampled_from([None, 500 * US, 10 * MS, 12_345 * US, 999_999 * US, S, 100 * S]),
)
def test_no_line_is_wider_than_a_terminal(
    ports: list[list[int]], counts: dict[str, int], threshold_ns: int | None
) -> None:
    stats = [port(6379 + place, latencies, threshold_ns) for place, latencies in enumerate(ports)]
    for line in render(stats, [("flow", counts)]).splitlines():
        assert len(line) <= 79


@pytest.mark.parametrize("place", range(18))
def test_histogram_names_its_buckets_by_their_bounds(place: int) -> None:
    bounds = [*CONTRACT_BOUNDS_NS, CONTRACT_BOUNDS_NS[-1] + 1]
    label = render([port(53, [bounds[place]])], []).splitlines()[4][:10].strip()
    if place == len(CONTRACT_BOUNDS_NS):
        assert label == "> 20 s"
    else:
        number, unit = label.removeprefix("<= ").split()
        assert int(number) * {"us": US, "ms": MS, "s": S}[unit] == bounds[place]


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 us"),
        (9_994, "9.99 us"),
        (9_995, "10.0 us"),
        (99_949, "99.9 us"),
        (99_950, "100 us"),
        (999_499, "999 us"),
        (999_500, "1.00 ms"),
        (1_234_567, "1.23 ms"),
        (999_500_000, "1.00 s"),
        (20 * S, "20.0 s"),
        (999_499_999_999, "999 s"),
        (999_500_000_000, "1000 s"),
        (-1_500, "-1.50 us"),
    ],
)
def test_duration_has_three_digits_and_moves_to_the_next_unit(ns: int, text: str) -> None:
    assert duration(ns) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 7, "0.00 %"),
        (1, 10_001, "<0.01 %"),
        (1, 10_000, "0.01 %"),
        (99_999, 100_000, "99.99 %"),
        (5, 5, "100.00 %"),
    ],
)
def test_percent_is_100_only_when_it_is_all(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text
