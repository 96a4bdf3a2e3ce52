"""The health of every connection of the project's captures is what dpkt's reading gives."""

from pathlib import Path

import pytest

from tcpkit.flow.connection import Connection
from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.health import Health
from tcpkit.flow.health_tee import HealthTee
from tcpkit.flow.observer import ConnectionObserver
from tcpkit.flow.stream import Stream, StreamOpener
from tcpkit.flow.table import ConnectionTable
from tcpkit.flow.watch import Watch
from tcpkit.wire.decoder import Decoder
from tests.flow.oracle_health import OneSide, Truth, read, truths
from tests.wire.captures import read as frames

PCAPS = Path(__file__).parents[2] / "pcaps"
FOLDERS = ("tcp", "redis", "memcached", "http", "mysql", "postgresql")
CAPTURES = sorted(
    path
    for folder in FOLDERS
    for path in PCAPS.glob(f"{folder}/*.pcap")
    if not path.stem.startswith("udp-")
)
CAPTURES.append(PCAPS / "link" / "ip-options.pcap")
PORTS = (6379, 7, 80, 8080, 3306, 11211, 5432)


class Deaf(Stream):
    """Hears nothing."""

    def request_data(
        self, data: bytes, start: int, end: int, ts_ns: int, seq: int, ack: int
    ) -> None:
        pass

    def reply_data(self, data: bytes, start: int, end: int, ts_ns: int, seq: int, ack: int) -> None:
        pass

    def request_gap(self, size: int, seq: int) -> None:
        pass

    def reply_gap(self, size: int, seq: int) -> None:
        pass

    def request_skip(self, size: int, ts_ns: int, seq: int) -> None:
        pass

    def reply_skip(self, size: int, ts_ns: int, seq: int) -> None:
        pass

    def retransmitted(self, from_client: bool, first: int, last: int, ts_ns: int) -> None:
        pass

    def expire(self, now_ns: int) -> None:
        pass

    def finish(self, end: int, ts_ns: int) -> None:
        pass


class Opener(StreamOpener):
    def open(self, ends: Endpoints, client_start: bool, server_start: bool) -> Stream:
        return Deaf()


class Healths(ConnectionObserver):
    """Keeps the health of each connection that ended."""

    def __init__(self) -> None:
        self.found: list[Health] = []

    def ended(self, conn: Connection, end: int, ts_ns: int) -> None:
        assert conn.health is not None
        self.found.append(conn.health)


def healths(path: Path) -> list[dict[str, object]]:
    """The numbers of each connection, in the order in which they began."""
    kept = Healths()
    table = ConnectionTable(Watch(PORTS, [], []), Opener(), None, kept)
    decoder = Decoder(HealthTee(table, kept), True, False)
    times = [packet.ts_ns for packet in read(path)]
    for (frame, wire_length, link_type), ts_ns in zip(frames(path), times, strict=True):
        decoder.packet(frame, 0, len(frame), ts_ns, wire_length, link_type)
    table.finish()
    return [{**health.numbers()} for health in sorted(kept.found, key=_beginning)]


def _beginning(health: Health) -> int:
    return int(health.first_ns)


def side_numbers(side: OneSide) -> dict[str, int | None]:
    names = (
        "packets payload_bytes wire_bytes retransmissions retransmitted_bytes copies out_of_order"
        " duplicate_acks zero_windows zero_window_ns probes resets gaps gap_bytes"
    )
    trips = side.round_trips
    return {
        **{name: side.numbers.get(name, 0) for name in names.split()},
        "rtt_samples": len(trips),
        "rtt_min_ns": min(trips) if trips else None,
        "rtt_avg_ns": sum(trips) // len(trips) if trips else None,
        "rtt_max_ns": max(trips) if trips else None,
    }


def between(truth: Truth, first: str, second: str) -> int | None:
    if first in truth.times and second in truth.times:
        return truth.times[second] - truth.times[first]
    return None


def expected(truth: Truth) -> dict[str, object]:
    return {
        "first_ns": truth.first_ns,
        "last_ns": truth.last_ns,
        "duration_ns": truth.last_ns - truth.first_ns,
        "connect_ns": between(truth, "syn", "ack"),
        "connect_server_ns": between(truth, "syn", "syn ack"),
        "connect_client_ns": between(truth, "syn ack", "ack"),
        "client": side_numbers(truth.client),
        "server": side_numbers(truth.server),
    }


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_health_is_what_dpkt_finds(path: Path) -> None:
    wanted = [expected(truth) for truth in truths(path, frozenset(PORTS))]
    found = healths(path)
    assert wanted
    assert [{name: numbers[name] for name in wanted[0]} for numbers in found] == wanted
