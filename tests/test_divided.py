"""`--by command,server` on every capture, held to the log of the same capture.

The log is the oracle: what is shown for a port, a command and a server is counted anew from
its lines. They were read before they were believed, and are made without `--by`.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

import pytest

from tcpkit.capture.savefile import Savefile
from tcpkit.flow.table import ConnectionTable
from tcpkit.flow.watch import Watch
from tcpkit.metrics.histogram import CONTRACT_BOUNDS_NS
from tcpkit.metrics.port_rows import PortRows
from tcpkit.metrics.port_stats import PortStats
from tcpkit.metrics.row import Row
from tcpkit.protocols.command_numbers import CommandNumbers
from tcpkit.protocols.message import PairingCounts
from tcpkit.sinks.json_log import JsonLog
from tcpkit.sinks.log_file import LogFile
from tcpkit.wire.decoder import Decoder
from tests.goldens import PCAPS, captures, golden_path, options_of
from tests.scripted import protocol_of

TIMEOUT_NS = 10_000_000_000
PERCENTS = (50.0, 90.0, 99.0, 99.9)


class Line(TypedDict):
    server: str
    command: str
    latency_ns: int | None
    status: str
    flags: list[str]


def mode_of(capture: Path) -> str:
    return options_of(capture)[1]


def traced(capture: Path, log: Path) -> list[PortStats]:
    """The ports of a run with everything divided, which writes its log."""
    protocol = protocol_of(mode_of(capture))
    udp = "-u" in options_of(capture)
    out = LogFile(str(log))
    numbers = CommandNumbers(protocol.command_names())
    ports = [
        PortStats(port, None, [JsonLog(out)], rows=PortRows(numbers, True))
        for port in protocol.ports
    ]
    recorders = {int(port.port): port for port in ports}
    pairing = PairingCounts()
    opener = protocol.opener(recorders, pairing, TIMEOUT_NS)
    reader = protocol.reader(recorders, pairing, TIMEOUT_NS) if protocol.watches_udp(udp) else None
    table = ConnectionTable(Watch(protocol.ports, [], []), opener, reader)
    decoder = Decoder(table, protocol.watches_tcp(udp), protocol.watches_udp(udp))
    Savefile(decoder).read_files([str(PCAPS / capture)])
    table.finish()
    out.close()
    return ports


class Counted:
    """What the lines of one row say."""

    def __init__(self) -> None:
        self.latencies: list[int] = []
        self.statuses = {"timeout": 0, "aborted": 0, "silent": 0, "blocking": 0}

    def add(self, line: Line) -> None:
        if line["status"] in self.statuses:
            self.statuses[line["status"]] += 1
        elif "blocking" in line["flags"]:
            self.statuses["blocking"] += 1
        else:
            assert line["latency_ns"] is not None
            self.latencies.append(line["latency_ns"])

    def percentile(self, percent: float) -> int:
        """Nearest rank."""
        rank = -(-len(self.latencies) * round(percent * 10) // 1000)
        return sorted(self.latencies)[max(rank, 1) - 1]

    def buckets(self) -> list[int]:
        bounds = (*CONTRACT_BOUNDS_NS, max(self.latencies, default=0))
        below = [sum(each <= bound for each in self.latencies) for bound in bounds]
        below[-1] = len(self.latencies)
        return [count - before for count, before in zip(below, [0, *below], strict=False)]


def expected(lines: Iterable[Line], listed: frozenset[str]) -> dict[tuple[str, str], Counted]:
    """By port, by port and command, by server; a command not listed counts once it is served."""
    found: dict[tuple[str, str], Counted] = {}
    served = set(listed)
    for line in lines:
        port = line["server"].rpartition(":")[2]
        command = line["command"]
        if line["status"] == "ok" and command:
            served.add(command)
        if command not in served:
            command = "other"
        for key in (("port", port), (port, command), ("server", line["server"])):
            found.setdefault(key, Counted()).add(line)
    return found


def assert_same(row: Row, counted: Counted) -> None:
    numbers = row.numbers()
    latencies = counted.latencies
    assert numbers["total_reqs"] == len(latencies)
    assert numbers["total_costs"] == sum(latencies) // 1000
    assert numbers["latencies"] == counted.buckets()
    for word, count in counted.statuses.items():
        named = {"timeout": "timeouts"}.get(word, word)
        assert numbers[named] == count, word
    if not latencies:
        return
    assert numbers["max_ns"] == max(latencies)
    for percent, word in zip(PERCENTS, ("p50_ns", "p90_ns", "p99_ns", "p999_ns"), strict=True):
        true, shown = counted.percentile(percent), numbers[word]
        assert isinstance(shown, int)
        assert max(true, min(1, max(latencies))) <= shown <= max(true + true // 100, 1), word


@pytest.mark.parametrize(
    "capture", [capture for capture in captures() if mode_of(capture) != "raw"], ids=str
)
def test_ports_commands_and_servers_say_what_the_log_says(capture: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    ports = traced(capture, log)
    text = log.read_text() if log.exists() else ""
    assert text.splitlines() == golden_path(capture).read_text().splitlines()
    lines = [json.loads(line) for line in text.splitlines()]
    counted = expected(lines, protocol_of(mode_of(capture)).command_names())
    rows: dict[tuple[str, str], Row] = {}
    for port in ports:
        name, divided = str(port.port), port.rows
        assert divided is not None
        total = port.total()
        assert_same(total, counted.get(("port", name), Counted()))
        rows.update({(name, row.name): row for row in divided.commands()})
        rows.update({("server", row.name): row for row in divided.servers()})
        for parts in (divided.commands(), divided.servers()):
            merged = Row(name)
            for part in parts:
                merged.merge(part)
            assert merged.numbers() == total.numbers()
    assert set(rows) == {key for key in counted if key[0] != "port"}
    for key, row in rows.items():
        assert_same(row, counted[key])
