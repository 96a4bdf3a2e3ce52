"""A real memcached over UDP, text and binary, with `-u`."""

from collections.abc import Iterator

import pytest

from pcaps.memcached_client import GET, NOOP, SET, SETQ, STORE, Datagrams, binary
from tests.live.memcached_truth import held_up
from tests.live.tracer import Row, Tracer, tracing
from tests.servers import MemcachedServer, memcached_running

NS_PER_S = 1_000_000_000
FRAME = 8  # bytes before what a datagram says


@pytest.fixture
def server() -> Iterator[MemcachedServer]:
    with memcached_running("-t", "1", udp=True) as running:
        yield running


@pytest.fixture
def client(server: MemcachedServer) -> Iterator[Datagrams]:
    made = Datagrams("127.0.0.1", port=server.port)
    yield made
    made.close()


@pytest.fixture
def tracer(server: MemcachedServer) -> Iterator[Tracer]:
    with tracing("-p", str(server.port), "-u", mode="memcached") as running:
        yield running


def told(row: Row) -> tuple[str, str, str | None, int | None]:
    return row["request"], row["status"], row["code"], row["hits"]


def test_text_and_binary_are_told_in_the_same_words(
    server: MemcachedServer, client: Datagrams, tracer: Tracer
) -> None:
    client.ask(1, b"set key 0 0 5\r\nvalue\r\n")
    client.ask(2, b"get key\r\n")
    client.ask(3, b"get nothing\r\n")
    client.ask(4, binary(SET, b"key", b"value", STORE.pack(0, 0)))
    client.ask(5, binary(GET, b"key", opaque=5))
    client.ask(6, binary(GET, b"nothing", opaque=6))
    client.ask(7, b"nonsense\r\n")
    rows = tracer.rows_when(7)
    assert [told(row) for row in rows] == [
        ("set key 0 0 5", "ok", "STORED", None),
        ("get key", "ok", "END", 1),
        ("get nothing", "ok", "END", 0),
        ("set key 0 0 5", "ok", "OK", None),
        ("get key", "ok", "OK", 1),
        ("get nothing", "ok", "NOT_FOUND", 0),
        ("nonsense", "error", "ERROR", None),
    ]
    assert {row["transport"] for row in rows} == {"udp"}
    # Whether a client counts its requests is known from the second one on.
    assert {row["quality"] for row in rows[1:]} == {"exact"}
    assert tracer.numbers(server.port)["total_reqs"] == 7
    outcome = tracer.stop()
    assert "unpaired" not in outcome.err


def test_reply_of_many_datagrams_is_counted_to_the_byte(client: Datagrams, tracer: Tracer) -> None:
    value = b"v" * 20_000
    client.ask(1, b"set key 0 0 20000\r\n%s\r\n" % value)
    reply = client.ask(2, b"get key\r\n")
    assert reply == b"VALUE key 0 20000\r\n%s\r\nEND\r\n" % value
    stored, fetched = tracer.rows_when(2)
    assert stored["request_bytes"] == FRAME + len(b"set key 0 0 20000\r\n\r\n") + len(value)
    datagrams = -(-len(reply) // 1392)  # of 1400 bytes each
    assert fetched["reply_bytes"] == len(reply) + datagrams * FRAME
    assert fetched["reply_first_ns"] < fetched["reply_last_ns"]
    assert fetched["quality"] == "exact"


def test_silence_that_the_server_announces_is_silence(client: Datagrams, tracer: Tracer) -> None:
    client.ask(1, binary(NOOP))
    client.send(2, binary(SETQ, b"key", b"value", STORE.pack(0, 0)))
    assert client.socket.recv(65536)[FRAME:] == b""  # an answer without anything in it
    client.ask(3, binary(GET, b"key"))
    rows = tracer.rows_when(3)
    silent = next(row for row in rows if row["status"] == "silent")
    assert (silent["request"], silent["latency_ns"], silent["code"]) == (
        "set key 0 0 5",
        None,
        None,
    )
    assert silent["quality"] == "exact"


def test_request_that_times_out_is_given_up(server: MemcachedServer, client: Datagrams) -> None:
    with tracing("-p", str(server.port), "-u", "--timeout", "1", mode="memcached") as tracer:
        client.ask(1, b"version\r\n")
        with held_up(server):
            client.send(2, b"get key\r\n")
            hanging = tracer.rows_when(2)[1]
        client.reply()
        client.ask(3, b"version\r\n")
        rows = tracer.rows_when(3)
        numbers = tracer.numbers(server.port)
        outcome = tracer.stop()
    assert told(hanging) == ("get key", "timeout", None, None)
    assert hanging["time_ns"] == hanging["request_last_ns"] + NS_PER_S
    assert [row["request"] for row in rows] == ["version", "get key", "version"]
    assert numbers["total_reqs"] == sum(numbers["latencies"]) == 2
    assert "timeouts 1" in outcome.err
    assert "late 1" in outcome.err


def test_request_sent_again_is_one_exchange(server: MemcachedServer, client: Datagrams) -> None:
    with tracing("-p", str(server.port), "-u", mode="memcached") as tracer:
        client.ask(1, b"version\r\n")
        with held_up(server):
            client.send(2, b"get key\r\n")
            client.send(2, b"get key\r\n")
        client.reply()
        client.reply()
        client.ask(3, b"version\r\n")
        rows = tracer.rows_when(3)
        outcome = tracer.stop()
    assert [row["request"] for row in rows] == ["version", "get key", "version"]
    assert rows[1]["flags"] == ["retransmission"]
    assert rows[1]["quality"] == "inferred"
    assert "retries 1" in outcome.err
    assert "duplicates 1" in outcome.err
