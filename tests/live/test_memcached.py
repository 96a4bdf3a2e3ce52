"""A real memcached over TCP: what is logged is what was sent, and the server agrees."""

import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence

import bmemcached
import pytest
from pymemcache.client.base import Client

from pcaps.memcached_client import GET, NOOP, Connection, binary
from pcaps.saslauthd import saslauthd_running
from tests.live.clients import by_client, everywhere
from tests.live.memcached_truth import MemcachedTruth, connected, held_up
from tests.live.tracer import Row, Tracer, tracing
from tests.program import wait_until
from tests.servers import memcached_running

NS_PER_S = 1_000_000_000
PASSWORD = "secret-password"
TURNS = 100


@pytest.fixture
def truth() -> Iterator[MemcachedTruth]:
    with memcached_running() as server:
        yield MemcachedTruth(server)


@pytest.fixture
def tracer(truth: MemcachedTruth) -> Iterator[Tracer]:
    with tracing("-p", str(truth.port), mode="memcached") as running:
        yield running


def told(rows: Sequence[Row]) -> list[tuple[str, str, str | None, int | None]]:
    return [(row["request"], row["status"], row["code"], row["hits"]) for row in rows]


def test_requests_of_pymemcache_are_logged_as_they_were_sent(
    truth: MemcachedTruth, tracer: Tracer
) -> None:
    client = Client(("127.0.0.1", truth.port), default_noreply=False)
    client.set("name", b"END\r\n")
    assert client.get("name") == b"END\r\n"
    assert client.get("nothing") is None
    assert client.get_many(["name", "nothing", "name"]) == {"name": b"END\r\n"}
    _, unique = client.gets("name")
    client.cas("name", b"x", unique)
    client.cas("name", b"x", b"999999")
    client.add("name", b"y")
    client.append("name", b"y")
    client.set("count", b"1", noreply=True)
    client.incr("count", 41)
    client.decr("count", 2)
    client.touch("count", 60)
    client.delete("count")
    client.delete("count")
    client.set("large", b"v" * 500_000)
    assert client.get("large") == b"v" * 500_000
    client.version()
    client.flush_all()
    client.quit()
    rows = truth.theirs(tracer)
    assert told(rows) == [
        ("set name 0 0 5", "ok", "STORED", None),
        ("get name", "ok", "END", 1),
        ("get nothing", "ok", "END", 0),
        ("get name nothing name", "ok", "END", 2),
        ("gets name", "ok", "END", 1),
        (f"cas name 0 0 1 {unique.decode()}", "ok", "STORED", None),
        ("cas name 0 0 1 999999", "ok", "EXISTS", None),
        ("add name 0 0 1", "ok", "NOT_STORED", None),
        ("append name 0 0 1", "ok", "STORED", None),
        ("set count 0 0 1 noreply", "silent", None, None),
        ("incr count 41", "ok", "NUMBER", None),
        ("decr count 2", "ok", "NUMBER", None),
        ("touch count 60", "ok", "TOUCHED", None),
        ("delete count", "ok", "DELETED", None),
        ("delete count", "ok", "NOT_FOUND", None),
        ("set large 0 0 500000", "ok", "STORED", None),
        ("get large", "ok", "END", 1),
        ("version", "ok", "VERSION", None),
        ("flush_all 0", "ok", "OK", None),
        ("quit", "silent", None, None),
    ]
    assert {row["quality"] for row in rows} == {"exact"}
    stored, fetched = rows[15], rows[16]
    assert stored["request_bytes"] == len("set large 0 0 500000\r\n\r\n") + 500_000
    assert fetched["reply_bytes"] == len("VALUE large 0 500000\r\n\r\nEND\r\n") + 500_000


def test_requests_of_a_binary_client_are_logged_in_the_words_of_text(
    truth: MemcachedTruth, tracer: Tracer
) -> None:
    client = bmemcached.Client((f"127.0.0.1:{truth.port}",))
    assert client.set("name", "value")
    assert client.get("name") == "value"
    assert client.get("nothing") is None
    assert client.get_multi(["name", "nothing"]) == {"name": "value"}
    assert client.set_multi({"a": "1", "b": "2"}) == []
    assert not client.add("name", "x")
    assert client.incr("count", 1, default=5) == 5
    assert client.delete("name")
    client.disconnect_all()
    rows = truth.theirs(tracer)
    assert {row["quality"] for row in rows} == {"exact"}
    assert told(rows) == [
        ("set name 0 0 5", "ok", "OK", None),
        ("get name", "ok", "OK", 1),
        ("get nothing", "ok", "NOT_FOUND", 0),
        ("get name", "ok", "OK", 1),
        ("get nothing", "ok", "NOT_FOUND", 0),
        ("set a 0 0 1", "silent", None, None),
        ("set b 0 0 1", "silent", None, None),
        ("noop", "ok", "OK", None),
        ("add name 0 0 1", "ok", "EXISTS", None),
        ("incr count 1", "ok", "OK", None),
        ("delete name", "ok", "OK", None),
    ]
    heard = truth.heard(0)
    assert sum(len(each.opcodes) for each in heard) == len(rows)


def test_quiet_meta_commands_are_told_apart_by_what_they_repeat(
    truth: MemcachedTruth, tracer: Tracer
) -> None:
    client = connected(truth.server)
    client.ask(b"ms hit 5\r\nvalue\r\n")
    requests = [f"mg {'hit' if number % 3 else 'miss'} v q k O{number}" for number in range(200)]
    client.write(*(f"{request}\r\n".encode() for request in requests), b"mn\r\n")
    replies = client.replies(134)
    assert replies[-1] == b"MN\r\n"
    client.close()
    rows = truth.theirs(tracer)
    assert {row["quality"] for row in rows} == {"exact"}
    assert {row["request"] for row in rows if row["status"] == "silent"} == set(requests[::3])
    answered = {row["request"] for row in rows if row["code"] == "VA"}
    assert answered == set(requests) - set(requests[::3])
    assert Counter(row["command"] for row in rows) == {"ms": 1, "mg": 200, "mn": 1}


def test_connections_at_once_each_have_their_own_requests(
    truth: MemcachedTruth, tracer: Tracer
) -> None:
    clients = [connected(truth.server) for _ in range(8)]
    before = truth.counters()
    everywhere(talk, clients)
    gained = truth.counters()
    gained.subtract(before)
    rows = truth.theirs(tracer)
    assert by_client(rows) == {
        name_of(client): [line.decode().splitlines()[0] for line in lines_of(client)]
        for client in clients
    }
    assert {row["quality"] for row in rows} == {"exact"}
    assert gained["cmd_set"] == gained["get_hits"] == TURNS * len(clients)
    asked_by_truth = 3
    total = tracer.numbers(truth.port)["total_reqs"]
    assert total == len(rows) + asked_by_truth
    for client in clients:
        client.close()


def name_of(client: Connection) -> str:
    host, port = client.socket.getsockname()
    return f"{host}:{port}"


def lines_of(client: Connection) -> list[bytes]:
    """What `talk` sends: each key is of this client alone."""
    key = name_of(client).encode()
    return [
        line
        for turn in range(TURNS)
        for line in (b"set %s:%d 0 0 1\r\nx\r\n" % (key, turn), b"get %s:%d\r\n" % (key, turn))
    ]


def talk(client: Connection) -> None:
    for line in lines_of(client):
        client.ask(line)


def test_deep_pipeline_of_equal_requests_is_exact(truth: MemcachedTruth, tracer: Tracer) -> None:
    """The requests fill many segments, whose ends are nowhere near theirs."""
    count = 20_000
    client = connected(truth.server)
    client.ask(b"set n 0 0 1\r\n0\r\n")
    sender = threading.Thread(target=client.write, args=(b"incr n 1\r\n" * count,))
    sender.start()
    replies = client.replies(count)
    sender.join()
    assert replies == [b"%d\r\n" % number for number in range(1, count + 1)]
    client.close()
    rows = truth.theirs(tracer)[1:]
    assert {(row["command"], row["code"], row["quality"]) for row in rows} == {
        ("incr", "NUMBER", "exact")
    }
    assert [row["reply_bytes"] for row in rows] == [len(reply) for reply in replies]
    assert truth.counters()["incr_hits"] == count


def test_timeout_is_logged_while_the_server_hangs() -> None:
    with (
        memcached_running() as server,
        tracing("-p", str(server.port), "--timeout", "1", mode="memcached") as tracer,
        connected(server) as text,
        connected(server) as packets,
    ):
        text.ask(b"set key 0 0 5\r\nvalue\r\n")
        packets.call(binary(NOOP))
        tracer.rows_when(2)
        with held_up(server):
            text.write(b"get key\r\n")
            packets.write(binary(GET, b"key"))
            hanging = tracer.rows_when(4)[2:]
        assert text.reply() == b"VALUE key 0 5\r\nvalue\r\nEND\r\n"
        assert packets.packet().value == b"value"
        late = tracer.rows_when(6)[4:]
        numbers = tracer.numbers(server.port)
        outcome = tracer.stop()
    for row in hanging:
        assert (row["request"], row["status"], row["latency_ns"]) == ("get key", "timeout", None)
        assert row["time_ns"] == row["request_last_ns"] + NS_PER_S
    for row in late:
        assert (row["request"], row["status"], row["hits"]) == ("get key", "ok", 1)
        assert row["flags"] == ["late"]
        assert row["latency_ns"] is not None
        assert row["latency_ns"] > NS_PER_S
    assert numbers["total_reqs"] == sum(numbers["latencies"]) == 4
    assert "timeouts 2" in outcome.err
    assert "late 2" in outcome.err


@pytest.mark.parametrize("json", [True, False])
def test_password_of_text_is_not_in_the_log(json: bool) -> None:
    with tempfile.NamedTemporaryFile("w") as passwords:
        passwords.write(f"user:{PASSWORD}\n")
        passwords.flush()
        with (
            memcached_running("-Y", passwords.name) as server,
            tracing("-p", str(server.port), mode="memcached", json=json) as tracer,
            connected(server) as client,
        ):
            login = f"user {PASSWORD}".encode()
            assert client.ask(b"set auth 0 0 %d\r\n%s\r\n" % (len(login), login)) == b"STORED\r\n"
            client.ask(b"get a\r\n")
            wait_for_lines(tracer, 2)
            outcome = tracer.stop()
    assert PASSWORD not in outcome.out + outcome.err


def wait_for_lines(tracer: Tracer, count: int) -> None:
    wait_until(lambda: tracer.text().count("\n") >= count, f"{count} lines")


@pytest.mark.parametrize("json", [True, False])
def test_password_of_sasl_is_not_in_the_log(json: bool) -> None:
    with (
        saslauthd_running(PASSWORD) as folder,
        memcached_running("-S", env={"SASL_CONF_PATH": folder}) as server,
        tracing("-p", str(server.port), mode="memcached", json=json) as tracer,
    ):
        client = bmemcached.Client((f"127.0.0.1:{server.port}",), "user", PASSWORD)
        assert client.set("name", "value")
        client.disconnect_all()
        wait_for_lines(tracer, 2)
        outcome = tracer.stop()
    assert "sasl_auth" in outcome.out
    assert "set name" in outcome.out
    assert PASSWORD not in outcome.out + outcome.err


def test_value_that_is_too_large_is_one_error(truth: MemcachedTruth, tracer: Tracer) -> None:
    """The server throws the block away; the commands that are in it are none."""
    block = b"version\r\n" * 150_000
    with connected(truth.server) as client:
        for line in (b"set a 0 0 %d\r\n", b"ms a %d q\r\n"):
            reply = client.ask(line % len(block), block, b"\r\nget a\r\n")
            assert reply == b"SERVER_ERROR object too large for cache\r\n"
            assert client.reply() == b"END\r\n"
        client.ask(b"set a 0 0 %d noreply\r\n" % len(block), block, b"\r\nget a\r\n")
    rows = truth.theirs(tracer)
    assert [(row["command"], row["status"], row["code"]) for row in rows] == [
        ("set", "error", "SERVER_ERROR"),
        ("get", "ok", "END"),
        ("ms", "error", "SERVER_ERROR"),
        ("get", "ok", "END"),
        ("set", "silent", None),
        ("get", "ok", "END"),
    ]
    assert rows[0]["request_bytes"] == len(b"set a 0 0 1350000\r\n\r\n") + len(block)
    assert {row["quality"] for row in rows} == {"exact"}


def test_connection_that_was_open_before_is_exact_after_a_proof(truth: MemcachedTruth) -> None:
    """Replies that repeat key after key are such a proof; what came before is inferred."""
    count = 60
    with connected(truth.server) as client:
        for number in range(count):
            client.ask(b"set before:%d 0 0 1\r\nx\r\n" % number)
        with tracing("-p", str(truth.port), mode="memcached") as tracer:
            for number in range(count):
                client.ask(b"get before:%d\r\n" % number)
            rows = truth.theirs(tracer)
    assert [row["request"] for row in rows] == [f"get before:{number}" for number in range(count)]
    assert rows[0]["quality"] == "inferred"
    assert "mid-stream" in rows[0]["flags"]
    assert rows[-1]["quality"] == "exact"
