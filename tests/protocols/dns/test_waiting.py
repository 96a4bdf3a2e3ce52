"""The tables of queries and clients: found, forgotten, bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.protocols.dns.clients import Clients, mixed
from tcpkit.protocols.dns.message import same_question
from tcpkit.protocols.dns.waiting import (
    ANSWERED,
    COPY_NS,
    MARKED_COPY_NS,
    MAX_CHAIN,
    POOL_SIZE,
    QUERY_SLOTS,
    WAITING,
    Client,
    Query,
    QueryQueue,
    QueryTable,
    is_copy,
    remembered,
)
from tcpkit.protocols.message import Recorder
from tcpkit.wire.segment import IPV6_BIT, Datagram
from tests.protocols.dns.messages import question

RECORDER = Recorder()


def client(salt: int = 1) -> Client:
    made = Client(RECORDER)
    made.salt = salt
    return made


def find(table: QueryTable, whose: Client, id_: int, asked: bytes) -> Query | None:
    return table.find(whose, id_, 0, asked, 0, len(asked))


def test_query_is_found_by_client_id_opcode_and_question() -> None:
    table, one, other = QueryTable(), client(), client()
    query = table.add(one, 7, 0, question("a"))
    assert query is not None
    assert find(table, one, 7, question("A")) is query
    assert find(table, other, 7, question("a")) is None
    assert find(table, one, 8, question("a")) is None
    assert find(table, one, 7, question("b")) is None
    assert find(table, one, 7, b"") is None
    assert table.find(one, 7, 4, question("a"), 0, 7) is None


def test_of_queries_alike_the_oldest_is_found() -> None:
    table, one = QueryTable(), client()
    first, second = (table.add(one, 7, 0, question("a")) for _ in range(2))
    assert first is not None and second is not None
    assert find(table, one, 7, question("a")) is first
    table.remove(first)
    assert find(table, one, 7, question("a")) is second


def test_query_that_alone_has_its_id_is_found_by_it() -> None:
    table, one = QueryTable(), client()
    first = table.add(one, 7, 0, question("a"))
    assert table.find_alone(one, 7, 0, WAITING) is first
    second = table.add(one, 7, 0, question("b"))
    assert second is not None
    assert table.find_alone(one, 7, 0, WAITING) is None
    second.state = ANSWERED
    assert table.find_alone(one, 7, 0, WAITING) is first
    assert table.find_alone(one, 7, 0, ANSWERED) is second


def test_chain_takes_so_many_queries_and_no_more() -> None:
    table, one = QueryTable(), client()
    kept = [table.add(one, 7, 0, question(f"n{number}")) for number in range(MAX_CHAIN)]
    assert None not in kept
    assert table.add(one, 7, 0, question("more")) is None
    assert table.add(one, 7 + QUERY_SLOTS, 0, question("more")) is None
    assert table.add(one, 8, 0, question("more")) is not None
    assert (table.size, one.queries) == (MAX_CHAIN + 1, MAX_CHAIN + 1)


def test_forgotten_query_is_used_again_as_new() -> None:
    table, one = QueryTable(), client()
    query = table.add(one, 7, 0, question("a"))
    assert query is not None
    query.state, query.attempts, query.flags, query.doubtful = ANSWERED, 3, 4, True
    query.reply_marks, query.replied_ns, query.timed_out = 5, 6, True
    table.remove(query)
    assert (table.size, one.queries) == (0, 0)
    again = table.add(client(2), 9, 4, question("b"))
    assert again is query
    assert (again.state, again.attempts, again.flags, again.doubtful) == (WAITING, 1, 0, False)
    assert (again.reply_marks, again.replied_ns, again.timed_out) == (0, 0, False)


def test_many_queries_come_and_go() -> None:
    table, one = QueryTable(), client()
    queries = [table.add(one, number, 0, question("a")) for number in range(3 * POOL_SIZE)]
    for query in queries:
        assert query is not None
        table.remove(query)
    assert table.size == 0
    assert all(find(table, one, number, question("a")) is None for number in range(4000))


@given(st.lists(st.integers(0, 9), max_size=40))
def test_queue_is_a_list_that_any_may_leave(steps: list[int]) -> None:
    queue, model = QueryQueue(), list[Query]()
    for step in steps:
        if step < 5 or not model:
            query = Query(client())
            queue.append(query)
            model.append(query)
        else:
            queue.remove(model.pop(step % len(model)))
        forward: list[Query] = []
        backward: list[Query] = []
        each = queue.head
        while each is not None:
            forward.append(each)
            each = each.next
        each = queue.tail
        while each is not None:
            backward.insert(0, each)
            each = each.before
        assert forward == model == backward and queue.size == len(model)


# Clients


def datagram(a0: int, ports: int, a1: int = 0, a2: int = 0, a3: int = 0) -> Datagram:
    made = Datagram()
    made.a0, made.a1, made.a2, made.a3, made.ports = a0, a1, a2, a3, ports
    return made


V6 = IPV6_BIT | 5 << 16 | 53
ENDS = [
    (1, 5 << 16 | 53),
    (2, 5 << 16 | 53),
    (1, 6 << 16 | 53),
    (-1, 5 << 16 | 53),
    (1, V6, 2, 3, 4),
    (1, V6, 2, 3, 5),
    (1, V6, 2, 4, 4),
    (1, V6, 3, 3, 4),
]


def test_client_is_found_by_all_of_its_ends() -> None:
    clients = Clients({53: RECORDER})
    made = {ends: clients.add(datagram(*ends)) for ends in ENDS}
    for ends, each in made.items():
        assert each is not None
        assert clients.find(datagram(*ends)) is each
    for ends, each in made.items():
        assert each is not None
        clients.free(each)
        assert clients.find(datagram(*ends)) is None


def test_client_has_the_recorder_of_its_port() -> None:
    other = Recorder()
    clients = Clients({53: RECORDER, 5353: other})
    made = clients.add(datagram(1, 7 << 16 | 5353))
    assert made is not None and made.recorder is other
    clients.free(made)
    again = clients.add(datagram(2, 7 << 16 | 53))
    assert again is made and again.recorder is RECORDER
    assert again.ends.server == "0.0.0.2:53"


def test_clients_that_fall_together_are_bounded() -> None:
    clients = Clients({53: RECORDER})
    ports = {mixed(0, 0, 0, 0, n << 16 | 53) & 65535: n << 16 | 53 for n in range(65536)}
    addresses = [n << 32 for n in range(200) if mixed(n << 32, 0, 0, 0, 0) & 65535 in ports]
    together = [(a0, ports[mixed(a0, 0, 0, 0, 0) & 65535]) for a0 in addresses[: MAX_CHAIN + 1]]
    assert {int(mixed(a0, 0, 0, 0, port)) & 65535 for a0, port in together} == {0}
    made = [clients.add(datagram(*ends)) for ends in together]
    assert None not in made[:-1] and made[-1] is None


@pytest.mark.parametrize("step", [1 << 32, 1, 1 << 40, 1 << 16])
def test_neighbours_spread_over_the_table(step: int) -> None:
    """By address of the client or of the server: few meet, as if by chance."""
    slots = {mixed(0x0A000001_0A000002 + n * step, 0, 0, 0, 53) & 65535 for n in range(20000)}
    assert len(slots) > 14000  # chance would be 17,200


def test_ports_spread_over_the_table() -> None:
    slots = {mixed(0x0A000001_0A000002, 0, 0, 0, n << 16 | 53) & 65535 for n in range(20000)}
    assert len(slots) > 14000


# Copies


def test_copies_are_told_by_mark_and_time() -> None:
    marks = remembered(remembered(remembered(0, 1), 2), 3)
    assert all(is_copy(marks, 1000, mark, 1001) for mark in (1, 2, 3))
    assert is_copy(marks, 1000, 3, 999) and not is_copy(marks, 1000, 4, 1001)
    assert is_copy(marks, 0, 3, MARKED_COPY_NS - 1) and not is_copy(marks, 0, 3, MARKED_COPY_NS)
    assert not is_copy(remembered(marks, 4), 1000, 1, 1001)


def test_copies_without_a_mark_are_told_by_time() -> None:
    assert is_copy(0, 0, 0, COPY_NS - 1) and not is_copy(0, 0, 0, COPY_NS)
    assert not is_copy(7, 0, 0, 1) and not is_copy(0, 0, 7, 1)


@pytest.mark.parametrize("before", [b"", b"xyz"])
def test_questions_are_equal_whatever_their_case(before: bytes) -> None:
    asked = question("www.Example.com", 28)
    for other in (asked, question("WWW.example.COM", 28)):
        data = before + other
        assert same_question(asked, data, len(before), len(data))
    for other in (question("www.Example.com", 29), question("www.Example.co", 28), asked[:-1], b""):
        data = before + other
        assert not same_question(asked, data, len(before), len(data))
