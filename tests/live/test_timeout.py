"""A server that hangs: the line comes although nothing moves on the wire."""

import signal

from tests.live.resp_server import Client
from tests.live.tracer import tracing
from tests.live.truth import TruthfulRedis

NS_PER_S = 1_000_000_000


def test_timeout_is_logged_while_the_server_hangs(redis_truth: TruthfulRedis) -> None:
    with (
        tracing("-p", str(redis_truth.port), "--timeout", "1") as tracer,
        Client("127.0.0.1", redis_truth.port) as client,
    ):
        client.ask("SET", "key", "value")
        redis_truth.process.send_signal(signal.SIGSTOP)
        try:
            client.send("GET", "key")
            hanging = tracer.rows_when(2)[1]
        finally:
            redis_truth.process.send_signal(signal.SIGCONT)
        assert client.reply() == b"$5\r\nvalue\r\n"
        late = tracer.rows_when(3)[2]
        numbers = tracer.numbers(redis_truth.port)
        outcome = tracer.stop()
    assert (hanging["request"], hanging["status"]) == ("GET key", "timeout")
    assert (hanging["latency_ns"], hanging["reply_bytes"]) == (None, 0)
    assert hanging["time_ns"] == hanging["request_last_ns"] + NS_PER_S
    assert (late["request"], late["status"], late["flags"]) == ("GET key", "ok", ["late"])
    assert late["request_last_ns"] == hanging["request_last_ns"]
    assert late["latency_ns"] is not None
    assert late["latency_ns"] > NS_PER_S
    assert numbers["total_reqs"] == sum(numbers["latencies"]) == 2
    assert "timeouts 1" in outcome.err
    assert "late 1" in outcome.err


def test_request_without_reply_is_unanswered_at_the_end(redis_truth: TruthfulRedis) -> None:
    with (
        tracing("-p", str(redis_truth.port)) as tracer,
        Client("127.0.0.1", redis_truth.port) as client,
    ):
        redis_truth.process.send_signal(signal.SIGSTOP)
        try:
            client.send("GET", "key")
            outcome = tracer.stop()
        finally:
            redis_truth.process.send_signal(signal.SIGCONT)
    assert outcome.status == 0
    assert "unanswered 1" in outcome.err
