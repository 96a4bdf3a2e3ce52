"""Walking resource records, whole and in pieces."""

import struct

import dns.message
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.protocols.dns.records import RecordWalk
from tcpkit.protocols.dns.transfer import UNKNOWN_SERIAL, Transfer
from tests.feeds import Pieces, same_every_way
from tests.protocols.dns.messages import (
    AXFR,
    IXFR,
    NS,
    TXT,
    address,
    name,
    opt,
    record,
    soa,
)

Told = tuple[bool, int, int, bool]


def walked(pieces: Pieces, counts: tuple[int, int, int], kind: int = AXFR) -> Told:
    """Whether all was read, the RCODE's upper bits, the first SOA's serial, whether it ended."""
    walk = RecordWalk()
    transfer = Transfer(kind, UNKNOWN_SERIAL)
    walk.begin(*counts, transfer)
    for piece in pieces:
        data = b"__" + piece + b"__"
        walk.feed(data, 2, 2 + len(piece))
    return walk.whole, int(walk.extended), int(transfer.first), transfer.ended


def every_way(data: bytes, counts: tuple[int, int, int], kind: int = AXFR) -> Told:
    return same_every_way(lambda pieces: walked(pieces, counts, kind), data)


def test_extended_rcode_is_found_behind_other_records() -> None:
    data = address() + record(NS, name("ns.example.com")) + record(TXT, b"\3abc") + opt(1)
    assert every_way(data, (1, 1, 2))[:2] == (True, 1)


def test_extended_rcode_is_found_before_other_records() -> None:
    data = opt(0xAB, b"\0\x0a\0\x08cookie!!") + record(250, bytes(40))
    assert every_way(data, (0, 0, 2))[:2] == (True, 0xAB)


def test_opt_counts_only_in_the_additional_section() -> None:
    assert every_way(opt(1) + opt(2), (1, 0, 1))[:2] == (True, 2)
    assert every_way(opt(1) + opt(0), (0, 1, 1))[:2] == (True, 0)


def test_names_end_with_a_pointer_or_a_zero() -> None:
    data = (
        record(NS, b"", name("a.b.c"))
        + record(NS, b"", b"\1a\xc0\x0c")
        + record(NS, b"", b"\0")
        + opt(3)
    )
    assert every_way(data, (3, 0, 1))[:2] == (True, 3)


def test_serial_is_read_before_the_last_four_numbers() -> None:
    data = soa(0x01020304) + address() + soa(0x01020304)
    assert every_way(data, (3, 0, 0)) == (True, 0, 0x01020304, True)


def test_soa_outside_the_answers_is_none_of_the_transfer() -> None:
    assert every_way(soa(5) + soa(5), (1, 1, 0)) == (True, 0, 5, False)


def test_soa_that_is_too_short_breaks_the_walk() -> None:
    whole, _, first, _ = every_way(record(6, bytes(19)), (1, 0, 0))
    assert (whole, first) == (False, UNKNOWN_SERIAL)


@pytest.mark.parametrize("octet", [0x40, 0x7F, 0x80, 0xBF])
def test_octet_that_begins_no_label_breaks_the_walk(octet: int) -> None:
    assert not every_way(bytes([octet]) + bytes(30), (1, 0, 0))[0]


def test_records_that_are_missing_leave_it_unfinished() -> None:
    assert every_way(address(), (2, 0, 0))[0] is False
    assert every_way(address()[:-1], (1, 0, 0))[0] is False


def test_bytes_behind_the_records_are_left() -> None:
    assert every_way(address() + b"\xff" * 20, (1, 0, 0))[0] is True


def test_soa_without_a_transfer_is_a_record_like_any_other() -> None:
    walk = RecordWalk()
    walk.begin(1, 0, 1, None)
    data = soa(1) + opt(1)
    walk.feed(data, 0, len(data))
    assert walk.whole and walk.extended == 1


counts = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4))


@given(st.binary(max_size=120), counts, st.sampled_from([AXFR, IXFR]))
def test_any_bytes_are_read_the_same_in_all_pieces(
    data: bytes, numbers: tuple[int, int, int], kind: int
) -> None:
    whole = walked([data], numbers, kind)
    assert walked([data[at : at + 1] for at in range(len(data))], numbers, kind) == whole
    assert walked([data[at : at + 3] for at in range(0, len(data), 3)], numbers, kind) == whole


@given(st.lists(st.sampled_from([address(), record(TXT, b"\1x", name("t.")), soa(9)]), max_size=6))
def test_records_that_dnspython_reads_are_whole(records: list[bytes]) -> None:
    header = struct.pack("!HHHHHH", 1, 0x8180, 1, len(records), 0, 1)
    body = name("example.com") + b"\0\1\0\1" + b"".join(records) + opt(2)
    message = dns.message.from_wire(header + body)
    told = walked([b"".join(records) + opt(2)], (len(records), 0, 1))
    assert told[:2] == (True, int(message.rcode()) >> 4)
