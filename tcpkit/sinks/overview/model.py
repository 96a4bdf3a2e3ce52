"""The JSON object of an overview; docs/overview.md tells the fields."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from tcpkit.config import Config
from tcpkit.metrics.port_rows import ordered
from tcpkit.metrics.port_stats import PortStats
from tcpkit.metrics.row import Row
from tcpkit.metrics.timeline import Timeline
from tcpkit.metrics.top_row import CLIENTS, KEYS, REQUESTS
from tcpkit.metrics.top_tables import TopTables
from tcpkit.metrics.top_totals import NOT_YET
from tcpkit.protocols.message import PairingCounts
from tcpkit.sinks.summary import pairing_numbers
from tcpkit.sinks.top_report import row_fields

MAX_NAMES: Final = 100  # of keys, and of clients
_NS_PER_S: Final = 1_000_000_000
_SLOW_BY: Final = ("client", "command", "server", "reason")

Counters = list[tuple[str, dict[str, int]]]


def model_of(
    version: str,
    config: Config,
    ports: Sequence[PortStats],
    timeline: Timeline,
    tables: TopTables,
    slowest: list[dict[str, object]],
    health: dict[str, object] | None,
    pairing: PairingCounts,
    dropped: dict[str, int] | None,
    counters: Counters,
    now_ns: int,
) -> dict[str, object]:
    """`now_ns` is the end of the time that the rates are over."""
    over_time = timeline.numbers()
    begin_ns = int(timeline.begin_ns) if over_time["begin_ns"] is not None else None
    end_ns = None if begin_ns is None else max(now_ns, begin_ns)
    span_s = 0.0 if begin_ns is None or end_ns is None else (end_ns - begin_ns) / _NS_PER_S
    totals = [port.total() for port in ports]
    everything = Row("")
    for row in totals:
        everything.merge(row)
    commands = ordered(_by_name(_commands(ports)))
    servers = ordered(_by_name(_servers(ports)))
    return {
        "tcpkit": version,
        "source": _source(config),
        "begin_ns": begin_ns,
        "end_ns": end_ns,
        "total": _numbers(everything, span_s),
        "ports": [_named(row, span_s) for row in totals],
        "commands": [_named(row, span_s) for row in commands],
        "servers": [_named(row, span_s) for row in servers],
        "clients": _top(tables, CLIENTS),
        "keys": _top(tables, KEYS),
        "timeline": over_time,
        "slowest": slowest,
        "slow_by": {name: _shares(slowest, name) for name in _SLOW_BY},
        "health": health,
        "accuracy": {
            "exact": int(pairing.exact),
            "inferred": int(pairing.inferred),
            **pairing_numbers(pairing),
            "unpaired": dict(pairing.unpaired),
            "dropped": dropped,
        },
        "counters": [[room, numbers] for room, numbers in counters],
    }


def _source(config: Config) -> dict[str, object]:
    live = config.interface is not None
    return {
        "kind": "live" if live else "file",
        "names": [config.interface] if live else list(config.files),
        "mode": config.mode,
        "ports": list(config.ports),
        "servers": list(config.servers),
        "threshold_ns": config.threshold_ns,
        "timeout_ns": config.timeout_ns,
        "explains": config.explain,
    }


def _commands(ports: Sequence[PortStats]) -> list[Row]:
    return [row for port in ports if port.rows is not None for row in port.rows.commands()]


def _servers(ports: Sequence[PortStats]) -> list[Row]:
    return [row for port in ports if port.rows is not None for row in port.rows.servers()]


def _by_name(rows: list[Row]) -> list[Row]:
    """One row a name, of all ports."""
    names: dict[str, Row] = {}
    for row in rows:
        known = names.get(row.name)
        if known is None:
            known = names[row.name] = Row(row.name)
        known.merge(row)
    return list(names.values())


def _numbers(row: Row, span_s: float) -> dict[str, object]:
    histogram = row.histogram
    requests = row.total_reqs
    return {
        "requests": int(requests),
        "rate": int(requests) / span_s if span_s > 0 else 0.0,
        "errors": int(row.errors),
        "slow": int(row.slow_reqs),
        "timeouts": int(row.timeouts),
        "aborted": int(row.aborted),
        "silent": int(row.silent),
        "blocking": int(row.blocking),
        "total_ns": int(histogram.total_ns),
        "p50_ns": int(histogram.percentile(50.0)),
        "p90_ns": int(histogram.percentile(90.0)),
        "p99_ns": int(histogram.percentile(99.0)),
        "p999_ns": int(histogram.percentile(99.9)),
        "max_ns": int(histogram.max_ns),
    }


def _named(row: Row, span_s: float) -> dict[str, object]:
    named: dict[str, object] = {"name": row.name}
    named.update(_numbers(row, span_s))
    return named


def _top(tables: TopTables, view: str) -> dict[str, object]:
    since_ns = int(tables.totals.first_ns)
    return {
        "since_ns": None if since_ns == NOT_YET else since_ns,
        "rows": [row_fields(row) for row in tables.rows(view, REQUESTS, MAX_NAMES)],
        "bounds": tables.bounds(view),
    }


def _shares(slowest: list[dict[str, object]], name: str) -> list[list[object]]:
    """How many of the slowest there are of each, the most first; a client without its port."""
    counts: Counter[str] = Counter()
    for fields in slowest:
        text = fields[name]
        if name == "client":
            text = str(text).rpartition(":")[0].strip("[]")
        if text is not None:
            counts[str(text)] += 1
    return [[text, count] for text, count in counts.most_common()]
