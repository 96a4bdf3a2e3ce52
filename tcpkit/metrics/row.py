"""The numbers of requests that are counted together: a port's, a server's, a command's."""

from typing import final

from mypy_extensions import i64

from tcpkit.metrics.histogram import Histogram
from tcpkit.protocols.message import ABORTED, SILENT, TIMEOUT


@final
class Row:
    """Each exchange is told once: to `add` when it has a reply and does not block, to `count`
    otherwise. Rows can be merged.
    """

    __slots__ = (
        "name", "histogram", "slow_reqs", "errors", "timeouts", "aborted", "silent", "blocking",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.histogram = Histogram()
        self.slow_reqs: i64 = 0  # at or over the threshold; 0 without one
        self.errors: i64 = 0  # replied with one; counted only where errors are told apart
        self.timeouts: i64 = 0  # gave up waiting; a late reply is counted in the histogram too
        self.aborted: i64 = 0
        self.silent: i64 = 0
        self.blocking: i64 = 0  # replied ones, which are in no other number here

    @property
    def total_reqs(self) -> int:
        """Replied requests, late ones included, blocking ones not."""
        return self.histogram.count

    def add(self, index: i64, latency_ns: i64, slow: bool, failed: bool) -> None:
        """A replied request; `index` is the latency's `bucket_index`."""
        self.histogram.add_at(index, latency_ns)
        if slow:
            self.slow_reqs += 1
        if failed:
            self.errors += 1

    def count(self, status: str, blocking: bool) -> None:
        if status == TIMEOUT:
            self.timeouts += 1
        elif status == ABORTED:
            self.aborted += 1
        elif status == SILENT:
            self.silent += 1
        elif blocking:
            self.blocking += 1

    def merge(self, other: "Row") -> None:
        """Count all that `other` has counted as well; `other` stays as it is."""
        self.histogram.merge(other.histogram)
        self.slow_reqs += other.slow_reqs
        self.errors += other.errors
        self.timeouts += other.timeouts
        self.aborted += other.aborted
        self.silent += other.silent
        self.blocking += other.blocking

    def contract_numbers(self) -> dict[str, int | list[int]]:
        """A port's numbers in the words and the order of the stats server."""
        return {
            "total_reqs": self.total_reqs,
            "total_costs": self.histogram.total_ns // 1_000,
            "slow_reqs": int(self.slow_reqs),
            "latencies": self.histogram.contract_buckets(),
        }

    def numbers(self) -> dict[str, int | list[int]]:
        """Those of a port, and what the stats server says of a command and a server beyond."""
        histogram = self.histogram
        return {
            **self.contract_numbers(),
            "p50_ns": int(histogram.percentile(50.0)),
            "p90_ns": int(histogram.percentile(90.0)),
            "p99_ns": int(histogram.percentile(99.0)),
            "p999_ns": int(histogram.percentile(99.9)),
            "max_ns": int(histogram.max_ns),
            "timeouts": int(self.timeouts),
            "aborted": int(self.aborted),
            "silent": int(self.silent),
            "blocking": int(self.blocking),
        }
