"""Trust: what is paired, and as what, after a loss and after a start in mid-stream."""

from dataclasses import replace

import pytest

from tcpkit.protocols.pairing import MAX_WAITING, MAX_WAITING_LOST, TRIAL_LIMIT
from tests.build import Conversation, Packet, drop
from tests.protocols.capture import SECOND_US, Capture, capture
from tests.protocols.redis.resp import bulk, line

HANDSHAKE = 3


def one_by_one(count: int, gap_us: int = 1000) -> list[Packet]:
    """GET n and the value n, each after the reply before."""
    made = Conversation().handshake()
    for number in range(count):
        made.client(line(f"GET {number}"), at_us=gap_us * (number + 1))
        made.server(bulk(str(number)), at_us=gap_us * (number + 1) + 100)
    return made.packets


def overlapping(count: int) -> list[Packet]:
    """Two requests outstanding all the time: INCR, answered by a number, and GET, by a text."""
    texts = [f"INCR {n}" if n % 2 else f"GET {n}" for n in range(count)]
    replies = [b":%d\r\n" % n if n % 2 else bulk(str(n)) for n in range(count)]
    made = Conversation().handshake().client(line(texts[0]), at_us=1000)
    for number in range(count - 1):
        made.client(line(texts[number + 1]), at_us=1000 * number + 1500)
        made.server(replies[number], at_us=1000 * number + 2000)
    return made.packets


def truth(packets: list[Packet]) -> set[tuple[str, bytes | str]]:
    return set(capture(packets).pairs)


def test_everything_from_the_start_is_exact() -> None:
    result = capture(one_by_one(50))
    assert [exchange.exact for exchange in result.exchanges] == [True] * 50
    assert (result.pairing.exact, result.pairing.inferred) == (50, 0)


@pytest.mark.parametrize("lost", range(HANDSHAKE, HANDSHAKE + 20))
def test_after_a_loss_pairs_are_inferred_and_true(lost: int) -> None:
    packets = one_by_one(60)
    result = capture(drop(packets, lost))
    assert set(result.pairs) <= truth(packets)
    assert len(result.pairs) >= 40
    missed = lost - HANDSHAKE
    exact = [int(x.request.split()[1]) for x in result.exchanges if x.exact]
    assert all(number <= missed // 2 for number in exact)
    assert result.pairing.resyncs >= 1


@pytest.mark.parametrize("first", range(HANDSHAKE, HANDSHAKE + 8))
def test_from_the_middle_pairs_are_inferred_and_true(first: int) -> None:
    packets = one_by_one(60)
    result = capture(packets[first:])
    assert set(result.pairs) <= truth(packets)
    assert len(result.pairs) >= 50
    assert not any(exchange.exact for exchange in result.exchanges)


@pytest.mark.parametrize("first", range(HANDSHAKE, HANDSHAKE + 8))
def test_client_with_two_requests_outstanding_is_not_paired_one_step_shifted(first: int) -> None:
    packets = overlapping(100)
    assert set(capture(packets[first:]).pairs) <= truth(packets)


@pytest.mark.parametrize("lost", range(HANDSHAKE, HANDSHAKE + 12))
def test_client_with_two_requests_outstanding_is_not_shifted_by_a_loss(lost: int) -> None:
    packets = overlapping(100)
    result = capture(drop(packets, lost))
    assert set(result.pairs) <= truth(packets)


def test_reply_that_its_request_cannot_have_is_not_paired() -> None:
    made = Conversation().handshake()
    for number in range(1, 4):
        made.client(line("INCR n"), at_us=1000 * number).server(bulk("text"))
    result = capture(made.packets[HANDSHAKE:])
    assert result.exchanges == []
    assert sum(result.pairing.unpaired.values()) >= 1


def test_exchanges_on_trial_are_reported_after_so_many() -> None:
    packets = one_by_one(TRIAL_LIMIT + 10)[HANDSHAKE + 2 :]
    run = Capture().feed(packets)
    assert len(run.pairs) >= TRIAL_LIMIT
    assert [x.request for x in run.exchanges] == [f"GET {n}" for n in range(1, len(run.pairs) + 1)]


def test_exchanges_on_trial_are_reported_after_a_rest() -> None:
    run = Capture().feed(one_by_one(5)[HANDSHAKE + 2 :]).advance(10 * SECOND_US)
    assert [x.request for x in run.exchanges] == ["GET 1", "GET 2", "GET 3", "GET 4"]


def test_exchanges_on_trial_are_reported_at_the_captures_end() -> None:
    result = capture(one_by_one(5)[HANDSHAKE + 2 :])
    assert [x.request for x in result.exchanges] == ["GET 1", "GET 2", "GET 3", "GET 4"]
    assert (result.pairing.exact, result.pairing.inferred) == (0, 4)
    assert result.stats[6379].total().total_reqs == 4


def test_exchanges_are_reported_once() -> None:
    for first in range(HANDSHAKE, HANDSHAKE + 12):
        pairs = capture(one_by_one(80)[first:]).pairs
        assert len(pairs) == len(set(pairs))


def test_nothing_times_out_while_nothing_is_believed() -> None:
    packets = one_by_one(3)
    run = Capture().feed([*packets[:HANDSHAKE], *packets[HANDSHAKE + 1 :][:1]])
    run.advance(60 * SECOND_US)
    assert [x for x in run.exchanges if x.exact] == []


def test_requests_that_wait_are_bounded() -> None:
    made = Conversation(mss=60_000).handshake().client(line("PING") * (MAX_WAITING + 1))
    run = Capture(keep_bytes=False).feed(made.packets)
    assert run.pairing.unpaired == {"too many waiting": MAX_WAITING + 1}
    made.packets.clear()
    run.feed(made.server(b"+PONG\r\n").packets).finish()
    assert run.exchanges == []


def test_requests_that_wait_in_vain_are_bounded_too() -> None:
    """Nothing is paired, since the start was not seen: the oldest go."""
    count = MAX_WAITING_LOST + 100
    made = Conversation(mss=60_000).handshake().client(line("PING") * count)
    run = Capture(keep_bytes=False).feed(made.packets[HANDSHAKE:])
    assert run.pairing.unpaired == {"lost in step": 100}
    run.finish()
    assert sum(run.pairing.unpaired.values()) + run.pairing.unanswered == count


def steady(outstanding: int, count: int) -> list[Packet]:
    """Always so many GETs outstanding, each sent 20 us after a reply; the server takes 300 us."""
    made = Conversation().handshake()
    for number in range(outstanding):
        made.client(line(f"GET {number}"), at_us=100 + number)
    for number in range(count):
        made.server(bulk(str(number)), at_us=300 * (number + 1) + 200)
        made.client(line(f"GET {number + outstanding}"), at_us=300 * (number + 1) + 220)
    return made.packets


@pytest.mark.parametrize("outstanding", [2, 3, 5])
@pytest.mark.parametrize("first", range(0, 2 * TRIAL_LIMIT, 37))
def test_client_that_keeps_equal_requests_outstanding_is_not_paired_shifted(
    outstanding: int, first: int
) -> None:
    """Nothing on the wire tells it from one that waits, except that it is never at leisure."""
    packets = steady(outstanding, 3 * TRIAL_LIMIT)
    result = capture(packets[HANDSHAKE + outstanding + first :])
    assert result.pairs == []
    assert sum(result.pairing.unpaired.values()) >= TRIAL_LIMIT


def test_client_that_waits_but_is_never_at_leisure_is_not_paired_either() -> None:
    result = capture(steady(1, 3 * TRIAL_LIMIT)[HANDSHAKE + 2 :])
    assert result.pairs == []
    assert sum(result.pairing.unpaired.values()) >= TRIAL_LIMIT


def test_one_pause_confirms_a_client_that_waits() -> None:
    packets = steady(1, 50)

    rest = [replace(packet, ts_ns=packet.ts_ns + 30_000_000) for packet in packets[61:]]
    result = capture([*packets[HANDSHAKE + 2 : 61], *rest])
    assert len(result.pairs) >= 45
    assert set(result.pairs) <= truth(packets)
