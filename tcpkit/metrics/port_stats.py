"""What is known of one server port, and which of its exchanges the log gets.

Counting costs no Exchange: a session tells the latency and makes an Exchange only
where this says that it is wanted.
"""

from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import i64

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.histogram import Histogram
from tcpkit.protocols.message import ABORTED, BLOCKING, SILENT, TIMEOUT, Exchange, Recorder

_NEVER: Final = (1 << 63) - 1  # no latency is at or over this
_ALWAYS: Final = -(1 << 63)


@final
class PortStats(Recorder):
    """Counts one server port and forwards what is logged to `sinks`, in their order.

    `threshold_ns` is -t, None without it; `hearers` get every exchange whatever it is.
    Without either (no log at all) no exchange is wanted. Each exchange is told once: to
    `answered` when it has a reply and does not block, to `wants` otherwise.
    """

    __slots__ = (
        "_heard", "_hearers", "_sinks", "_slow_from", "_want_from", "aborted", "blocking",
        "histogram", "port", "silent", "slow_reqs", "threshold_ns", "timeouts",
    )  # fmt: skip

    def __init__(
        self,
        port: i64,
        threshold_ns: int | None,
        sinks: Sequence[ExchangeSink],
        hearers: Sequence[ExchangeSink] = (),
    ) -> None:
        self.port: i64 = port
        self.threshold_ns: int | None = threshold_ns
        self.histogram = Histogram()
        self.slow_reqs: i64 = 0  # at or over the threshold; 0 without one
        self.timeouts: i64 = 0  # gave up waiting; a late reply is counted in the histogram too
        self.aborted: i64 = 0
        self.silent: i64 = 0
        self.blocking: i64 = 0  # replied ones, which are in no other number here
        self._sinks = list(sinks)
        self._hearers = list(hearers)
        self._heard = len(self._hearers) > 0
        self._slow_from: i64 = _NEVER if threshold_ns is None else threshold_ns
        self._want_from: i64 = _ALWAYS if threshold_ns is None else threshold_ns
        if not self._sinks:
            self._want_from = _NEVER
        if not self._sinks and len(self._hearers) == 1:
            self.tally = self._hearers[0].tally()
        for hearer in self._hearers:
            self.keeps_keys = self.keeps_keys or hearer.takes_keys

    @property
    def total_reqs(self) -> int:
        """Replied requests, late ones included, blocking ones not."""
        return self.histogram.count

    @property
    def total_costs_us(self) -> int:
        """The sum of their latencies, taken in ns, in whole microseconds."""
        return self.histogram.total_ns // 1_000

    def answered(self, latency_ns: i64) -> bool:
        self.histogram.add(latency_ns)
        if latency_ns >= self._slow_from:
            self.slow_reqs += 1
        return latency_ns >= self._want_from or self._heard

    def wants(self, status: str, blocking: bool) -> bool:
        """Count an exchange that `answered` is not told of; True if the log gets it.

        With -t that is each `timeout` and `aborted`, blocking or not, and nothing else.
        """
        if status == TIMEOUT:
            self.timeouts += 1
        elif status == ABORTED:
            self.aborted += 1
        elif status == SILENT:
            self.silent += 1
        elif blocking:
            self.blocking += 1
        return self._logs(status) or self._heard

    def _logs(self, status: str) -> bool:
        """Whether the log gets an exchange that `answered` does not count."""
        given_up = status == TIMEOUT or status == ABORTED
        return bool(self._sinks) and (given_up or self.threshold_ns is None)

    def report(self, exchange: Exchange) -> None:
        if self._heard:
            for hearer in self._hearers:
                hearer.exchange(exchange)
            if not self._is_logged(exchange):
                return
        for sink in self._sinks:
            sink.exchange(exchange)

    def _is_logged(self, exchange: Exchange) -> bool:
        if exchange.answered and not exchange.flags & BLOCKING:
            return exchange.latency_ns >= self._want_from
        return self._logs(exchange.status)

    def snapshot(self) -> dict[str, int | list[int]]:
        """The port's numbers in the words and the order of the stats server."""
        return {
            "total_reqs": self.total_reqs,
            "total_costs": self.total_costs_us,
            "slow_reqs": self.slow_reqs,
            "latencies": self.histogram.contract_buckets(),
        }


def stats_snapshot(ports: Sequence[PortStats]) -> list[dict[str, dict[str, int | list[int]]]]:
    """What the stats server shows: an object a port, in the order given."""
    return [{str(port.port): port.snapshot()} for port in ports]
