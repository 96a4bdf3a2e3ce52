"""How connections end, with every set of their packets lost: no end is called sure that is not.

A request whose reply the capture lost looks aborted, or timed out. So each of these
conversations is damaged in every way there is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import pytest

from tests.build import START_NS, Conversation, Packet
from tests.truth.damage import Damaged
from tests.truth.judge import Reading, Truth, judge, traced

HANDSHAKE = 3
SECOND_US = 1_000_000


@dataclass(frozen=True)
class Dialect:
    """Two requests and their replies."""

    reading: Reading
    port: int
    requests: tuple[bytes, bytes]
    replies: tuple[bytes, bytes]

    def begun(self) -> Conversation:
        return Conversation(server=f"10.0.0.2:{self.port}").handshake()


def dns_message(number: int, flags: int) -> bytes:
    head = bytes([0, number]) + flags.to_bytes(2, "big") + b"\0\1\0\0\0\0\0\0"
    message = head + b"\1%c\0\0\1\0\1" % (0x60 + number)
    return len(message).to_bytes(2, "big") + message


DIALECTS = {
    "redis": Dialect(
        Reading(mode="redis"),
        6379,
        (b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n", b"*2\r\n$3\r\nGET\r\n$1\r\nb\r\n"),
        (b"$1\r\n1\r\n", b"$1\r\n2\r\n"),
    ),
    "memcached": Dialect(
        Reading(mode="memcached"),
        11211,
        (b"get a\r\n", b"get b\r\n"),
        (b"VALUE a 0 1\r\n1\r\nEND\r\n", b"END\r\n"),
    ),
    "dns": Dialect(
        Reading(mode="dns"),
        53,
        (dns_message(1, 0x0100), dns_message(2, 0x0100)),
        (dns_message(1, 0x8183), dns_message(2, 0x8183)),
    ),
    "http": Dialect(
        Reading(mode="http"),
        80,
        (b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n", b"GET /b HTTP/1.1\r\nHost: h\r\n\r\n"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2",
        ),
    ),
}


def client_has_closed(dialect: Dialect) -> Conversation:
    """It closes while the reply is on its way: its RST answers that."""
    made = dialect.begun().client(dialect.requests[0], at_us=10).client_fin().server_ack()
    return made.server(dialect.replies[0], at_us=200).client_refuses()


def half_close(dialect: Dialect) -> Conversation:
    made = dialect.begun().client(dialect.requests[0], at_us=10).client_fin()
    return made.server(dialect.replies[0], at_us=200).server_fin().client_ack()


def client_resets(dialect: Dialect) -> Conversation:
    """Its RST and the reply pass each other."""
    made = dialect.begun().client(dialect.requests[0], at_us=10).client_reset()
    return made.server(dialect.replies[0], at_us=20)


def client_resets_and_answers(dialect: Dialect) -> Conversation:
    """The reply comes to a client that has reset."""
    return client_resets(dialect).client_refuses()


def client_resets_a_pipeline(dialect: Dialect) -> Conversation:
    made = dialect.begun().client(b"".join(dialect.requests), at_us=10)
    return made.server(dialect.replies[0], at_us=20).client_ack().client_reset()


def server_closes_a_pipeline(dialect: Dialect) -> Conversation:
    made = dialect.begun().client(b"".join(dialect.requests), at_us=10)
    return made.server(dialect.replies[0], at_us=20).server_fin().client_ack().client_fin()


def server_resets(dialect: Dialect) -> Conversation:
    made = dialect.begun().client(b"".join(dialect.requests), at_us=10)
    return made.server(dialect.replies[0], at_us=20).server_reset()


def server_has_closed(dialect: Dialect) -> Conversation:
    """The second request meets a server that has closed behind its reply."""
    made = dialect.begun().client(dialect.requests[0], at_us=10)
    made.server(dialect.replies[0], at_us=20).server_fin()
    return made.client(dialect.requests[1], at_us=21, acked=0).server_refuses(acked=0)


def quiet_for_long(dialect: Dialect) -> Conversation:
    """Capture time goes on by another connection, then by the client's next request."""
    made = dialect.begun().client(dialect.requests[0], at_us=10)
    made.server(dialect.replies[0], at_us=20).client_ack(at_us=40_000)
    other = Conversation("10.0.0.3:1", f"10.0.0.2:{dialect.port}", client_isn=7, server_isn=8)
    made.packets += other.handshake(at_us=11 * SECOND_US).packets
    made.client(dialect.requests[1], at_us=12 * SECOND_US)
    return made.server(dialect.replies[1], at_us=12 * SECOND_US + 10).close()


def four_tuple_again(dialect: Dialect) -> Conversation:
    made = dialect.begun().client(dialect.requests[0], at_us=10)
    made.server(dialect.replies[0], at_us=20).client_reset(at_us=30)
    again = Conversation(
        server=f"10.0.0.2:{dialect.port}",
        start_ns=START_NS + 9_000_000,
        client_isn=99_000,
        server_isn=900_000,
    ).handshake()
    again.client(dialect.requests[1], at_us=10).server(dialect.replies[1], at_us=20).close()
    made.packets += again.packets
    return made


ENDINGS: list[Callable[[Dialect], Conversation]] = [
    client_has_closed,
    half_close,
    client_resets,
    client_resets_and_answers,
    client_resets_a_pipeline,
    server_closes_a_pipeline,
    server_resets,
    server_has_closed,
    quiet_for_long,
    four_tuple_again,
]


def all_losses(packets: list[Packet], kept: int, most: int = 5) -> Iterator[Damaged]:
    """Every set of packets lost, `most` at most, behind the first `kept`."""
    behind = range(kept, len(packets))
    for count in range(min(most, len(behind)) + 1):
        for lost in combinations(behind, count):
            left = [packet for at, packet in enumerate(packets) if at not in lost]
            yield Damaged(f"without packets {[at + 1 for at in lost]}", left)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: str(ending.__name__))
@pytest.mark.parametrize("name", DIALECTS)
def test_no_loss_makes_an_exact_end_that_never_was(
    name: str, ending: Callable[[Dialect], Conversation]
) -> None:
    dialect = DIALECTS[name]
    packets = ending(dialect).packets
    truth = Truth(packets, dialect.reading)
    assert any(x.answered and x.exact for x in traced(packets, dialect.reading).exchanges)
    for damaged in all_losses(packets, HANDSHAKE):
        assert judge(damaged, truth, dialect.reading).false_exact == []


def statuses(made: Conversation, mode: str = "redis") -> list[tuple[str, bool]]:
    return [(x.status, bool(x.exact)) for x in traced(made.packets, Reading(mode=mode)).exchanges]


REDIS, DNS = DIALECTS["redis"], DIALECTS["dns"]
TWO = [REDIS, DNS]


@pytest.mark.parametrize("dialect", TWO, ids=["redis", "dns"])
def test_an_end_by_the_server_itself_proves_that_no_reply_came(dialect: Dialect) -> None:
    waiting = dialect.begun().client(dialect.requests[0], at_us=10).server_fin()
    assert statuses(waiting, dialect.reading.mode) == [("aborted", True)]
    waiting = dialect.begun().client(dialect.requests[0], at_us=10).server_reset()
    assert statuses(waiting, dialect.reading.mode) == [("aborted", True)]


@pytest.mark.parametrize("dialect", TWO, ids=["redis", "dns"])
def test_a_reset_by_the_client_proves_nothing(dialect: Dialect) -> None:
    waiting = dialect.begun().client(dialect.requests[0], at_us=10).client_reset()
    assert statuses(waiting, dialect.reading.mode) == [("aborted", False)]
    assert statuses(waiting.server_reset(), dialect.reading.mode) == [("aborted", True)]


@pytest.mark.parametrize("dialect", TWO, ids=["redis", "dns"])
def test_a_request_that_the_server_knows_no_connection_for_is_aborted(dialect: Dialect) -> None:
    """What came before it may have been answered by a reply that nobody captured."""
    made = dialect.begun().client(dialect.requests[0], at_us=10).server_refuses()
    assert statuses(made, dialect.reading.mode) == [("aborted", False)]
    made = dialect.begun().client(dialect.requests[0], at_us=10)
    made.client(dialect.requests[1], at_us=30).server_refuses()
    expected = [] if dialect is REDIS else [("aborted", False)]
    assert statuses(made, dialect.reading.mode) == expected


@pytest.mark.parametrize("dialect", TWO, ids=["redis", "dns"])
def test_a_reset_that_answers_what_nobody_captured_leaves_nothing_to_report(
    dialect: Dialect,
) -> None:
    made = dialect.begun().client(dialect.requests[0], at_us=10).client_fin().client_refuses(200)
    run = traced(made.packets, dialect.reading)
    assert run.exchanges == [] and run.pairing.aborted == 0
    assert sum(run.pairing.unpaired.values()) == 1
    made = dialect.begun().client(dialect.requests[0], at_us=10).client_reset().client_refuses(200)
    assert traced(made.packets, dialect.reading).exchanges == []


@pytest.mark.parametrize("dialect", TWO, ids=["redis", "dns"])
def test_what_waits_behind_the_reply_that_a_closed_client_refused_is_aborted(
    dialect: Dialect,
) -> None:
    made = dialect.begun().client(b"".join(dialect.requests), at_us=10).client_fin()
    made.server(dialect.replies[0], at_us=200).client_refuses()
    assert statuses(made, dialect.reading.mode) == [("ok", True), ("aborted", False)]


@pytest.mark.parametrize("dialect", TWO, ids=["redis", "dns"])
def test_no_timeout_is_proven(dialect: Dialect) -> None:
    assert statuses(quiet_for_long(dialect), dialect.reading.mode)[0] == ("ok", True)
    made = dialect.begun().client(dialect.requests[0], at_us=10).client_ack(at_us=11 * SECOND_US)
    made.client_ack().server(dialect.replies[0], at_us=12 * SECOND_US)
    assert statuses(made, dialect.reading.mode) == [("timeout", False), ("ok", True)]
