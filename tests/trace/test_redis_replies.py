"""Replies of Redis beside their requests are what redis-py reads in the same bytes."""

import socket
from collections.abc import Iterator

import pytest
import redis
from redis.exceptions import InvalidResponse, ResponseError

from tests.protocols.memcached.oracle_stream import connections
from tests.trace.said import Failed, value_of
from tests.trace.traced import PCAPS, events, replies

PORT = 6379
LIMIT = 128


def read_by_redis_py(stream: bytes, protocol: int) -> Iterator[object]:
    """The messages of a stream, from a server that sends it without being asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = redis.Connection(
            host="127.0.0.1",
            port=listener.getsockname()[1],
            protocol=protocol,
            redis_connect_func=lambda made: made._parser.on_connect(made),  # it sends nothing
        )
        connection.connect()
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(stream)
        while True:
            try:
                yield connection.read_response(disable_decoding=True, disconnect_on_error=False)
            except (redis.ConnectionError, InvalidResponse):  # it knows no attributes
                connection.disconnect()
                return
            except ResponseError as error:
                yield error


def same(shown: object, read: object) -> bool:
    """Whether a line stands for a value; redis-py leaves out the first word of some errors."""
    if isinstance(read, ResponseError):
        return isinstance(shown, Failed) and shown.endswith(str(read))
    if isinstance(read, list) and isinstance(shown, list):
        return len(shown) == len(read) and all(map(same, shown, read))
    if isinstance(read, dict) and isinstance(shown, dict):
        return list(shown) == list(read) and all(map(same, shown.values(), read.values()))
    return shown == read and type(shown) is type(read)


def shown_of(capture: str) -> dict[str, list[str]]:
    """The replies of each client, in their order."""
    found: dict[str, list[str]] = {}
    for event in events(capture, "redis"):
        if event["event"] == "exchange" and event["reply"] is not None:
            found.setdefault(str(event["client"]), []).append(str(event["reply"]))
    return found


@pytest.mark.parametrize(
    ("capture", "protocol", "compared"),
    [
        ("redis/ordinary.pcap", 2, 48),
        ("redis/errors.pcap", 2, 34),
        ("redis/pipeline.pcap", 2, 142),
        ("redis/transactions.pcap", 2, 34),
        ("redis/streams.pcap", 2, 20),
        ("redis/slow.pcap", 2, 225),
        ("redis/resp3.pcap", 3, 30),
    ],
)
def test_replies_are_those_that_redis_py_reads(capture: str, protocol: int, compared: int) -> None:
    lines = shown_of(capture)
    count = 0
    for connection in connections(PCAPS / capture, PORT):
        read = list(read_by_redis_py(connection.replies.data, protocol))
        for text, value in zip(lines.get(connection.client, []), read, strict=False):
            if "..." in text:
                continue
            assert same(value_of(text), value), (text, value)
            count += 1
    assert count >= compared


def test_long_reply_is_cut_where_its_beginning_ends() -> None:
    texts = [reply for _, reply in replies("redis/large-values.pcap", "redis", "--command", "get")]

    lengths = [len(text) for text in texts if text is not None and text.endswith("...")]
    assert lengths == [LIMIT + len("...")] * len(lengths) != []
