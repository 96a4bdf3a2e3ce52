"""The lines of /metrics that there are most of: those of the series, written once.

The library takes some 10 us to write a line, and each series has 24 of them. What changes from one
scrape to the next is the number at the end, so all before it is kept.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from tcpkit.protocols.message import TIMEOUT
from tcpkit.server.metrics_snapshot import Snapshot

LABELS: Final = ("protocol", "server", "command", "status")
_NS_PER_S: Final = 1e9
_Key = tuple[str, str, str]  # server, command, status


def clean(text: str) -> str:
    """`text` as valid UTF-8, whatever packets and scripts had in it."""
    return text.encode("utf-8", "backslashreplace").decode()


class SeriesLines:
    """Of the series of one run: as many as there are in its table, which is bounded."""

    def __init__(self) -> None:
        self._durations: dict[_Key, list[str]] = {}
        self._requests: dict[_Key, str] = {}
        self._timeouts: dict[_Key, str] = {}

    def text(self, now: Snapshot) -> str:
        """The three metrics that have series."""
        edges = [repr(bound_ns / _NS_PER_S) for bound_ns in now.bounds_ns]
        durations = [_preamble(_duration_family())]
        requests = [_preamble(_request_family())]
        timeouts = [_preamble(_timeout_family())]
        for each in now.latencies:
            key = each.server, each.command, each.status
            heads = self._durations.get(key)
            if heads is None:
                heads = self._durations[key] = _duration_heads(now.mode, key, edges)
            counts = list(accumulate(each.buckets))
            numbers = [*counts, counts[-1], each.total_ns / _NS_PER_S]
            durations += [f"{head} {number}\n" for head, number in zip(heads, numbers, strict=True)]
            requests.append(f"{self._request_head(now.mode, key)} {counts[-1]}\n")
        for server, command, status, count in now.unanswered:
            key = server, command, status
            requests.append(f"{self._request_head(now.mode, key)} {count}\n")
            if status == TIMEOUT:
                head = self._timeouts.get(key)
                if head is None:
                    head = self._timeouts[key] = _timeout_head(now.mode, key)
                timeouts.append(f"{head} {count}\n")
        return "".join([*durations, *requests, *timeouts])

    def _request_head(self, mode: str, key: _Key) -> str:
        head = self._requests.get(key)
        if head is None:
            family = _request_family()
            family.add_metric(_values(mode, key), 0)
            head = self._requests[key] = _heads(family)[0]
        return head


def _duration_family() -> HistogramMetricFamily:
    return HistogramMetricFamily(
        "tcpkit_request_duration_seconds",
        "From the last byte of a request to the first byte of its reply.",
        labels=LABELS,
    )


def _request_family() -> CounterMetricFamily:
    return CounterMetricFamily(
        "tcpkit_requests",
        "Requests by what became of them; a late reply counts beside its timeout.",
        labels=LABELS,
    )


def _timeout_family() -> CounterMetricFamily:
    return CounterMetricFamily(
        "tcpkit_timeouts", "Requests that got no reply in time.", labels=LABELS[:-1]
    )


def _duration_heads(mode: str, key: _Key, edges: Sequence[str]) -> list[str]:
    """Those of all buckets, of the count and of the sum."""
    family = _duration_family()
    family.add_metric(_values(mode, key), [(edge, 0) for edge in (*edges, "+Inf")], 0)
    return _heads(family)


def _timeout_head(mode: str, key: _Key) -> str:
    family = _timeout_family()
    family.add_metric(_values(mode, key)[:-1], 0)
    return _heads(family)[0]


def _values(mode: str, key: _Key) -> list[str]:
    return [clean(text) for text in (mode, *key)]


class _One(Collector):
    """A metric alone, for the library."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterator[Metric]:
        yield self._metric


def _written(metric: Metric) -> list[str]:
    """Its lines; what ends lines elsewhere may be in a label."""
    return generate_latest(_One(metric)).decode().rstrip("\n").split("\n")


def _preamble(metric: Metric) -> str:
    """HELP and TYPE."""
    return "".join(f"{line}\n" for line in _written(metric)[:2])


def _heads(metric: Metric) -> list[str]:
    """Its samples without their values."""
    return [line.rpartition(" ")[0] for line in _written(metric)[2:]]
