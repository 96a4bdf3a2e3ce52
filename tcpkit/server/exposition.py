"""What Prometheus gets: docs/http.md tells each metric."""

import platform
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from tcpkit.server.metrics_snapshot import Snapshot
from tcpkit.server.series_lines import SeriesLines, clean

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
_NOW: Final = {"fragments waiting"}  # of the rooms' numbers those that are no counters


class Exposition:
    """Writes the text, always for the same run, in one thread at a time."""

    def __init__(self) -> None:
        self._series = SeriesLines()

    def text(self, snapshot: Snapshot) -> bytes:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(SnapshotCollector(snapshot))
        return self._series.text(snapshot).encode() + generate_latest(registry)


class SnapshotCollector(Collector):
    """Gives one snapshot, all of it but the series, to the library."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry is this collector's alone."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield from self._about()
        yield from self._pairs()
        yield from self._capture()
        yield from self._http()

    def _about(self) -> Iterator[Metric]:
        now = self._snapshot
        build = GaugeMetricFamily("tcpkit_build_info", "Always 1.", labels=("version", "python"))
        build.add_metric((now.version, platform.python_version()), 1)
        yield build
        run = GaugeMetricFamily(
            "tcpkit_run_info", "Always 1: what is traced.", labels=("interface", "mode")
        )
        run.add_metric((clean(now.interface), clean(now.mode)), 1)
        yield run
        yield GaugeMetricFamily(
            "tcpkit_start_time_seconds", "When the run began, since the epoch.", now.begin_s
        )

    def _pairs(self) -> Iterator[Metric]:
        now = self._snapshot
        protocol = clean(now.mode)
        yield _counters(
            "tcpkit_pairs",
            "Requests with their replies: exact by the captured bytes, or inferred.",
            ("protocol", "quality"),
            {(protocol, "exact"): now.exact, (protocol, "inferred"): now.inferred},
        )
        yield _counters(
            "tcpkit_unpaired",
            "Requests and replies that are reported nowhere, by reason.",
            ("protocol", "reason"),
            {(protocol, reason): count for reason, count in now.unpaired.items()},
        )
        yield _counters(
            "tcpkit_pairing_events",
            "The counters of the summary's line `pairs`.",
            ("protocol", "event"),
            {(protocol, event): count for event, count in now.pairing.items()},
        )

    def _capture(self) -> Iterator[Metric]:
        now = self._snapshot
        yield CounterMetricFamily(
            "tcpkit_capture_packets", "Packets that the capture handed over.", now.packets
        )
        yield CounterMetricFamily(
            "tcpkit_capture_bytes",
            "Bytes of those packets, as far as they were captured.",
            now.bytes,
        )
        yield _counters(
            "tcpkit_capture_dropped",
            "Packets that were lost for want of room or of time.",
            ("where",),
            {(where,): count for where, count in now.dropped.items()},
        )
        yield CounterMetricFamily(
            "tcpkit_connections", "TCP connections that were followed.", now.connections
        )
        yield GaugeMetricFamily(
            "tcpkit_open_connections",
            "TCP connections that are followed now.",
            now.open_connections,
        )
        flow = now.rooms.get("flow", {})
        yield CounterMetricFamily(
            "tcpkit_retransmissions",
            "Segments that were sent again, of all connections.",
            flow.get("retransmissions", 0),
        )
        yield _counters(
            "tcpkit_room_events",
            "Every counter of the summary by its room and its name there.",
            ("room", "event"),
            {
                (room, event): count
                for room, numbers in now.rooms.items()
                for event, count in numbers.items()
                if event not in _NOW
            },
        )

    def _http(self) -> Iterator[Metric]:
        now = self._snapshot
        yield _counters(
            "tcpkit_http_requests",
            "Answers of this server by their status.",
            ("code",),
            {(str(code),): count for code, count in sorted(now.http_codes.items())},
        )
        yield _counters(
            "tcpkit_http_clients",
            "Connections to this server: all, and those that came to a bad end.",
            ("event",),
            {(event,): count for event, count in now.http_clients.items()},
        )


def _counters(
    name: str, about: str, labels: tuple[str, ...], counts: Mapping[tuple[str, ...], int]
) -> Metric:
    family = CounterMetricFamily(name, about, labels=labels)
    for values, count in counts.items():
        family.add_metric([clean(value) for value in values], count)
    return family
