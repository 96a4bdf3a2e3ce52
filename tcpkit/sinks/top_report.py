"""One report of `top`, and its JSON object."""

from typing import NamedTuple

from tcpkit.metrics.top_row import UNKNOWN, TopRow
from tcpkit.metrics.top_totals import TopTotals


class TopReport(NamedTuple):
    """What was counted between two capture times, in one view."""

    view: str
    sort: str
    begin_ns: int
    end_ns: int
    totals: TopTotals
    rate: float  # all requests a second
    bytes_rate: float
    unpaired: int  # requests and replies that were given up
    dropped: int | None  # packets, by kernel and interface; None: from a file
    bounds: dict[str, int]  # TopTables.bounds
    rows: list[TopRow]


def fields_of(report: TopReport) -> dict[str, object]:
    """The fields in their order; None where there is no number."""
    totals = report.totals
    looked_up = totals.lookups > 0
    return {
        "begin_ns": report.begin_ns,
        "end_ns": report.end_ns,
        "view": report.view,
        "sort": report.sort,
        "requests": int(totals.requests),
        "requests_per_s": report.rate,
        "bytes": int(totals.bytes),
        "bytes_per_s": report.bytes_rate,
        "time_ns": int(totals.time_ns),
        "hits": int(totals.hits) if looked_up else None,
        "lookups": int(totals.lookups) if looked_up else None,
        "errors": int(totals.errors),
        "timeouts": int(totals.timeouts),
        "aborted": int(totals.aborted),
        "silent": int(totals.silent),
        "exact": int(totals.exact),
        "inferred": int(totals.inferred),
        "without_key": int(totals.without_key),
        "unpaired": report.unpaired,
        "dropped": report.dropped,
        "names": report.bounds["rows"],
        "capacity": report.bounds["capacity"],
        "evicted": report.bounds["evicted"],
        "requests_error": report.bounds["requests_error"],
        "bytes_error": report.bounds["bytes_error"],
        "time_error": report.bounds["time_error"],
        "slowest_error": report.bounds["slowest_error"],
        "rows": [row_fields(row) for row in report.rows],
    }


def row_fields(row: TopRow) -> dict[str, object]:
    """A row for JSON; None where there is no number."""
    looked_up = row.lookups > 0
    return {
        "name": row.name,
        "requests": row.requests,
        "requests_per_s": row.rate,
        "bytes": row.bytes,
        "bytes_per_s": row.bytes_rate,
        "time_ns": row.time_ns,
        "p50_ns": _known(row.p50_ns),
        "p99_ns": _known(row.p99_ns),
        "max_ns": row.max_ns if row.timed else None,
        "hits": row.hits if looked_up else None,
        "lookups": row.lookups if looked_up else None,
        "requests_error": row.requests_error,
        "bytes_error": row.bytes_error,
        "time_error": row.time_error,
    }


def _known(number: int) -> int | None:
    return None if number == UNKNOWN else number
