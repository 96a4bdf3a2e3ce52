"""Zone transfers over TCP: replies of many messages."""

import pytest

from tests.build import START_NS, cut, drop
from tests.feeds import in_steps
from tests.protocols.capture import SECOND_US, Capture
from tests.protocols.dns.messages import (
    AXFR,
    IXFR,
    REFUSED,
    RESPONSE,
    address,
    answer,
    connection,
    framed,
    header,
    over_tcp,
    query,
    soa,
)

ASK = framed(query("a", type_=AXFR, id_=7))
OTHER, OTHERS = framed(query("b", id_=8)), framed(answer("b", id_=8))


def part(*records: bytes, type_: int = AXFR) -> bytes:
    return framed(answer("a", type_=type_, id_=7, records=records))


def ixfr(serial: int) -> bytes:
    return framed(query("a", type_=IXFR, id_=7, authority=[soa(serial)]))


def test_transfer_is_one_exchange_from_the_first_message_to_the_last_soa() -> None:
    parts = [part(soa(5), address()), part(address(), address()), part(address(), soa(5))]
    made = connection().client(ASK, at_us=100)
    for at, each in enumerate(parts):
        made.server(each, at_us=400 + at)
    run = over_tcp(made.close().packets)
    (exchange,) = run.exchanges
    assert run.pairs == [("AXFR a", b"".join(parts))]
    assert (exchange.exact, exchange.answers, exchange.code) == (True, 6, "NOERROR")
    assert exchange.latency_ns == 300_000
    assert exchange.reply_first_ns == START_NS + 400_000
    assert exchange.reply_last_ns == START_NS + 402_000


def test_transfer_in_pieces_ends_at_the_same_byte() -> None:
    whole = part(soa(5), address()) + part(address(), soa(5)) + OTHERS
    for size in (1, 2, 3, 7, 100):
        made = connection().client(ASK + OTHER)
        for piece in in_steps(whole, size):
            made.server(piece)
        run = over_tcp(made.close().packets)
        assert run.pairs == [("AXFR a", whole[: -len(OTHERS)]), ("A b", OTHERS)]


def test_other_answers_may_come_between() -> None:
    made = connection().client(ASK + OTHER).server(part(soa(5), address()) + OTHERS)
    run = over_tcp(made.server(part(soa(5))).close().packets)
    assert [exchange.request for exchange in run.exchanges] == ["A b", "AXFR a"]
    assert run.exchanges[1].reply_bytes == len(part(soa(5), address()) + part(soa(5)))
    assert [exchange.exact for exchange in run.exchanges] == [True, True]


def test_later_messages_need_no_question() -> None:
    bare = framed(header(7, RESPONSE | 0x400, (0, 2, 0, 0)) + address() + soa(5, b"\1a\0"))
    run = over_tcp(connection().client(ASK).server(part(soa(5)) + bare).close().packets)
    (exchange,) = run.exchanges
    assert (exchange.exact, exchange.answers) == (True, 3)


def test_refused_transfer_is_one_message() -> None:
    refused = framed(answer("a", type_=AXFR, id_=7, rcode=REFUSED))
    run = over_tcp(connection().client(ASK).server(refused).close().packets)
    assert [(each.code, each.status) for each in run.exchanges] == [("REFUSED", "error")]


def test_transfer_that_fails_on_the_way_has_the_errors_code() -> None:
    failed = framed(answer("a", type_=AXFR, id_=7, rcode=2))
    made = connection().client(ASK).server(part(soa(5), address()) + failed + OTHERS)
    (exchange,) = over_tcp(made.close().packets).exchanges
    assert (exchange.code, exchange.answers) == ("SERVFAIL", 2)


def test_transfer_that_goes_on_is_no_timeout() -> None:
    made = connection().client(ASK, at_us=100)
    for second in range(1, 15):
        records = [soa(5)] if second in (1, 14) else [address()]
        made.server(part(*records), at_us=second * SECOND_US)
    run = over_tcp(made.close().packets)
    assert [exchange.status for exchange in run.exchanges] == ["ok"]
    assert run.pairing.timeouts == 0


def test_transfer_that_the_server_ends_too_early_is_aborted() -> None:
    made = connection().client(ASK).server(part(soa(5), address())).server_fin()
    assert [exchange.status for exchange in over_tcp(made.packets).exchanges] == ["aborted"]


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_transfer_with_a_lost_message_is_dropped(lost: int) -> None:
    made = connection().client(ASK).server(part(soa(5), address())).server(part(address()))
    made.server(part(soa(5))).client_ack().client(OTHER).server(OTHERS)
    run = over_tcp(drop(made.close().packets, 3 + lost))
    assert [exchange.request for exchange in run.exchanges] == ["A b"]
    assert run.pairing.unpaired["reply lost"] >= 1
    assert run.pairing.aborted == 0


def test_transfer_cut_by_the_snap_length_is_dropped() -> None:
    made = connection().client(ASK).server(part(soa(5), *[address()] * 9)).server(part(soa(5)))
    run = over_tcp(cut(made.client(OTHER).server(OTHERS).close().packets, 14 + 20 + 32 + 60))
    assert [exchange.request for exchange in run.exchanges] == ["A b"]
    assert run.pairing.unpaired["cut off"] == 1


def test_transfer_whose_records_cannot_be_read_is_dropped() -> None:
    bad = part(soa(5), b"\x80" + bytes(40))
    run = over_tcp(connection().client(ASK + OTHER).server(bad + OTHERS).close().packets)
    assert [exchange.request for exchange in run.exchanges] == ["A b"]
    assert run.pairing.unpaired == {"malformed": 1}


def whole_reply(asked: bytes, *parts: bytes) -> bytes | str:
    """What of the parts is taken for the reply."""
    run = over_tcp(connection().client(asked + OTHER).server(b"".join(parts) + OTHERS).packets)
    return dict(run.pairs).get("IXFR a", "none")


def test_up_to_date_ixfr_is_one_message() -> None:
    only = part(soa(5), type_=IXFR)
    assert whole_reply(ixfr(5), only) == only


def test_ixfr_with_differences_ends_with_the_last_soa() -> None:
    parts = [
        part(soa(5), soa(4), address(), type_=IXFR),
        part(soa(5), address(), type_=IXFR),
        part(soa(5), type_=IXFR),
    ]
    assert whole_reply(ixfr(4), *parts) == b"".join(parts)


def test_ixfr_with_the_whole_zone_ends_with_the_second_soa() -> None:
    parts = [part(soa(5), type_=IXFR), part(address(), type_=IXFR), part(soa(5), type_=IXFR)]
    assert whole_reply(ixfr(1), *parts) == b"".join(parts)


def test_serial_that_the_client_has_is_read_from_a_query_in_pieces() -> None:
    parts = [part(soa(5), type_=IXFR), part(address(), soa(5), type_=IXFR)]
    made = connection()
    for piece in in_steps(ixfr(4), 5):
        made.client(piece)
    run = over_tcp(made.server(b"".join(parts)).close().packets)
    assert run.pairs == [("IXFR a", b"".join(parts))]


def test_transfer_waits_and_is_logged_when_it_begins_late() -> None:
    made = connection().client(ASK, at_us=100)
    run = Capture(mode="dns", ports=(53,)).feed(made.packets).advance(20 * SECOND_US)
    made.packets.clear()
    made.server(part(soa(5), address()), at_us=30 * SECOND_US).server(part(soa(5)))
    run.feed(made.close().packets).finish()
    assert [exchange.status for exchange in run.exchanges] == ["timeout", "ok"]
    assert run.pairing.late == 1
