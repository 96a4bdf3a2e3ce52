"""An overview's model by hand: what a test does not say is nothing at all."""

from collections.abc import Mapping, Sequence

from tcpkit.metrics.timeline import EDGES_NS

MS = 1_000_000
S = 1_000 * MS
BEGIN_NS = 1_800_000_000 * S  # 2027-01-15 08:00:00 UTC
_NUMBERS = (
    "requests", "errors", "slow", "timeouts", "aborted", "silent", "blocking", "total_ns",
    "p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns",
)  # fmt: skip

Fields = dict[str, object]


def numbers(**known: object) -> Fields:
    return {"rate": 0.0, **dict.fromkeys(_NUMBERS, 0), **known}


def column(
    place: int, latencies_ms: Mapping[float, int], slow: int = 0, timeouts: int = 0
) -> Fields:
    """`latencies_ms`: how many took so long, each of which is an edge of the map."""
    cells = [(EDGES_NS.index(round(ms * MS)), count) for ms, count in latencies_ms.items()]
    return {
        "column": place,
        "requests": sum(count for _, count in cells),
        "errors": 0,
        "timeouts": timeouts,
        "slow": slow,
        "cells": cells,
    }


def slow_request(
    request: str = "GET a",
    *,
    client: str = "10.0.0.1:4000",
    sent_ms: float = 0,
    latency_ms: float | None = 50,
    reason: str | None = None,
    queue_ms: float = 0,
) -> Fields:
    """Sent at `sent_ms` after the begin; without a latency it timed out."""
    sent_ns = BEGIN_NS + round(sent_ms * MS)
    latency_ns = None if latency_ms is None else round(latency_ms * MS)
    queue_ns = None if latency_ns is None else round(queue_ms * MS)
    return {
        "client": client,
        "server": "10.0.0.2:6379",
        "command": request.split(maxsplit=1)[0],
        "request": request,
        "latency_ns": latency_ns,
        "request_last_ns": sent_ns,
        "reply_first_ns": None if latency_ns is None else sent_ns + latency_ns,
        "status": "timeout" if latency_ns is None else "ok",
        "flags": [],
        "upload_ns": 0,
        "queue_ns": queue_ns,
        "service_ns": None if latency_ns is None or queue_ns is None else latency_ns - queue_ns,
        "download_ns": None if latency_ns is None else 0,
        "reason": reason,
    }


def model(
    columns: Sequence[Fields] = (),
    slowest: Sequence[Fields] = (),
    *,
    total: Mapping[str, object] | None = None,
    threshold_ms: float | None = None,
    width_ns: int = S,
    accuracy: Mapping[str, object] | None = None,
    counters: Sequence[tuple[str, dict[str, int]]] = (),
    explains: bool = True,
    kind: str = "file",
) -> Fields:
    """A run that began at BEGIN_NS and took a minute."""
    requests = sum(int(str(each["requests"])) for each in columns)
    timeouts = sum(int(str(each["timeouts"])) for each in columns)
    return {
        "source": {
            "kind": kind,
            "names": ["a.pcap"],
            "mode": "redis",
            "ports": [6379],
            "servers": [],
            "threshold_ns": None if threshold_ms is None else round(threshold_ms * MS),
            "timeout_ns": 10 * S,
            "explains": explains,
        },
        "begin_ns": BEGIN_NS if columns else None,
        "end_ns": BEGIN_NS + 60 * S if columns else None,
        "total": numbers(**{"requests": requests, "timeouts": timeouts, **(total or {})}),
        "commands": [],
        "servers": [],
        "timeline": {
            "begin_ns": BEGIN_NS if columns else None,
            "width_ns": width_ns,
            "edges_ns": list(EDGES_NS),
            "columns": list(columns),
        },
        "slowest": list(slowest),
        "accuracy": {
            "exact": requests, "inferred": 0, "unanswered": 0, "late": 0, "unpaired": {},
            "dropped": None, **(accuracy or {}),
        },
        "counters": list(counters),
    }  # fmt: skip
