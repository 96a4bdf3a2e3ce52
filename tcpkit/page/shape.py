"""What of an overview's model the verdict reads; `sinks/overview/model.py` makes it."""

from typing import TypedDict


class Source(TypedDict):
    kind: str
    names: list[str]
    mode: str
    ports: list[int]
    threshold_ns: int | None
    timeout_ns: int
    explains: bool


class Numbers(TypedDict):
    requests: int
    rate: float
    errors: int
    slow: int
    timeouts: int
    aborted: int
    silent: int
    blocking: int
    total_ns: int
    p50_ns: int
    p90_ns: int
    p99_ns: int
    p999_ns: int
    max_ns: int


class Named(Numbers):
    name: str


class Column(TypedDict):
    column: int
    requests: int
    errors: int
    timeouts: int
    slow: int
    cells: list[tuple[int, int]]  # row of the map, count


class Timeline(TypedDict):
    begin_ns: int | None
    width_ns: int
    edges_ns: list[int]
    columns: list[Column]


class Slow(TypedDict):
    """One of the slowest requests, as the JSON log tells it."""

    client: str
    server: str
    command: str
    request: str
    latency_ns: int | None
    request_last_ns: int
    reply_first_ns: int | None
    status: str
    flags: list[str]
    upload_ns: int
    queue_ns: int | None
    service_ns: int | None
    download_ns: int | None
    reason: str | None


class Accuracy(TypedDict):
    exact: int
    inferred: int
    unanswered: int
    late: int
    unpaired: dict[str, int]
    dropped: dict[str, int] | None


class Model(TypedDict):
    source: Source
    begin_ns: int | None
    end_ns: int | None
    total: Numbers
    commands: list[Named]
    servers: list[Named]
    timeline: Timeline
    slowest: list[Slow]
    accuracy: Accuracy
    counters: list[tuple[str, dict[str, int]]]
