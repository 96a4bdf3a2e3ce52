"""Exchanges and what is counted of them."""

from tcpkit.protocols.message import (
    BLOCKING,
    DUPLICATE,
    ERROR,
    FLAG_NAMES,
    GAP,
    LATE,
    MID_STREAM,
    OK,
    OUT_OF_ORDER,
    REPLICATION,
    RETRANSMISSION,
    SILENT,
    TIMEOUT,
    TRANSACTION,
    TRUNCATED,
    Exchange,
    PairingCounts,
    flag_names,
)


def test_flags_have_the_contracts_names() -> None:
    assert list(FLAG_NAMES) == [
        "retransmission", "out-of-order", "gap", "truncated", "mid-stream", "duplicate", "late",
        "blocking", "transaction", "replication",
    ]  # fmt: skip


def test_each_flag_has_its_own_name() -> None:
    flags = [
        RETRANSMISSION, OUT_OF_ORDER, GAP, TRUNCATED, MID_STREAM, DUPLICATE, LATE, BLOCKING,
        TRANSACTION, REPLICATION,
    ]  # fmt: skip
    assert [flag_names(flag) for flag in flags] == [[name] for name in FLAG_NAMES]
    assert flag_names(sum(flags)) == list(FLAG_NAMES)
    assert flag_names(0) == []


def test_only_replies_answer() -> None:
    exchange = Exchange()
    answered = []
    for status in (OK, ERROR, TIMEOUT, SILENT, "aborted"):
        exchange.status = status
        answered.append(exchange.answered)
    assert answered == [True, True, False, False, False]


def test_drops_are_added_up_by_reason() -> None:
    counts = PairingCounts()
    counts.drop("lost", 2)
    counts.drop("lost", 1)
    counts.drop("other", 1)
    counts.drop("nothing", 0)
    assert counts.unpaired == {"lost": 3, "other": 1}
