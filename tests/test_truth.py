"""Damaged captures: what is reported as exact happened, and what is inferred nearly always.

A part of what `make truth` does: so many runs for each capture and way of damage.
"""

from pathlib import Path

import pytest

from tcpkit.installation import is_compiled
from tests.build import Conversation, drop
from tests.truth.captures import captures, read, reading_of
from tests.truth.dialects import DIALECTS
from tests.truth.judge import Reading, Verdict, judge_capture, total
from tests.truth.simulated import Simulation
from tests.truth.trace import trace

RUNS_A_WAY = 200 if is_compiled() else 20
SIMULATIONS = 10 if is_compiled() else 3
RUNS_OF_SIMULATED = 12
EXCHANGES_UNTIL_PAIRED = 10


@pytest.mark.parametrize("path", captures(), ids=lambda path: path.stem)
def test_nothing_is_reported_that_did_not_happen(path: Path) -> None:
    link_type, packets = read(path)
    for verdict in judge_capture(packets, reading_of(path, link_type), RUNS_A_WAY).values():
        assert verdict.runs > 0
        assert verdict.false_exact == []
        assert verdict.wrong_inferred == []


def test_simulated_clients_are_paired_truly() -> None:
    """Exact is never wrong; inferred is wrong once in a thousand at most, over all together."""
    whole = Verdict()
    for dialect in DIALECTS:
        reading = Reading(mode=dialect.mode)
        for seed in range(SIMULATIONS):
            packets = Simulation(dialect, seed).packets
            verdict = total(judge_capture(packets, reading, RUNS_OF_SIMULATED).values())
            assert verdict.false_exact == [], f"{dialect.name}, seed {seed}"
            if dialect.lawful:
                whole.add(verdict)
    assert whole.exact > 1000 * SIMULATIONS * len(DIALECTS)
    assert whole.inferred > 100 * SIMULATIONS * len(DIALECTS)
    assert len(whole.wrong_inferred) * 1000 <= whole.inferred, whole.wrong_inferred


def lockstep(rounds: int) -> Conversation:
    conversation = Conversation().handshake()
    for at in range(rounds):
        conversation.client(b"*2\r\n$3\r\nGET\r\n$2\r\n%02d\r\n" % at, at_us=100 + at * 1000)
        conversation.server(b"$2\r\n%02d\r\n" % at, at_us=400 + at * 1000)
    return conversation


@pytest.mark.parametrize("lost", range(80))
def test_client_that_waits_is_paired_again_after_a_lost_packet(lost: int) -> None:
    rounds = 40
    exchanges = trace(drop(lockstep(rounds).packets, lost)).exchanges
    assert len(exchanges) >= rounds - EXCHANGES_UNTIL_PAIRED
    assert {int(exchange.latency_ns) for exchange in exchanges} == {300_000}
