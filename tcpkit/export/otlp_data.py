"""The series as metrics of OpenTelemetry, in the words of its semantic conventions.

`db.client.operation.duration` for databases, `dns.lookup.duration` for DNS, both in seconds,
cumulative since the start. What has no duration is in `tcpkit.requests`, by `tcpkit.status`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpkit.metrics.series import BOUNDS_NS, Series
from tcpkit.protocols.command_numbers import OTHER_NAME

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import HistogramDataPoint, Metric, MetricsData

DATABASE: Final = "db.client.operation.duration"
LOOKUP: Final = "dns.lookup.duration"
REQUESTS: Final = "tcpkit.requests"
OTHER_ERROR: Final = "_OTHER"  # the conventions' word for one that has no name here
DNS: Final = "dns"
_NO_ERROR: Final = "NOERROR"
_NS_PER_S: Final = 1_000_000_000
_BOUNDS_S: Final = tuple(bound_ns / _NS_PER_S for bound_ns in BOUNDS_NS)

Attributes = dict[str, str | int]
Unanswered = Sequence[tuple[str, str, str, int]]


class Snapshot(NamedTuple):
    """What is sent at once; times in ns since the epoch. Of `dns`, a command is a name."""

    protocol: str
    start_ns: int
    now_ns: int
    series: list["Counted"]
    unanswered: list[tuple[str, str, str, int]]


class Counted(NamedTuple):
    """A copy of a Series."""

    server: str
    command: str
    status: str
    total_ns: int
    buckets: list[int]


def counted(rows: Iterable[Series]) -> list[Counted]:
    return [
        Counted(row.server, row.command, row.status, int(row.total_ns), row.buckets())
        for row in rows
    ]


def server_attributes(server: str) -> Attributes:
    """
    >>> server_attributes("[::1]:6379")
    {'server.address': '::1', 'server.port': 6379}
    >>> server_attributes("other")
    {}
    """
    address, _, port = server.rpartition(":")
    if not address:
        return {}
    return {"server.address": address.strip("[]"), "server.port": int(port)}


def operation_attributes(protocol: str, row: Counted) -> Attributes:
    """
    >>> operation_attributes("redis", Counted("other", "GET", "ok", 0, []))
    {'db.system.name': 'redis', 'db.operation.name': 'GET'}
    """
    attributes: Attributes = {"db.system.name": protocol, "db.operation.name": row.command}
    if row.command == OTHER_NAME:
        attributes["db.operation.name"] = OTHER_ERROR
    attributes.update(server_attributes(row.server))
    if row.status != "ok":
        attributes["error.type"] = OTHER_ERROR
    return attributes


def lookup_attributes(row: Counted) -> Attributes:
    """
    >>> lookup_attributes(Counted("other", "example.com", "NXDOMAIN", 0, []))
    {'dns.question.name': 'example.com', 'error.type': 'NXDOMAIN'}
    """
    attributes: Attributes = {"dns.question.name": row.command}
    attributes.update(server_attributes(row.server))
    if row.status != _NO_ERROR:
        attributes["error.type"] = row.status
    return attributes


def metrics_of(snapshot: Snapshot, resource: Mapping[str, str], version: str) -> "MetricsData":
    """For the exporter; `resource` are attributes of who measured."""
    from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    metrics = [_durations(snapshot)]
    if snapshot.unanswered:
        metrics.append(_requests(snapshot))
    scope = ScopeMetrics(InstrumentationScope("tcpkit", version), metrics, "")
    return MetricsData([ResourceMetrics(Resource.create(dict(resource)), [scope], "")])


def _durations(snapshot: Snapshot) -> "Metric":
    from opentelemetry.sdk.metrics.export import AggregationTemporality, Histogram, Metric

    is_dns = snapshot.protocol == DNS
    points = [
        _point(
            snapshot,
            lookup_attributes(row) if is_dns else operation_attributes(snapshot.protocol, row),
            row,
        )
        for row in snapshot.series
    ]
    about = "Time until a DNS answer" if is_dns else "Time until a database's reply"
    data = Histogram(points, AggregationTemporality.CUMULATIVE)
    return Metric(LOOKUP if is_dns else DATABASE, about, "s", data)


def _point(snapshot: Snapshot, attributes: Attributes, row: Counted) -> "HistogramDataPoint":
    from opentelemetry.sdk.metrics.export import HistogramDataPoint

    return HistogramDataPoint(
        attributes,
        snapshot.start_ns,
        snapshot.now_ns,
        sum(row.buckets),
        row.total_ns / _NS_PER_S,
        row.buckets,
        _BOUNDS_S,
        None,  # type: ignore[arg-type]  # least and most are not kept, and optional on the wire
        None,  # type: ignore[arg-type]
    )


def _requests(snapshot: Snapshot) -> "Metric":
    from opentelemetry.sdk.metrics.export import (
        AggregationTemporality,
        Metric,
        NumberDataPoint,
        Sum,
    )

    points = []
    for server, command, status, count in snapshot.unanswered:
        attributes: Attributes = {"tcpkit.protocol": snapshot.protocol, "tcpkit.command": command}
        attributes.update(server_attributes(server))
        attributes["tcpkit.status"] = status
        points.append(NumberDataPoint(attributes, snapshot.start_ns, snapshot.now_ns, count))
    about = "Requests that have no duration: not answered, or blocking by design"
    data = Sum(points, AggregationTemporality.CUMULATIVE, True)
    return Metric(REQUESTS, about, "{request}", data)
