"""Writes the reports of `top`: one at the end, or one for each interval."""

from collections.abc import Callable
from typing import final

from tcpkit.config import TopOptions
from tcpkit.metrics.top_tables import TopTables
from tcpkit.protocols.message import PairingCounts
from tcpkit.sinks.json_line import JsonLine
from tcpkit.sinks.local_time import LocalTime
from tcpkit.sinks.log_file import LogFile
from tcpkit.sinks.top_clock import IntervalEnd
from tcpkit.sinks.top_report import TopReport, fields_of
from tcpkit.sinks.top_text import text_of


@final
class TopReports(IntervalEnd):
    """A report of an interval is of what was counted in it, and no row outlives it.

    `dropped` gives the packets that a live capture lost so far.
    """

    def __init__(
        self,
        options: TopOptions,
        json: bool,
        tables: TopTables,
        pairing: PairingCounts,
        out: LogFile,
    ) -> None:
        self._options = options
        self._json = JsonLine() if json else None
        self._tables = tables
        self._pairing = pairing
        self._out = out
        self._times = LocalTime()
        self._unpaired = 0  # when the interval began
        self._dropped = 0
        self._written = False
        self.dropped: Callable[[], int] | None = None

    def ended(self, begin_ns: int, end_ns: int) -> None:
        """An interval is over: report it, if anything was counted, and forget it."""
        if self._tables.totals.is_empty:
            return
        report = self._report(begin_ns, end_ns)
        if report.rows or not self._has_threshold():
            self._write(report)
        self._tables.reset()

    def once(self) -> None:
        """The capture has ended: report all of it."""
        totals = self._tables.totals
        self._write(self._report(max(int(totals.first_ns), 0), max(int(totals.last_ns), 0)))

    def _has_threshold(self) -> bool:
        return self._options.min_rate > 0 or self._options.min_bytes_rate > 0

    def _report(self, begin_ns: int, end_ns: int) -> TopReport:
        options = self._options
        tables = self._tables
        tables.whole(begin_ns, end_ns)
        rows = tables.rows(
            options.view,
            options.sort,
            options.rows,
            min_rate=options.min_rate,
            min_bytes_rate=options.min_bytes_rate,
        )
        unpaired = sum([int(count) for count in self._pairing.unpaired.values()])
        dropped: int | None = None
        if self.dropped is not None:
            lost = self.dropped()
            dropped = lost - self._dropped
            self._dropped = lost
        report = TopReport(
            options.view,
            options.sort,
            begin_ns,
            end_ns,
            tables.totals,
            tables.rate,
            tables.bytes_rate,
            unpaired - self._unpaired,
            dropped,
            tables.bounds(options.view),
            rows,
        )
        self._unpaired = unpaired
        return report

    def _write(self, report: TopReport) -> None:
        if self._json is not None:
            self._out.write(self._json.encode(fields_of(report)))
            return
        between = "\n" if self._written else ""
        self._written = True
        self._out.write((between + text_of(report, self._times)).encode())
