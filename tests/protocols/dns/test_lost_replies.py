"""DNS over TCP when the capture lost an answer, and what comes after it looks the same."""

from tests.build import START_NS, Packet, drop
from tests.protocols.dns.messages import (
    AXFR,
    RESPONSE,
    TXT,
    address,
    answer,
    connection,
    framed,
    header,
    over_tcp,
    query,
    record,
    soa,
)


def asked_twice() -> list[Packet]:
    """The same id and question one after the other; then something else."""
    talk = connection()
    for turn in range(2):
        talk.client(framed(query()), at_us=1000 * turn + 100)
        talk.server(framed(answer(records=[address()])), at_us=1000 * turn + 300)
        talk.client_ack()
    talk.client(framed(query(type_=TXT, id_=2)), at_us=3000)
    talk.server(framed(answer(type_=TXT, id_=2)), at_us=3400)
    return talk.packets


def test_whole_conversation_is_exact() -> None:
    run = over_tcp(asked_twice())
    assert run.latencies_us() == [200, 200, 400]
    assert {exchange.exact for exchange in run.exchanges} == {True}


def answer_at(packets: list[Packet], number: int) -> int:
    """The place of an answer with a record."""
    return [at for at, packet in enumerate(packets) if b"\xc0\x0c" in packet.frame][number]


def test_answer_after_a_lost_one_is_not_given_to_the_query_before() -> None:
    """The client had acknowledged the lost one when it asked again."""
    packets = asked_twice()
    run = over_tcp(drop(packets, answer_at(packets, 0)))
    assert [exchange.request_last_ns - START_NS for exchange in run.exchanges] == [
        1_100_000,
        3_000_000,
    ]
    assert run.pairing.unpaired == {"reply lost": 1}


def test_answer_after_a_lost_one_is_given_to_none_of_two_that_are_alike() -> None:
    """Both were asked before: either may be the one that was answered."""
    talk = connection().client(framed(query(), query(), query(type_=TXT, id_=2)), at_us=100)
    talk.server(framed(answer(records=[address()])), at_us=300)
    talk.server(framed(answer(records=[address()])), at_us=400).client_ack()
    talk.server(framed(answer(type_=TXT, id_=2)), at_us=500).client_ack()
    assert over_tcp(talk.packets).latencies_us() == [200, 300, 400]
    run = over_tcp(drop(talk.packets, answer_at(talk.packets, 0)))
    assert run.latencies_us() == [400]


def message(*records: bytes) -> bytes:
    """One of a transfer, without the question, as servers send all but the first."""
    return header(1, RESPONSE, (0, len(records), 0, 0)) + b"".join(records)


def test_transfer_that_lost_its_first_message_is_not_reported() -> None:
    owner = b"\7example\3com\0"
    talk = connection().client(framed(query(type_=AXFR)), at_us=100)
    talk.server(framed(answer(type_=AXFR, records=[soa(1)])), at_us=200).client_ack()
    # An answer to another question brings the stream in step again.
    talk.client(framed(query(id_=2)), at_us=250)
    talk.server(framed(answer(id_=2)), at_us=300).client_ack()
    talk.server(framed(message(record(1, b"\1\2\3\4", owner))), at_us=400).client_ack()
    talk.server(framed(message(soa(1, owner))), at_us=500).client_ack()
    whole = over_tcp(talk.packets)
    assert [exchange.command for exchange in whole.exchanges] == ["A", "AXFR"]
    damaged = over_tcp(drop(talk.packets, answer_at(talk.packets, 0)))
    assert [exchange.command for exchange in damaged.exchanges] == ["A"]
