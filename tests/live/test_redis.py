"""A real redis-server: what is logged is what was sent, and the server agrees."""

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pytest
import redis

from tests.live.clients import by_client, everywhere
from tests.live.resp_server import Client, command_bytes, read_command
from tests.live.tracer import Row, Tracer, tracing
from tests.live.truth import TruthfulRedis


@pytest.fixture
def tracer(redis_truth: TruthfulRedis) -> Iterator[Tracer]:
    with tracing("-p", str(redis_truth.port)) as running:
        redis_truth.forget()
        yield running


def connected(server: TruthfulRedis, protocol: int, sent: list[bytes]) -> "redis.Redis":
    """A client with one connection; all that it sends is added to `sent`."""

    class Recording(redis.Connection):
        def send_packed_command(
            self, command: bytes | str | Sequence[bytes], check_health: bool = True
        ) -> None:
            assert not isinstance(command, str)
            sent.extend([command] if isinstance(command, bytes) else command)
            send: Callable[[bytes | Sequence[bytes], bool], None] = super().send_packed_command
            send(command, check_health)

    pool = redis.ConnectionPool(Recording, port=server.port, protocol=protocol)
    return redis.Redis(connection_pool=pool, single_connection_client=True)


def requests_in(sent: Sequence[bytes]) -> list[str]:
    """What was sent, as it is to stand in the log."""
    stream = io.BytesIO(b"".join(sent))
    requests = iter(lambda: read_command(stream.readline, stream.read), [])
    return [" ".join(printable(word) for word in words) for words in requests]


def printable(word: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in word)


def counted(commands: Counter[str]) -> Counter[str]:
    """Without those that a server older than the client does not know, nor count."""
    return Counter({name: n for name, n in commands.items() if not name.startswith("CLIENT ")})


def names(rows: Sequence[Row]) -> Counter[str]:
    return Counter(row["command"] for row in rows)


@pytest.mark.parametrize("protocol", [2, 3])
def test_requests_are_logged_as_they_were_sent(
    redis_truth: TruthfulRedis, tracer: Tracer, protocol: int
) -> None:
    sent: list[bytes] = []
    with connected(redis_truth, protocol, sent) as client:
        client.set("name", "a b")
        client.get("name")
        client.hset("hash", mapping={"field": "\r\n\xff"})
        client.hgetall("hash")
        client.config_get("maxmemory")
        client.sadd("set", "one", "two")
        client.smembers("set")
        with pytest.raises(redis.ResponseError):
            client.lpush("name", "value")
        client.ping()
    expected = requests_in(sent)
    assert [request for request in expected if request.startswith("HELLO")] == (
        ["HELLO 3"] if protocol == 3 else []
    )
    rows = tracer.rows_when(len(expected))
    assert [row["request"] for row in rows] == expected
    assert [row["code"] for row in rows if row["command"] == "LPUSH"] == ["WRONGTYPE"]
    assert {row["quality"] for row in rows} == {"exact"}
    assert counted(redis_truth.commands()) == counted(names(rows))


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("transaction", [False, True])
def test_pipeline_is_logged_in_its_order(
    redis_truth: TruthfulRedis, tracer: Tracer, protocol: int, transaction: bool
) -> None:
    count = 300
    sent: list[bytes] = []
    with connected(redis_truth, protocol, sent) as client:
        pipeline = client.pipeline(transaction=transaction)
        for number in range(count):
            pipeline.set(f"key:{number}", "v" * (number % 100))
            pipeline.get(f"key:{number}")
        replies = pipeline.execute()
    assert replies[1::2] == [b"v" * (number % 100) for number in range(count)]
    expected = requests_in(sent)
    rows = tracer.rows_when(len(expected))
    assert [row["request"] for row in rows] == expected
    assert names(rows)["SET"] == names(rows)["GET"] == count
    assert counted(redis_truth.commands()) == counted(names(rows))
    assert {row["quality"] for row in rows} == {"exact"}
    assert max(row["depth"] for row in rows) > 0
    replied = [row["reply_first_ns"] for row in rows]
    assert replied == sorted(replied)


def test_connections_at_once_each_have_their_own_requests(
    redis_truth: TruthfulRedis, tracer: Tracer
) -> None:
    clients = [Client("127.0.0.1", redis_truth.port) for _ in range(8)]
    expected = {
        client.name: [f"SET {index}:{n} v" for n in range(100)]
        for index, client in enumerate(clients)
    }

    def talk(client: Client) -> None:
        for request in expected[client.name]:
            client.ask(*request.split())

    everywhere(talk, clients)
    rows = tracer.rows_when(800)
    assert by_client(rows) == expected
    assert redis_truth.commands() == names(rows) == {"SET": 800}
    assert tracer.numbers(redis_truth.port)["total_reqs"] == 800
    for client in clients:
        client.close()


def test_deep_pipeline_of_equal_requests_is_exact(
    redis_truth: TruthfulRedis, tracer: Tracer
) -> None:
    """The requests fill many segments, whose ends are nowhere near theirs."""
    count = 20_000
    with Client("127.0.0.1", redis_truth.port) as client:
        data = b"".join(command_bytes("INCR", "counter") for _ in range(count))
        sender = threading.Thread(target=client.socket.sendall, args=(data,))
        sender.start()
        replies = [client.reply() for _ in range(count)]
        sender.join()
    assert replies == [b":%d\r\n" % number for number in range(1, count + 1)]
    rows = tracer.rows_when(count)
    assert {(row["command"], row["status"], row["quality"]) for row in rows} == {
        ("INCR", "ok", "exact")
    }
    assert [row["reply_bytes"] for row in rows] == [len(reply) for reply in replies]
    assert redis_truth.commands() == {"INCR": count}
    numbers = tracer.numbers(redis_truth.port)
    assert numbers["total_reqs"] == sum(numbers["latencies"]) == count


def test_value_of_many_segments_is_counted_to_the_byte(
    redis_truth: TruthfulRedis, tracer: Tracer
) -> None:
    value = bytes(range(256)) * 16384
    with Client("127.0.0.1", redis_truth.port) as client:
        client.ask("SET", "big", value)
        assert client.ask("GET", "big") == b"$%d\r\n%b\r\n" % (len(value), value)
    stored, fetched = tracer.rows_when(2)
    assert stored["request_bytes"] == len(command_bytes("SET", "big", value))
    assert fetched["reply_bytes"] == len(b"$%d\r\n\r\n" % len(value)) + len(value)
    assert stored["request"].startswith(r"SET big \x00\x01\x02")
    assert stored["quality"] == fetched["quality"] == "exact"


def test_blocking_command_is_marked_and_not_counted(
    redis_truth: TruthfulRedis, tracer: Tracer
) -> None:
    with Client("127.0.0.1", redis_truth.port) as waiting:
        waiting.send("BLPOP", "list", "0")
        with Client("127.0.0.1", redis_truth.port) as pushing:
            pushing.ask("RPUSH", "list", "v")
        assert waiting.reply() == b"*2\r\n"
    rows = tracer.rows_when(2)
    flags = {row["command"]: row["flags"] for row in rows}
    assert flags == {"BLPOP": ["blocking"], "RPUSH": []}
    assert tracer.numbers(redis_truth.port)["total_reqs"] == 1


def test_connection_that_was_open_before_is_exact_after_a_proof(
    redis_truth: TruthfulRedis,
) -> None:
    """Replies that repeat a text are such a proof; all before it is inferred."""
    with Client("127.0.0.1", redis_truth.port) as client:
        client.ask("SET", "before", "v")
        with tracing("-p", str(redis_truth.port)) as tracer:
            for number in range(10):
                client.ask("SET", f"after:{number}", "v")
            client.ask("ECHO", "a text that nothing else gives back")
            client.ask("ECHO", "and another one")
            client.ask("GET", "before")
            rows = tracer.rows_when(13)
    assert [row["key"] for row in rows[:10]] == [f"after:{number}" for number in range(10)]
    assert {row["quality"] for row in rows[:10]} == {"inferred"}
    assert rows[-1]["quality"] == "exact"
    assert "mid-stream" in rows[0]["flags"]
