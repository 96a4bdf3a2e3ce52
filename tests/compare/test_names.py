"""Keys and errors that only one capture has, and what the tables' bounds let be said."""

from collections.abc import Sequence

from tcpkit.compare.doubts import doubts_of
from tcpkit.compare.names import errors_of, new_and_gone
from tcpkit.compare.side import Side
from tcpkit.protocols.message import ERROR, Exchange, PairingCounts
from tcpkit.sinks.compare_recorder import CompareRecorder


def side(label: str, keys: Sequence[str], capacity: int = 1000, code: str = "") -> Side:
    recorder = CompareRecorder(capacity)
    for place, key in enumerate(keys):
        exchange = Exchange()
        exchange.command, exchange.key = "GET", key
        exchange.client, exchange.server = "10.0.0.1:40000", "10.0.0.2:6379"
        exchange.time_ns = 10**18 + place * 10**6
        exchange.latency_ns = 1_000
        if code:
            exchange.status, exchange.code = ERROR, code
        recorder.exchange(exchange)
    return Side(label, f"{label}.pcap", recorder, PairingCounts())


def test_keys_of_one_capture_only_are_listed_the_busiest_first() -> None:
    new, gone = new_and_gone(side("A", ["a", "both"]), side("B", ["both", "x", "y", "y"]))

    assert (new.proven, new.doubtful, new.requests) == (2, 0, 3)
    assert new.listed == [("y", 2), ("x", 1)]
    assert gone.listed == [("a", 1)]


def test_where_rows_were_evicted_nothing_is_called_new_and_the_doubtful_are_counted() -> None:
    many = [f"key:{number}" for number in range(100)]

    new, gone = new_and_gone(side("A", many, capacity=12), side("B", ["key:0", "fresh"]))

    assert (new.proven, new.listed) == (0, [])
    assert 1 <= new.doubtful <= 2  # key:0 was in A, but its row is not there any more
    assert gone.proven == gone.requests > 0  # of B every key is known
    assert "key:0" not in dict(gone.listed)


def test_errors_are_told_by_command_and_code() -> None:
    errors = errors_of(side("A", ["k"] * 2, code="MOVED"), side("B", ["k"] * 3, code="WRONGTYPE"))

    assert [(each.code, each.verdict, each.counts) for each in errors] == [
        ("WRONGTYPE", "new", (0, 3)),
        ("MOVED", "gone", (2, 0)),
    ]
    assert errors[0].requests == (2, 3)


def test_captures_that_are_believed_differently_are_not_called_alike() -> None:
    a, b = side("A", ["k"] * 100), side("B", ["k"] * 100)
    a.pairing.exact = 100
    b.pairing.exact, b.pairing.inferred = 50, 50
    b.pairing.drop("gap", 30)

    doubts = " ".join(doubts_of(a, b))

    assert "exact pairs 100.0% in A, 50.0% in B" in doubts
    assert "0.0% in A, 23.1% in B" in doubts
    assert "B: requests or replies that could not be paired: 30" in doubts
