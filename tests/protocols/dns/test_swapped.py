"""DNS over UDP where the capture has two packets in the wrong order, with their own times."""

from tests.build import Packet
from tests.protocols.capture import Capture
from tests.protocols.dns.messages import RESPONSE, Talk, answer, bare, dns, query


def swapped(packets: list[Packet], first: int) -> Capture:
    """With the packet `first` behind the next one."""
    order = [*packets[:first], packets[first + 1], packets[first], *packets[first + 2 :]]
    return dns().feed(order).finish()


def test_query_captured_behind_its_answer_does_not_take_the_next_answer() -> None:
    talk = Talk().ask(query(), 0).reply(answer(), 100).ask(query(), 500).reply(answer(), 700)
    run = swapped(talk.packets, 0)
    assert run.latencies_us() == [200]
    assert {exchange.exact for exchange in run.exchanges} == {False}


def test_query_without_a_question_captured_behind_its_answer_does_not_either() -> None:
    asked, answered = bare(), bare(1, RESPONSE)
    talk = Talk().ask(query(id_=9), 0).reply(answer(id_=9), 50)
    talk.ask(asked, 100).reply(answered, 200).ask(asked, 500).reply(answered, 700)
    assert swapped(talk.packets, 2).latencies_us() == [50, 200]


def test_attempt_captured_behind_the_answer_is_no_new_query() -> None:
    talk = Talk().ask(query(), 0).ask(query(), 50).reply(answer(), 100).reply(answer(), 110)
    run = swapped(talk.packets, 1)
    assert run.latencies_us() == [100]
    assert (run.pairing.retries, run.pairing.duplicates) == (1, 1)


def test_second_answer_to_a_query_captured_behind_the_first_is_a_duplicate() -> None:
    talk = Talk().ask(query(), 0).reply(answer(), 100).reply(answer(), 300)
    run = swapped(talk.packets, 0)
    assert run.exchanges == []
    assert run.pairing.duplicates == 1
