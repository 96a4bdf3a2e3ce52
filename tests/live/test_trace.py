"""`tcpkit trace -i lo` beside a real redis-server: what its clients did, and what they got."""

import json
import signal
from collections.abc import Iterator

import pytest
import redis

from tests.live.tracer import Tracer, tracing
from tests.live.truth import TruthfulRedis
from tests.program import wait_until

Event = dict[str, object]


@pytest.fixture
def tracer(redis_truth: TruthfulRedis) -> Iterator[Tracer]:
    with tracing("-p", str(redis_truth.port), word="trace", stats=False) as running:
        yield running


def events(tracer: Tracer) -> list[Event]:
    return [json.loads(line) for line in tracer.text().splitlines()]


def test_a_client_is_told_from_its_start_to_its_end(
    redis_truth: TruthfulRedis, tracer: Tracer
) -> None:
    connection = redis.Connection(port=redis_truth.port, protocol=2)
    connection.connect()
    asked = [
        (("SET", "a", "1"), "OK"),
        (("INCR", "a"), "(integer) 2"),
        (("GET", "a"), '"2"'),
        (("GET", "b"), "(nil)"),
        (("RPUSH", "l", "x", "y"), "(integer) 2"),
        (("LRANGE", "l", "0", "-1"), '["x", "y"]'),
        (("CONFIG", "GET", "requirepass"), '["requirepass", ***]'),
    ]
    for words, _ in asked:
        connection.send_command(*words)
        connection.read_response()
    connection.disconnect()
    wait_until(lambda: '"event":"end"' in tracer.text(), "the end of the connection")

    (client,) = {event["client"] for event in events(tracer) if event.get("request") == "SET a 1"}
    found = [event for event in events(tracer) if event["client"] == client]
    said = [event for event in found if event["event"] == "exchange"]
    start, end = found[0], found[-1]
    assert start["event"] == "start"
    assert start["in_progress"] is False
    assert isinstance(start["connect_ns"], int)
    assert end["event"] == "end"
    assert end["ending"] == "closed by the client"
    assert end["requests"] == len(said)
    assert [event["number"] for event in said] == list(range(1, len(said) + 1))
    assert [(event["request"], event["reply"]) for event in said[-len(asked) :]] == [
        (" ".join(words), reply) for words, reply in asked
    ]


def test_connection_older_than_the_trace_is_in_progress_and_still_open_at_its_end(
    redis_truth: TruthfulRedis,
) -> None:
    client = redis.Redis(port=redis_truth.port, single_connection_client=True)
    client.ping()
    with tracing("-p", str(redis_truth.port), word="trace", stats=False) as tracer:
        client.set("key", "value")
        wait_until(lambda: bool(events(tracer)), "the start of the connection")
        tracer.stop(signal.SIGINT)
        found = events(tracer)
    client.close()

    assert found[0]["event"] == "start"
    assert found[0]["in_progress"] is True
    assert found[0]["connect_ns"] is None
    assert found[-1]["event"] == "end"
    assert found[-1]["ending"] == "still open"


def test_ctrl_c_ends_a_trace_as_it_should_end(redis_truth: TruthfulRedis) -> None:
    with (
        tracing("-p", str(redis_truth.port), word="trace", stats=False, json=False) as tracer,
        redis.Redis(port=redis_truth.port) as client,
    ):
        client.set("key", "value")
        wait_until(lambda: "SET key value -> OK" in tracer.text(), "the line of the SET")
        outcome = tracer.stop(signal.SIGINT)

    assert outcome.status == 0
    assert "still open after" in outcome.out.splitlines()[-1]
    assert "\x1b" not in outcome.out
