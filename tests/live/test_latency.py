"""The measured times, between the times that both ends took themselves.

Client, server and kernel read one clock, so that there is nothing to tolerate: a packet
is captured after it was given to be sent and before it was received.
"""

import time
from collections.abc import Iterator

import pytest

from tests.live.resp_server import Client, RespServer, command_bytes, resp_server
from tests.live.tracer import Tracer, tracing

DELAYS_MS = (5, 20, 50)
NS_PER_MS = 1_000_000


@pytest.fixture
def server() -> Iterator[RespServer]:
    with resp_server() as running:
        yield running


@pytest.fixture
def tracer(server: RespServer) -> Iterator[Tracer]:
    with tracing("-p", str(server.port)) as running:
        yield running


def test_latency_is_that_of_the_server(server: RespServer, tracer: Tracer) -> None:
    asked: list[tuple[int, int]] = []
    with Client(server.address, server.port) as client:
        for delay_ms in DELAYS_MS * 3:
            sending_ns = time.time_ns()
            client.ask("DELAY", str(delay_ms))
            asked.append((sending_ns, time.time_ns()))
    rows = tracer.rows_when(len(asked))
    assert [row["request"] for row in rows] == [f"DELAY {ms}" for ms in DELAYS_MS * 3]
    for row, served, (sending_ns, replied_ns) in zip(rows, server.served, asked, strict=True):
        assert sending_ns <= row["request_first_ns"] <= row["request_last_ns"]
        assert row["request_last_ns"] <= served.received_ns
        assert served.replying_ns <= row["reply_first_ns"] <= row["reply_last_ns"] <= replied_ns
        assert row["latency_ns"] == row["reply_first_ns"] - row["request_last_ns"]
        assert row["latency_ns"] >= int(row["request"].split()[1]) * NS_PER_MS
        assert row["quality"] == "exact"


def test_latencies_are_in_their_places_at_the_stats_port(
    server: RespServer, tracer: Tracer
) -> None:
    with Client(server.address, server.port) as client:
        for delay_ms in DELAYS_MS:
            client.ask("DELAY", str(delay_ms))
    latencies = [row["latency_ns"] for row in tracer.rows_when(3)]
    numbers = tracer.numbers(server.port)
    assert numbers["total_reqs"] == 3
    assert numbers["total_costs"] == sum(ns for ns in latencies if ns is not None) // 1000
    bounds_ms = (0.1, 0.2, 0.5, 1, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 3e3, 5e3, 1e4, 2e4)
    expected = [0] * 18
    for ns in latencies:
        assert ns is not None
        expected[sum(ns > bound * NS_PER_MS for bound in bounds_ms)] += 1
    assert numbers["latencies"] == expected


def test_upload_of_a_request_does_not_count(server: RespServer, tracer: Tracer) -> None:
    data = command_bytes("SET", "key", "v" * 1000)
    with Client(server.address, server.port) as client:
        began_ns = time.time_ns()
        client.socket.sendall(data[:500])
        time.sleep(0.03)
        ended_ns = time.time_ns()
        client.socket.sendall(data[500:])
        client.reply()
        replied_ns = time.time_ns()
    (row,) = tracer.rows_when(1)
    assert began_ns <= row["request_first_ns"] < ended_ns <= row["request_last_ns"]
    assert row["request_last_ns"] <= server.served[0].received_ns
    assert server.served[0].replying_ns <= row["reply_first_ns"] <= replied_ns
    assert row["request_bytes"] == len(data)


def test_download_of_a_reply_does_not_count(server: RespServer, tracer: Tracer) -> None:
    with Client(server.address, server.port) as client:
        client.ask("STREAM", "30", "200000")
    (row,) = tracer.rows_when(1)
    assert row["reply_last_ns"] - row["reply_first_ns"] >= 30 * NS_PER_MS
    assert row["latency_ns"] == row["reply_first_ns"] - row["request_last_ns"]
    assert server.served[0].replying_ns <= row["reply_first_ns"]
    assert row["reply_bytes"] == len("$200000\r\n") + 200_000 + len("\r\n")


def test_pipelined_requests_have_their_own_times(server: RespServer, tracer: Tracer) -> None:
    """The second one waits for the first one's reply, and that is part of its latency."""
    with Client(server.address, server.port) as client:
        client.socket.sendall(command_bytes("DELAY", "20") + command_bytes("PING"))
        assert [client.reply(), client.reply()] == [b"+OK\r\n", b"+OK\r\n"]
    rows = tracer.rows_when(2)
    assert [(row["command"], row["depth"]) for row in rows] == [("DELAY", 0), ("PING", 1)]
    assert rows[1]["latency_ns"] is not None
    assert rows[1]["latency_ns"] >= 20 * NS_PER_MS


def test_threshold_counts_and_logs_the_slow_ones_only(server: RespServer) -> None:
    with (
        tracing("-p", str(server.port), "-t", "20") as tracer,
        Client(server.address, server.port) as client,
    ):
        for words in (["PING"], ["DELAY", "20"], ["PING"], ["DELAY", "30"]):
            client.ask(*words)
        rows = tracer.rows_when(2)
        numbers = tracer.numbers(server.port)
    assert [row["request"] for row in rows] == ["DELAY 20", "DELAY 30"]
    assert (numbers["total_reqs"], numbers["slow_reqs"]) == (4, 2)
