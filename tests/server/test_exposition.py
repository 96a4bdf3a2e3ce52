"""The text for Prometheus, read by the library's own parser, and by promtool."""

import subprocess
from collections.abc import Sequence

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tcpkit.metrics.series import BOUNDS_NS, Series
from tcpkit.server.exposition import Exposition
from tcpkit.server.metrics_snapshot import Snapshot, latencies_of

PLACES = len(BOUNDS_NS) + 1
NASTY = 'A"B\\C\nD\x85E\u2028F\udcffG ä{},='


def snapshot(
    series: Sequence[Series] = (), unanswered: Sequence[tuple[str, str, str, int]] = ()
) -> Snapshot:
    return Snapshot(
        version="1.2.3",
        mode="redis",
        interface="em1",
        begin_s=1_700_000_000.5,
        bounds_ns=BOUNDS_NS,
        latencies=latencies_of(series),
        unanswered=unanswered,
        packets=7,
        bytes=700,
        dropped={"kernel": 2, "interface": 1},
        connections=5,
        open_connections=3,
        exact=11,
        inferred=4,
        pairing={"late": 1},
        unpaired={"gap": 6},
        rooms={"flow": {"retransmissions": 9, "gaps": 1}, "wire": {"fragments waiting": 8}},
        http_codes={200: 2, 404: 1},
        http_clients={"accepted": 3},
    )


def series_of(server: str, command: str, status: str, latencies: dict[int, int]) -> Series:
    """A series with so many requests at each place of a bucket, 1 us each."""
    series = Series(server, command, status)
    for place, count in latencies.items():
        for _ in range(count):
            series.add(place, 1000)
    return series


def samples(text: bytes) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def test_histogram_is_cumulative_and_in_seconds() -> None:
    series = series_of("10.0.0.2:6379", "GET", "ok", {0: 2, 3: 5, PLACES - 1: 1})
    found = samples(Exposition().text(snapshot([series])))
    name = "tcpkit_request_duration_seconds"
    buckets = {float(each.labels["le"]): each.value for each in found[f"{name}_bucket"]}
    assert len(buckets) == PLACES
    assert buckets[10e-6] == buckets[50e-6] == 2
    assert buckets[100e-6] == buckets[20.0] == 7
    assert buckets[float("inf")] == 8
    (count,), (total,) = found[f"{name}_count"], found[f"{name}_sum"]
    assert count.value == 8
    assert total.value == pytest.approx(8e-6)
    assert count.labels == {
        "protocol": "redis", "server": "10.0.0.2:6379", "command": "GET", "status": "ok",
    }  # fmt: skip


def test_requests_without_a_reply_are_counted_by_what_became_of_them() -> None:
    lost = [("a:1", "GET", "timeout", 3), ("a:1", "BLPOP", "blocking", 2)]
    found = samples(Exposition().text(snapshot([series_of("a:1", "GET", "ok", {0: 4})], lost)))
    requests = {
        (each.labels["command"], each.labels["status"]): each.value
        for each in found["tcpkit_requests_total"]
    }
    assert requests == {("GET", "ok"): 4, ("GET", "timeout"): 3, ("BLPOP", "blocking"): 2}
    (timeouts,) = found["tcpkit_timeouts_total"]
    assert timeouts.value == 3
    assert timeouts.labels == {"protocol": "redis", "server": "a:1", "command": "GET"}


def test_second_text_has_the_new_numbers_behind_the_same_names() -> None:
    exposition = Exposition()
    series = series_of("a:1", "GET", "ok", {0: 1})
    before = exposition.text(snapshot([series], [("a:1", "GET", "timeout", 1)]))
    series.add(1, 3000)
    after = exposition.text(snapshot([series], [("a:1", "GET", "timeout", 2)]))
    assert after == Exposition().text(snapshot([series], [("a:1", "GET", "timeout", 2)]))
    first, second = samples(before), samples(after)
    assert first["tcpkit_request_duration_seconds_count"][0].value == 1
    assert second["tcpkit_request_duration_seconds_count"][0].value == 2
    assert second["tcpkit_request_duration_seconds_sum"][0].value == pytest.approx(4e-6)
    assert second["tcpkit_timeouts_total"][0].value == 2


def test_labels_may_hold_anything() -> None:
    exposition = Exposition()
    series = series_of(NASTY, NASTY, "ok", {0: 1})
    for _ in range(2):  # the second time the lines are known
        found = samples(exposition.text(snapshot([series], [(NASTY, NASTY, "timeout", 1)])))
        expected = NASTY.replace("\udcff", "\\udcff")
        for name in ("request_duration_seconds_count", "requests_total", "timeouts_total"):
            assert found[f"tcpkit_{name}"][0].labels["command"] == expected


def test_the_rest_of_the_run_is_there() -> None:
    found = samples(Exposition().text(snapshot()))

    def one(name: str, **labels: str) -> float:
        matching = [
            each.value for each in found[f"tcpkit_{name}"] if labels.items() <= each.labels.items()
        ]
        assert len(matching) == 1, matching
        return matching[0]

    assert one("build_info", version="1.2.3") == 1
    assert one("run_info", interface="em1", mode="redis") == 1
    assert one("start_time_seconds") == 1_700_000_000.5
    assert (one("capture_packets_total"), one("capture_bytes_total")) == (7, 700)
    assert one("capture_dropped_total", where="kernel") == 2
    assert one("capture_dropped_total", where="interface") == 1
    assert (one("connections_total"), one("open_connections")) == (5, 3)
    assert one("retransmissions_total") == 9
    assert one("pairs_total", quality="exact", protocol="redis") == 11
    assert one("pairs_total", quality="inferred") == 4
    assert one("unpaired_total", reason="gap") == 6
    assert one("pairing_events_total", event="late") == 1
    assert one("room_events_total", room="flow", event="gaps") == 1
    assert one("http_requests_total", code="404") == 1
    assert one("http_clients_total", event="accepted") == 3
    events = [each.labels["event"] for each in found["tcpkit_room_events_total"]]
    assert "fragments waiting" not in events  # it goes down too


def test_promtool_finds_nothing_to_improve() -> None:
    text = Exposition().text(
        snapshot([series_of(NASTY, "GET", "error", {0: 1})], [("a:1", "GET", "timeout", 1)])
    )
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, check=False, timeout=20
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
