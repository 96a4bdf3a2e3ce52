"""Whether what is reported of a damaged capture is true of the undamaged one.

An exchange is true if the undamaged log has the same request and the same reply, and
each of its times is that of the first copy left in the damaged capture. Over TCP the
same are the same places in the two streams, over UDP the same datagrams.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from tcpkit.protocols.message import NO_TIME, TIMEOUT, Exchange
from tcpkit.protocols.protocol import Protocol
from tests.build import Packet
from tests.truth.damage import LONG_WAYS, WAYS, Damaged
from tests.truth.trace import Trace, trace
from tests.truth.wire import Wire

Place = tuple[str, str, str, int | bytes, int, int | bytes, int, bytes, str]


@dataclass(frozen=True)
class Reading:
    """How a capture is read."""

    link_type: int = 1
    mode: str = "redis"
    udp: bool = False
    protocol: Protocol | None = None  # instead of a mode that the registry has


def traced(packets: list[Packet], reading: Reading) -> Trace:
    return trace(packets, reading.link_type, reading.mode, reading.udp, protocol=reading.protocol)


def place(exchange: Exchange, wire: Wire) -> Place:
    """Which bytes were paired, and how it ended."""
    client, server = exchange.client, exchange.server
    request: int | bytes = int(exchange.request_seq)
    reply: int | bytes = int(exchange.reply_seq)
    end = b""
    if exchange.transport == "udp":
        request = wire.message_at(client, server, int(exchange.request_first_ns))
        reply = b""
        if exchange.answered:
            reply = wire.message_at(server, client, int(exchange.reply_first_ns))
            end = wire.message_ending(server, client, int(exchange.reply_last_ns))
    return (
        client,
        server,
        exchange.transport,
        request,
        int(exchange.request_bytes),
        reply,
        int(exchange.reply_bytes),
        end,
        exchange.status,
    )


class Truth:
    """What the undamaged capture says."""

    def __init__(self, packets: list[Packet], reading: Reading) -> None:
        wire = Wire(packets, reading.link_type)
        exchanges = traced(packets, reading).exchanges
        self._last_ns = {
            place(exchange, wire): int(exchange.reply_last_ns) for exchange in exchanges
        }
        self._began: dict[tuple[str, str, bytes], list[int]] = {}
        for exchange in exchanges:
            if exchange.transport == "udp":
                began = self._began.setdefault(_question(exchange, wire), [])
                began.append(int(exchange.request_first_ns))

    def problem(self, exchange: Exchange, wire: Wire) -> str:
        """What is wrong with an exchange of the damaged capture; empty: nothing."""
        if exchange.transport == "udp" and exchange.status == TIMEOUT:
            return self._problem_of_timeout(exchange, wire)
        found = place(exchange, wire)
        if found not in self._last_ns:
            return "not in the undamaged log"
        if exchange.transport == "udp":
            wrong = self._wrong_times_of_datagrams(exchange, wire)
        else:
            wrong = wrong_times(exchange, wire)
            # Answers to others may stand between a zone transfer's messages: then its last
            # byte is not where its size says.
            if self._last_ns[found] == exchange.reply_last_ns and "reply_last_ns" in wrong:
                wrong.remove("reply_last_ns")
        return f"wrong {', '.join(wrong)}" if wrong else ""

    def _problem_of_timeout(self, exchange: Exchange, wire: Wire) -> str:
        """Nothing tells that the capture lost an answer: that it was asked is all that is said."""
        if exchange.exact:
            return "exact, though an answer may be lost"
        known = _question(exchange, wire) in self._began
        return "" if known else "not asked in the undamaged log"

    def _wrong_times_of_datagrams(self, exchange: Exchange, wire: Wire) -> list[str]:
        client, server = exchange.client, exchange.server
        question = _question(exchange, wire)
        # The same question may be asked anew: then a first copy is one since it was.
        since = max(
            (at for at in self._began[question] if at <= exchange.request_first_ns),
            default=NO_TIME,
        )
        wrong = []
        if wire.first_copy(client, server, question[2], since) != exchange.request_first_ns:
            wrong.append("request_first_ns")
        if exchange.answered:
            reply = wire.message_at(server, client, int(exchange.reply_first_ns))
            first = wire.first_copy(server, client, reply, since)
            if first != exchange.reply_first_ns:
                wrong.append("reply_first_ns")
        return wrong


def _question(exchange: Exchange, wire: Wire) -> tuple[str, str, bytes]:
    client, server = exchange.client, exchange.server
    return client, server, wire.message_at(client, server, int(exchange.request_first_ns))


def wrong_times(exchange: Exchange, wire: Wire) -> list[str]:
    """Names of the times that are not those of the first captured copies, over TCP."""
    client, server = exchange.client, exchange.server
    last = exchange.request_seq + exchange.request_bytes - 1
    expected = {
        "request_first_ns": wire.first_time(client, server, int(exchange.request_seq)),
        "request_last_ns": wire.first_time(client, server, int(last)),
    }
    if exchange.answered:
        last = exchange.reply_seq + exchange.reply_bytes - 1
        expected["reply_first_ns"] = wire.first_time(server, client, int(exchange.reply_seq))
        expected["reply_last_ns"] = wire.first_time(server, client, int(last))
    return [name for name, time in expected.items() if int(getattr(exchange, name)) != time]


@dataclass
class Verdict:
    """How the damaged runs of one capture went."""

    runs: int = 0
    exact: int = 0
    inferred: int = 0
    false_exact: list[str] = field(default_factory=list)
    wrong_inferred: list[str] = field(default_factory=list)

    def add(self, other: "Verdict") -> None:
        self.runs += other.runs
        self.exact += other.exact
        self.inferred += other.inferred
        self.false_exact += other.false_exact
        self.wrong_inferred += other.wrong_inferred


def judge(damaged: Damaged, truth: Truth, reading: Reading) -> Verdict:
    """Trace one damaged capture and compare it with the `truth` of the undamaged one."""
    verdict = Verdict(runs=1)
    wire = Wire(damaged.packets, reading.link_type)
    found = traced(damaged.packets, reading)
    for exchange in found.exchanges:
        problem = truth.problem(exchange, wire)
        verdict.exact += exchange.exact
        verdict.inferred += not exchange.exact
        if problem:
            text = f"{damaged.how}: {exchange.request} ({exchange.status}): {problem}"
            (verdict.false_exact if exchange.exact else verdict.wrong_inferred).append(text)
    return verdict


def judge_capture(
    packets: list[Packet], reading: Reading, runs_a_way: int | None = None
) -> dict[str, Verdict]:
    """Every damage of every way, or `runs_a_way` of them at even distances; verdicts by way."""
    truth = Truth(packets, reading)
    verdicts: dict[str, Verdict] = {}
    for way, damage in WAYS.items():
        verdict = verdicts.setdefault(way, Verdict())
        step = 1 if runs_a_way is None else -(-len(packets) // runs_a_way)
        for damaged in islice(damage(packets), 0, None, step if way in LONG_WAYS else 1):
            verdict.add(judge(damaged, truth, reading))
    return verdicts


def total(verdicts: Iterable[Verdict]) -> Verdict:
    """All of them together."""
    whole = Verdict()
    for verdict in verdicts:
        whole.add(verdict)
    return whole
