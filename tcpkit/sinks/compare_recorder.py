"""Hears every exchange of a capture that is to be compared with another one."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.sliced import SlicedLatencies
from tcpkit.metrics.top_row import COMMANDS, KEYS
from tcpkit.metrics.top_rows import MAX_TOTAL
from tcpkit.metrics.top_tables import CAPACITY, TopTables
from tcpkit.protocols.message import (
    ABORTED,
    BLOCKING,
    ERROR,
    LATE,
    NO_TIME,
    TIMEOUT,
    Exchange,
)
from tcpkit.sinks.top_recorder import TopRecorder
from tcpkit.wire.printable import shortened

MAX_ERRORS: Final = 4_096  # commands with their codes; whoever comes later is `errors_left`
CODE_LIMIT: Final = 64
WITHOUT_CODE: Final = "error"
DNS: Final = "dns"  # whose NXDOMAIN is a good answer, and yet what is asked for
NO_ERROR: Final = "NOERROR"


@final
class CompareRecorder(ExchangeSink):
    """Counts by command and slice of time, by key, and errors by command and code.

    A request counts once, when it is decided: one that timed out is not counted again by
    its late reply, which adds its latency. Waiting is the job of a blocking command: its
    latency is counted nowhere.
    """

    takes_keys: bool = True

    def __init__(self, capacity: i64 = CAPACITY) -> None:
        """`capacity` is the most keys that have a row."""
        self.sliced = SlicedLatencies()
        self.tables = TopTables((KEYS, COMMANDS), capacity)
        self.errors: dict[tuple[str, str], int] = {}
        self.errors_left: i64 = 0
        self._top = TopRecorder(self.tables)

    def exchange(self, exchange: Exchange) -> None:
        self._top.exchange(exchange)
        again: i64 = 0 if exchange.flags & LATE else 1
        latency_ns: i64 = NO_TIME
        if exchange.answered and not exchange.flags & BLOCKING:
            latency_ns = min(max(exchange.latency_ns, 0), MAX_TOTAL)
        time_ns = exchange.request_last_ns
        if time_ns == NO_TIME:
            time_ns = exchange.time_ns
        self.sliced.add(exchange.command, time_ns, again, latency_ns)
        status = exchange.status
        if status == ERROR:
            code = exchange.code
            self._error(exchange.command, WITHOUT_CODE if code is None else code)
        elif status == TIMEOUT or status == ABORTED:
            self._error(exchange.command, status)
        elif exchange.protocol == DNS:
            code = exchange.code
            if code is not None and code != NO_ERROR:
                self._error(exchange.command, code)

    def _error(self, command: str, code: str) -> None:
        key = command, shortened(code, CODE_LIMIT)
        count = self.errors.get(key, 0)
        if not count and len(self.errors) >= MAX_ERRORS:
            self.errors_left += 1
            return
        self.errors[key] = count + 1
