"""What `top` says of all requests together."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.metrics.top_rows import MAX_TOTAL

NOT_YET: Final = -1  # a time, while nothing was counted


@final
class TopTotals:
    """Sums over everything that was counted. Times are capture times in ns."""

    def __init__(self) -> None:
        self.requests: i64 = 0  # each once: answered, or given up as timeout, aborted, silent
        self.bytes: i64 = 0  # of requests and replies
        self.time_ns: i64 = 0
        self.timed: i64 = 0  # those with a latency
        self.exact: i64 = 0  # answered ones by quality, blocking ones included
        self.inferred: i64 = 0
        self.errors: i64 = 0  # replied with an error
        self.timeouts: i64 = 0
        self.aborted: i64 = 0
        self.silent: i64 = 0
        self.hits: i64 = 0
        self.lookups: i64 = 0
        self.without_key: i64 = 0
        self.first_ns: i64 = NOT_YET  # of the first request, and of the last thing that was counted
        self.last_ns: i64 = NOT_YET

    @property
    def is_empty(self) -> bool:
        return self.first_ns == NOT_YET

    def span(self, first_ns: i64, last_ns: i64) -> None:
        """Something was counted that went from the one time to the other."""
        if self.first_ns == NOT_YET or first_ns < self.first_ns:
            self.first_ns = first_ns
        if last_ns > self.last_ns:
            self.last_ns = last_ns

    def add(self, size: i64, latency_ns: i64) -> None:
        """Count the bytes of a request or reply, and a latency that is not negative."""
        self.bytes += size
        if self.bytes > MAX_TOTAL:
            self.bytes = MAX_TOTAL
        if latency_ns >= 0:
            self.timed += 1
            self.time_ns += latency_ns
            if self.time_ns > MAX_TOTAL:
                self.time_ns = MAX_TOTAL
