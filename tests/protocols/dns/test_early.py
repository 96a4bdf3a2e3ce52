"""Answers that stand before their queries in the capture, though their times are later."""

from tcpkit.protocols.dns.early import MAX_EARLY
from tests.build import Packet
from tests.protocols.capture import SECOND_US, Capture
from tests.protocols.dns.messages import AAAA, FORMERR, RESPONSE, Talk, answer, bare, dns, query


def as_written(packets: list[Packet]) -> Capture:
    return dns().feed(packets).finish()


def swapped(talk: Talk, first: int = 0) -> list[Packet]:
    """Packet `first` and the one behind it change places, and keep their times."""
    packets = talk.packets
    return [*packets[:first], packets[first + 1], packets[first], *packets[first + 2 :]]


def test_answer_captured_before_its_query_is_paired() -> None:
    run = as_written(swapped(Talk().ask(query(), 10).reply(answer(), 260)))
    (exchange,) = run.exchanges
    assert (exchange.status, exchange.exact, exchange.latency_ns) == ("ok", True, 250_000)
    assert run.pairing.unpaired == {}


def test_query_that_is_asked_anew_gets_its_own_answer() -> None:
    talk = Talk().ask(query(), 0).reply(answer(), 100).ask(query(), 500).reply(answer(), 700)
    run = as_written(swapped(talk))
    assert run.latencies_us() == [100, 200]
    assert [exchange.attempts for exchange in run.exchanges] == [1, 1]


def test_first_of_two_early_answers_counts() -> None:
    talk = Talk().ask(query(), 0).reply(answer(), 100).reply(answer(), 300)
    run = as_written([*talk.packets[1:], talk.packets[0]])
    assert run.latencies_us() == [100]
    assert run.pairing.unpaired == {"reply without request": 1}


def test_answer_to_something_else_is_not_taken() -> None:
    others = [answer(id_=2), answer(type_=AAAA), answer("example.org"), bare(1, RESPONSE | FORMERR)]
    for other in others:
        run = as_written(swapped(Talk().ask(query(), 0).reply(other, 100)))
        assert run.exchanges == []
        assert run.pairing.unpaired == {"reply without request": 1}


def test_answer_of_other_ends_is_not_taken() -> None:
    for client, server in (
        ("10.0.0.1:40001", "10.0.0.2:53"),
        ("10.0.0.3:40000", "10.0.0.2:53"),
        ("10.0.0.1:40000", "10.0.0.3:53"),
    ):
        asked = Talk().ask(query(), 0)
        answered = Talk(client, server).reply(answer(), 100)
        assert as_written([*answered.packets, *asked.packets]).exchanges == []


def test_ipv6_answer_of_another_address_is_not_taken() -> None:
    asked = Talk("[fd00::1]:40000", "[fd00::2]:53").ask(query(), 0)
    answered = Talk("[fd00::1]:40000", "[fd00:0:0:1::2]:53").reply(answer(), 100)
    assert as_written([*answered.packets, *asked.packets]).exchanges == []
    answered = Talk("[fd00::1]:40000", "[fd00::2]:53").reply(answer(), 100)
    assert as_written([*answered.packets, *asked.packets]).latencies_us() == [100]


def test_answer_that_is_older_than_the_query_is_a_stray() -> None:
    run = as_written(Talk().reply(answer(), 0).ask(query(), 100).packets)
    assert run.exchanges == []
    assert run.pairing.unpaired == {"reply without request": 1}
    assert run.pairing.unanswered == 1


def test_answer_that_is_much_later_than_the_query_is_a_stray() -> None:
    run = as_written(swapped(Talk().ask(query(), 0).reply(answer(), 1.1 * SECOND_US)))
    assert run.exchanges == []
    assert run.pairing.unpaired == {"reply without request": 1}


def test_query_without_a_question_is_answered_early_too() -> None:
    run = as_written(swapped(Talk().ask(bare(), 0).reply(bare(1, RESPONSE), 100)))
    (exchange,) = run.exchanges
    assert (exchange.exact, exchange.latency_ns) == (False, 100_000)


def test_attempt_that_is_captured_behind_the_answer_is_no_new_query() -> None:
    talk = Talk().ask(query(), 0).ask(query(), 50).reply(answer(), 100).reply(answer(), 110)
    run = as_written(swapped(talk, 1))
    assert run.latencies_us() == [100]
    assert (run.pairing.retries, run.pairing.duplicates) == (1, 1)


def test_flood_of_strays_is_bounded_and_counted() -> None:
    talk = Talk().ask(query(id_=7), 0)
    for number in range(2 * MAX_EARLY):
        talk.reply(answer(id_=7 if number == 0 else 1000 + number), 100 + number)
    run = as_written([*talk.packets[1:], talk.packets[0]])
    assert run.exchanges == []
    assert run.pairing.unpaired == {"reply without request": 2 * MAX_EARLY}


def test_strays_are_counted_when_time_goes_on() -> None:
    run = dns().feed(Talk().reply(answer(), 0).packets)
    assert run.pairing.unpaired == {}
    run.advance(2 * SECOND_US)
    assert run.pairing.unpaired == {"reply without request": 1}
    run.finish()
    assert run.pairing.unpaired == {"reply without request": 1}
