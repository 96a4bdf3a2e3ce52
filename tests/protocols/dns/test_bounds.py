"""What is kept at most over UDP, and what becomes of the rest."""

import tracemalloc

from tcpkit.protocols.dns import datagrams
from tcpkit.protocols.dns.datagrams import MAX_ANSWERED, MAX_GIVEN_UP, MAX_WAITING, DnsReader
from tcpkit.protocols.dns.waiting import MAX_QUERIES
from tcpkit.protocols.message import Exchange, PairingCounts, Recorder
from tcpkit.wire.segment import Datagram
from tests.protocols.dns.messages import answer, query

SECOND_NS = 1_000_000_000
LIMIT_MB = 200
SAMPLE = 5000


class Quiet(Recorder):
    def answered(self, latency_ns: int) -> bool:
        return False

    def wants(self, status: str, blocking: bool) -> bool:
        return False

    def report(self, exchange: Exchange) -> None:
        raise AssertionError


def reader() -> tuple[DnsReader, PairingCounts]:
    counts = PairingCounts()
    return DnsReader({53: Quiet()}, counts, 10 * SECOND_NS), counts


class Source:
    """Datagrams of many clients."""

    def __init__(self) -> None:
        self._datagram = Datagram()
        self._asked, self._answered = query(id_=1), answer(id_=1)

    def asked(self, number: int, ts_ns: int) -> Datagram:
        return self._filled(self._asked, number, ts_ns)

    def answered(self, number: int, ts_ns: int) -> Datagram:
        return self._filled(self._answered, number, ts_ns)

    def _filled(self, data: bytes, number: int, ts_ns: int) -> Datagram:
        made = self._datagram
        made.a0 = (number // 60000 + 1) << 32 | 0x0A000001
        made.ports = (number % 60000 + 1024) << 16 | 53
        made.data, made.start, made.end, made.size = data, 0, len(data), len(data)
        made.ts_ns = made.first_ns = made.last_ns = ts_ns
        made.mark = number % 65535 + 1
        return made


def test_oldest_query_is_given_up_when_too_many_wait() -> None:
    made, counts = reader()
    source = Source()
    for number in range(MAX_WAITING + 1000):
        made.request(source.asked(number, number))
    assert counts.unpaired == {"too many waiting": 1000}
    made.reply(source.answered(999, SECOND_NS))
    assert counts.unpaired == {"too many waiting": 1000, "reply without request": 1}
    made.reply(source.answered(1000, SECOND_NS))
    assert counts.exact == 1
    made.finish(2 * SECOND_NS)
    assert counts.unanswered == MAX_WAITING - 1
    assert counts.timeouts == 0


def test_full_table_takes_bounded_memory() -> None:
    made, _ = reader()
    source = Source()
    tracemalloc.start()
    for number in range(SAMPLE):
        made.request(source.asked(number, number))
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken // SAMPLE * MAX_QUERIES < LIMIT_MB << 20


def test_lists_fill_the_table_and_no_more() -> None:
    assert MAX_WAITING + MAX_ANSWERED + MAX_GIVEN_UP == MAX_QUERIES


def test_answered_queries_are_remembered_up_to_a_number() -> None:
    made, counts = reader()
    source = Source()
    for number in range(MAX_ANSWERED + 10):
        made.request(source.asked(number, number))
        made.reply(source.answered(number, number))
    for number in (10, 9):
        made.reply(source.answered(number, SECOND_NS))
    assert counts.unpaired == {"reply without request": 1} and counts.duplicates == 1


def test_answered_queries_are_remembered_for_a_time() -> None:
    made, counts = reader()
    source = Source()
    made.request(source.asked(1, 0))
    made.reply(source.answered(1, 5))
    made.expire(datagrams.REMEMBERED_NS + 4)
    made.reply(source.answered(1, datagrams.REMEMBERED_NS + 4))
    assert counts.duplicates == 1
    made.expire(2 * datagrams.REMEMBERED_NS + 4)
    made.reply(source.answered(1, 2 * datagrams.REMEMBERED_NS + 4))
    assert counts.unpaired == {"reply without request": 1}


def test_queries_given_up_are_remembered_up_to_a_number() -> None:
    made, counts = reader()
    source = Source()
    for number in range(MAX_GIVEN_UP + 10):
        made.request(source.asked(number, number))
    made.expire(11 * SECOND_NS)
    assert counts.timeouts == MAX_GIVEN_UP + 10
    for number in (9, 10):
        made.reply(source.answered(number, 12 * SECOND_NS))
    assert counts.unpaired == {"reply without request": 1} and counts.late == 1


def test_queries_given_up_are_remembered_for_a_time() -> None:
    made, counts = reader()
    source = Source()
    for number in range(2):
        made.request(source.asked(number, 0))
    made.expire(10 * SECOND_NS)
    made.reply(source.answered(0, 69 * SECOND_NS))
    made.expire(10 * SECOND_NS + datagrams.LATE_NS)
    made.reply(source.answered(1, 71 * SECOND_NS))
    assert counts.late == 1 and counts.unpaired == {"reply without request": 1}


def test_strays_are_remembered_like_answers() -> None:
    made, counts = reader()
    source = Source()
    for number in range(MAX_ANSWERED + 10):
        made.reply(source.answered(number, number))
    assert counts.unpaired == {"reply without request": MAX_ANSWERED + 10}
    for number in (9, MAX_ANSWERED):
        made.request(source.asked(number, SECOND_NS))
        made.reply(source.answered(number, SECOND_NS + 5))
    assert (counts.exact, counts.inferred) == (1, 1)
