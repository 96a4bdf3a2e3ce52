"""The queue of waiting requests, the pool they come from, exchanges on trial."""

from tcpkit.protocols.message import Exchange
from tcpkit.protocols.pairing import (
    PERHAPS,
    POOL_SIZE,
    SHIFTS,
    TRIAL_LIMIT,
    Request,
    RequestPool,
    Trial,
    WaitingQueue,
)


def queued(count: int) -> tuple[WaitingQueue, list[Request]]:
    queue, requests = WaitingQueue(), [Request() for _ in range(count)]
    for request in requests:
        queue.append(request)
    return queue, requests


def test_first_in_is_first_out() -> None:
    queue, requests = queued(3)
    assert queue.size == 3
    assert [queue.pop() is request for request in requests] == [True] * 3
    assert (queue.size, queue.head, queue.tail) == (0, None, None)


def test_queue_that_was_empty_is_used_again() -> None:
    queue, _ = queued(1)
    queue.pop()
    request = Request()
    queue.append(request)
    assert queue.head is request and queue.tail is request


def test_clear_tells_how_many_there_were() -> None:
    queue, requests = queued(5)
    assert queue.clear() == 5
    assert (queue.size, queue.head) == (0, None)
    assert all(request.next is None for request in requests)
    assert queue.clear() == 0


def test_long_queue_is_freed_without_recursion() -> None:
    queue, _ = queued(200_000)
    assert queue.clear() == 200_000


def test_request_from_the_pool_is_as_new() -> None:
    pool = RequestPool()
    used = Request()
    used.kind, used.expected, used.flags = 3, -1, 255
    used.arguments, used.timed_out = [b"AUTH", b"secret"], True
    pool.put(used)
    again = pool.take()
    assert again is used
    new = Request()
    for name in ("kind", "expected", "flags", "arguments", "timed_out", "next"):
        assert getattr(again, name) == getattr(new, name), name


def test_pool_gives_each_request_once() -> None:
    pool = RequestPool()
    for _ in range(3):
        pool.put(Request())
    taken = [pool.take() for _ in range(5)]
    assert len({id(request) for request in taken}) == 5


def test_pool_is_bounded() -> None:
    pool = RequestPool()
    requests = [Request() for _ in range(POOL_SIZE + 10)]
    for request in requests:
        pool.put(request)
    known = {id(request) for request in requests}
    kept = [pool.take() for _ in range(POOL_SIZE + 10)]
    assert sum(id(request) in known for request in kept) == POOL_SIZE


def tried(trial: Trial, name: bytes, latency_ns: int = 1) -> None:
    exchange = Exchange()
    exchange.latency_ns = latency_ns
    trial.add(exchange, name)


def test_trial_tells_which_command_a_shift_would_give_the_next_reply() -> None:
    trial = Trial(0)
    for name in (b"GET", b"INCR", b"PING"):
        tried(trial, name)
    assert [trial.name_before(by) for by in (1, 2, 3, 4)] == [b"PING", b"INCR", b"GET", None]


def test_shift_does_not_go_over_a_break() -> None:
    trial = Trial(0)
    tried(trial, b"GET")
    trial.begin_run()
    assert trial.name_before(1) is None
    tried(trial, b"INCR")
    assert [trial.name_before(by) for by in (1, 2)] == [b"INCR", None]


def test_trial_is_decided_when_every_shift_is_excluded() -> None:
    trial = Trial(0)
    for by in range(1, SHIFTS + 1):
        assert not trial.decided
        trial.exclude(by)
    assert trial.decided


def test_trial_knows_its_longest_latency_and_its_bound() -> None:
    trial = Trial(0)
    for latency_ns in (5, 90, 20):
        tried(trial, b"GET", latency_ns)
    assert trial.longest_ns == 90
    assert not trial.full
    while len(trial.exchanges) < TRIAL_LIMIT:
        assert not trial.full
        tried(trial, b"GET")
    assert trial.full


def test_queue_counts_the_requests_that_may_get_no_reply() -> None:
    queue = WaitingQueue()
    for expected in (1, PERHAPS, PERHAPS, 1):
        request = Request()
        request.expected = expected
        queue.append(request)
    assert (queue.size, queue.optional) == (4, 2)
    queue.pop()
    queue.pop()
    assert (queue.size, queue.optional) == (2, 1)
    queue.clear()
    assert (queue.size, queue.optional) == (0, 0)
