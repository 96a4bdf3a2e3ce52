"""Where a transfer ends: RFC 5936, section 2.2; RFC 1995, section 4."""

import pytest

from tcpkit.protocols.dns.transfer import UNKNOWN_SERIAL, Transfer
from tcpkit.protocols.dns.words import AXFR, IXFR

OTHER = -1  # a record that is no SOA


def ends(kind: int, messages: list[list[int]], held: int = UNKNOWN_SERIAL) -> list[bool]:
    """Whether the transfer has ended, behind each message; numbers are serials."""
    transfer = Transfer(kind, held)
    ended = []
    for records in messages:
        for serial in records:
            if serial == OTHER:
                transfer.other()
            else:
                transfer.soa(serial)
        transfer.message_ended(len(records), False)
        ended.append(transfer.ended)
    return ended


def test_axfr_ends_with_the_second_soa() -> None:
    assert ends(AXFR, [[5, OTHER, OTHER, 5]]) == [True]
    assert ends(AXFR, [[5, OTHER], [OTHER], [5]]) == [False, False, True]


def test_axfr_with_a_record_a_message_ends_with_the_second_soa() -> None:
    assert ends(AXFR, [[5], [OTHER], [OTHER], [5]]) == [False, False, False, True]


def test_axfr_of_a_zone_that_changes_ends_all_the_same() -> None:
    assert ends(AXFR, [[5, OTHER], [OTHER, 6]]) == [False, True]


@pytest.mark.parametrize("kind", [AXFR, IXFR])
def test_no_answer_at_all_is_the_end(kind: int) -> None:
    assert ends(kind, [[]]) == [True]


@pytest.mark.parametrize("kind", [AXFR, IXFR])
def test_message_without_answers_on_the_way_is_not_the_end(kind: int) -> None:
    assert ends(kind, [[5, OTHER], [], [5]], held=1) == [False, False, True]


@pytest.mark.parametrize("kind", [AXFR, IXFR])
def test_answer_that_begins_with_no_soa_is_one_message(kind: int) -> None:
    assert ends(kind, [[OTHER, OTHER]]) == [True]


@pytest.mark.parametrize("kind", [AXFR, IXFR])
def test_failure_ends_it_at_any_time(kind: int) -> None:
    transfer = Transfer(kind, 1)
    transfer.soa(5)
    transfer.message_ended(1, False)
    assert not transfer.ended
    transfer.message_ended(0, True)
    assert transfer.ended


def test_single_soa_says_that_the_ixfr_client_is_up_to_date() -> None:
    assert ends(IXFR, [[5]], held=5) == [True]
    assert ends(IXFR, [[5]], held=6) == [True]
    assert ends(IXFR, [[0xFFFFFFF0]], held=5) == [True]  # older: RFC 1982


def test_single_soa_that_is_newer_is_followed_by_more() -> None:
    assert ends(IXFR, [[5], [OTHER], [5]], held=4) == [False, False, True]
    assert ends(IXFR, [[3], [OTHER], [3]], held=0xFFFFFFF0) == [False, False, True]


def test_single_soa_is_the_end_where_it_is_not_known_what_the_client_has() -> None:
    assert ends(IXFR, [[5]]) == [True]


def test_ixfr_with_the_whole_zone_ends_like_axfr() -> None:
    assert ends(IXFR, [[5, OTHER, OTHER, 5]], held=1) == [True]
    assert ends(IXFR, [[5, OTHER], [OTHER, 5]], held=1) == [False, True]


def test_ixfr_with_an_empty_whole_zone_ends_with_the_second_soa() -> None:
    assert ends(IXFR, [[5, 5]], held=1) == [True]


def test_ixfr_with_one_difference_ends_with_the_third_new_soa() -> None:
    assert ends(IXFR, [[5, 4, OTHER, 5, OTHER, 5]], held=4) == [True]
    assert ends(IXFR, [[5], [4], [OTHER], [5], [OTHER], [5]], held=4) == [False] * 5 + [True]


def test_ixfr_with_several_differences_ends_where_no_deletions_follow() -> None:
    # RFC 1995, section 7: from serial 1 by way of 2 to 3
    assert ends(IXFR, [[3, 1, OTHER, 2, OTHER, OTHER], [2, OTHER, 3, OTHER], [3]], held=1) == [
        False, False, True,
    ]  # fmt: skip


def test_ixfr_with_differences_that_delete_nothing_and_add_nothing() -> None:
    assert ends(IXFR, [[5, 4, 5, 5]], held=4) == [True]
    assert ends(IXFR, [[5, 4, 5]], held=4) == [False]
