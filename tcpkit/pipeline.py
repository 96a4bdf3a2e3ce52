"""The rooms, wired for one run: from the packets to the log, the stats and the summary."""

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tcpkit import __version__
from tcpkit.capture.dump import Dump, DumpTee
from tcpkit.capture.reader import protect_inputs
from tcpkit.capture.source import PacketSink
from tcpkit.config import Config, TopOptions, TraceOptions
from tcpkit.flow.clock_tee import ClockTee
from tcpkit.flow.first_time import FirstTime
from tcpkit.flow.health_tee import HealthTee
from tcpkit.flow.observer import ConnectionObserver
from tcpkit.flow.packet_filter import PacketFilter
from tcpkit.flow.table import ConnectionTable
from tcpkit.flow.watch import Watch
from tcpkit.metrics.exchange_sink import ExchangeSink
from tcpkit.metrics.port_rows import PortRows
from tcpkit.metrics.port_stats import PortStats, stats_snapshot
from tcpkit.metrics.series import SeriesTable
from tcpkit.protocols.command_numbers import CommandNumbers
from tcpkit.protocols.message import PairingCounts
from tcpkit.protocols.registry import protocol_of
from tcpkit.sinks.json_log import JsonLog
from tcpkit.sinks.log_file import LogFile
from tcpkit.sinks.raw_json import RawJson
from tcpkit.sinks.slow_log import SlowLog
from tcpkit.wire.decoder import Decoder
from tcpkit.wire.segment import SegmentSink

if TYPE_CHECKING:  # Lua is loaded where there is a script
    from tcpkit.script.packets import PacketScript
    from tcpkit.script.script import Script
    from tcpkit.script.ticker import Ticker
    from tcpkit.sinks.trace.trace import Trace

if TYPE_CHECKING:  # and what these need, with them
    from tcpkit.metrics.top_tables import TopTables
    from tcpkit.sinks.compare_recorder import CompareRecorder
    from tcpkit.sinks.name_series import NameSeries
    from tcpkit.sinks.overview.overview import Overview
    from tcpkit.sinks.top_clock import TopClock
    from tcpkit.sinks.top_reports import TopReports


class Pipeline:
    """Everything right of the source. `entrance` takes the packets."""

    def __init__(
        self,
        config: Config,
        local: list[str],
        script: "Script | None",
        observer: ConnectionObserver | None = None,
    ) -> None:
        """Open the output and -w. Raises CaptureError or TcpkitError where that fails.

        `script` is the one of `config`, loaded; its `init` is called. `local` are this
        machine's addresses, where packets are captured on it. `observer` hears of the
        connections, and with it each of them has its Health.
        """
        self.config = config
        self._observer = observer
        if observer is None and config.explain:
            self._observer = ConnectionObserver()  # the reasons want the connections' health
        self.pairing = PairingCounts()
        self.table: ConnectionTable | None = None
        self.raw: RawJson | PacketScript | None = None
        self.script = script
        self.ticker: Ticker | None = None
        self.dump: Dump | None = None
        self.log: LogFile | None = None
        self.series: SeriesTable | None = None
        self.first: FirstTime | None = None  # of the packets, for who needs it
        self.names: NameSeries | None = None  # the series of DNS by name
        self.overview: Overview | None = None
        self.trace: Trace | None = None
        self.comparing: CompareRecorder | None = None
        if config.output is not None:
            protect_inputs(config.output, config.files)
        on_screen = config.top is not None and config.top.screen
        comparing = config.compare is not None
        silent = config.daemon or on_screen or config.report is not None or comparing
        if config.output is not None or not silent:
            self.log = LogFile(config.output)
        if script is not None:
            self._begin(script)  # which may define further hooks
        self.top: TopTables | None = None
        self.top_reports: TopReports | None = None
        self.top_clock: TopClock | None = None
        if config.top is not None:
            self._begin_top(config, config.top)
        if config.trace is not None:
            self.trace = self._trace(config, config.trace)
        if config.has_overview:
            self._begin_overview(config)
        self.ports = self._port_stats(config)
        tcp, udp = transports(config)
        self.decoder = Decoder(self._sink(config, local), tcp, udp)
        self.entrance: PacketSink = self.decoder
        if config.write is not None:
            self.dump = Dump(config.write, config.files)
            self.entrance = DumpTee(self.decoder, self.dump)
        if script is not None:
            script.wire = self.decoder.counts

    def _begin_top(self, config: Config, options: TopOptions) -> None:
        from tcpkit.metrics.top_row import VIEWS
        from tcpkit.metrics.top_tables import TopTables
        from tcpkit.sinks.top_clock import TopClock
        from tcpkit.sinks.top_reports import TopReports

        self.top = TopTables(VIEWS if options.screen else (options.view,))
        if options.screen:
            return
        assert self.log is not None
        reports = TopReports(options, config.json, self.top, self.pairing, self.log)
        self.top_reports = reports
        if options.interval_ns:
            self.top_clock = TopClock(options.interval_ns, reports)

    def _begin_overview(self, config: Config) -> None:
        from tcpkit.sinks.overview.overview import Overview

        self.overview = Overview(config, __version__)
        if self.overview.connections is not None:
            self._observer = self.overview.connections

    def _begin(self, script: "Script") -> None:
        if self.config.lua_jit:
            tell(
                "tcpkit: --lua-jit: the budget is off, an endless loop in the script is not stopped"
            )
        script.tell = self.tell
        script.begin(self.config, _ignore if self.log is None else self.log.write)

    def tell(self, text: str) -> None:
        """Diagnostics: a line on stderr; a daemon has none, so into the log, if there is one."""
        if not self.config.daemon:
            tell(text)
        elif self.log is not None:
            self.log.write(f"{text}\n".encode("utf-8", "backslashreplace"))

    def _trace(self, config: Config, options: TraceOptions) -> "Trace":
        from tcpkit.sinks.trace.trace import Trace, has_colours

        protocol = protocol_of(config.mode)
        assert protocol is not None and self.log is not None
        trace = Trace(self.log, protocol, config, options, has_colours(config.output))
        self._observer = trace.observer
        return trace

    def _port_stats(self, config: Config) -> list[PortStats]:
        sinks: list[ExchangeSink] = []
        hearers: list[ExchangeSink] = []
        if self.trace is not None:
            sinks.append(self.trace)
            hearers.append(self.trace.numbers)
        elif self.log is not None and self.top is None:
            made = JsonLog if config.json else SlowLog
            sinks.append(made(self.log, config.explain))
        if self.script is not None and self.script.has("exchange"):
            from tcpkit.sinks.exchange_script import ExchangeScript

            hearers.append(ExchangeScript(self.script, config.explain))
        if self.top is not None:
            from tcpkit.sinks.top_recorder import TopRecorder

            hearers.append(TopRecorder(self.top))
        if config.compare is not None:
            from tcpkit.sinks.compare_recorder import CompareRecorder

            self.comparing = CompareRecorder()
            hearers.append(self.comparing)
        overview = self.overview
        if overview is not None:
            from tcpkit.sinks.top_recorder import TopRecorder

            hearers.append(TopRecorder(overview.tables))
        if config.otlp and config.mode == "dns":
            from tcpkit.sinks.name_series import NameSeries

            self.names = NameSeries()
            hearers.append(self.names)
        hears = overview is None or overview.hears or len(hearers) > 1
        threshold_ns = config.threshold_ns
        numbers = self._command_numbers(config)
        if config.has_series and numbers is not None:
            self.series = SeriesTable(numbers)
        ports = [
            PortStats(
                port,
                threshold_ns,
                sinks,
                hearers,
                _rows(config, numbers, self.series),
                None if overview is None else overview.slowest,
                hears,
            )
            for port in config.ports
        ]
        tells_health = config.trace is not None and config.trace.tcp
        for port in ports:
            port.keeps_replies = self.trace is not None
            port.explains = config.explain or tells_health
        return ports

    def _command_numbers(self, config: Config) -> CommandNumbers | None:
        """One numbering for all ports."""
        protocol = protocol_of(config.mode)
        tells_all = config.has_series or config.has_overview
        if protocol is None or not ("command" in config.by or tells_all):
            return None
        numbers = CommandNumbers(protocol.command_names())
        numbers.tells_errors = tells_all
        return numbers

    def _sink(self, config: Config, local: list[str]) -> SegmentSink:
        """What the decoder feeds, with the clock of a script that has one."""
        sink = self._reader(config, local)
        if self.top_clock is not None:
            sink = ClockTee(self.top_clock, sink)
        if config.otlp:
            self.first = FirstTime()
            sink = ClockTee(self.first, sink)
        if self.overview is not None:
            sink = ClockTee(self.overview.begin(self.ports, self.pairing), sink)
        script = self.script
        if script is None or not script.has("tick"):
            return sink
        from tcpkit.script.ticker import Ticker

        self.ticker = Ticker(script)
        return ClockTee(self.ticker, sink)

    def _reader(self, config: Config, local: list[str]) -> SegmentSink:
        protocol = protocol_of(config.mode)
        if protocol is None:
            packets = PacketFilter(config.ports, config.servers)
            if self.script is not None:
                from tcpkit.script.packets import PacketScript

                self.raw = PacketScript(self.script, packets)
            else:
                self.raw = RawJson(LogFile(os.devnull) if self.log is None else self.log, packets)
            return self.raw
        recorders = {int(stats.port): stats for stats in self.ports}
        opener = protocol.opener(recorders, self.pairing, config.timeout_ns)
        reader = None
        if protocol.watches_udp(config.udp):
            reader = protocol.reader(recorders, self.pairing, config.timeout_ns)
        watch = Watch(config.ports, config.servers, local)
        observer = self._observer
        self.table = ConnectionTable(watch, opener, reader, observer)
        return self.table if observer is None else HealthTee(self.table, observer)

    def snapshot(self) -> list[dict[str, dict[str, object]]]:
        """What the stats server shows."""
        return stats_snapshot(self.ports)

    def advance(self, now_ns: int) -> None:
        """Capture time is at least `now_ns`."""
        if self.top_clock is not None and now_ns >= self.top_clock.next_ns:
            self.top_clock.advance(now_ns)
        if self.overview is not None:
            self.overview.advance(now_ns)
        if self.table is not None:
            self.table.advance(now_ns)
        if self.ticker is not None and now_ns >= self.ticker.next_ns:
            self.ticker.advance(now_ns)

    def flush(self) -> None:
        """Write what there is, of packets that wait for a script too."""
        if self.script is not None:
            self.script.deliver()
        if self.log is not None:
            self.log.flush()
        if self.dump is not None:
            self.dump.flush()

    def finish(self) -> None:
        """The capture has ended: decide what waits."""
        if self.table is not None:
            self.table.finish()
            self._finish_top(int(self.table.now_ns))
        if self.trace is not None:
            self.trace.finish()
        if self.script is not None:
            self.script.finish()

    def _finish_top(self, now_ns: int) -> None:
        if self.top_clock is not None:
            self.top_clock.finish(now_ns)
        elif self.top_reports is not None:
            self.top_reports.once()
        elif self.top is not None:
            totals = self.top.totals
            self.top.whole(int(totals.first_ns), int(totals.last_ns))

    def close(self) -> None:
        """Write and close the files."""
        try:
            if self.log is not None:
                self.log.close()
        finally:
            self.close_others()

    def close_others(self) -> None:
        """All files but the log, where nobody reads that any more."""
        try:
            if self.dump is not None:
                self.dump.close()
        finally:
            if self.script is not None:
                self.script.flush()

    def counters(self, source: Mapping[str, int]) -> list[tuple[str, dict[str, int]]]:
        """Those of all rooms by name; `source` are the counters of the capture."""
        counters = [("capture", dict(source)), ("wire", self.decoder.counts.numbers())]
        if self.table is not None:
            counters.append(("flow", self.table.counts.numbers()))
        if self.raw is not None:
            counters.append(("raw", self.raw.numbers()))
        if self.top is not None:
            counters.append(("top", self.top.counts()))
        if self.script is not None:
            counters.append(("script", self.script.counts.numbers()))
        if self.dump is not None:
            counters.append(("saved", self.dump.counts.numbers()))
        return counters

    def summary(self, source: Mapping[str, int]) -> str:
        """The text for the end of the run."""
        from tcpkit.sinks.summary import render

        counters = self.counters(source)
        pairing = None if self.table is None else self.pairing
        return render(self.ports if self.table is not None else [], counters, pairing)


def _rows(
    config: Config, numbers: CommandNumbers | None, series: SeriesTable | None
) -> PortRows | None:
    if config.has_series or config.has_overview:
        return PortRows(numbers, True, series, config.by)
    return PortRows(numbers, "server" in config.by) if config.by else None


def transports(config: Config) -> tuple[bool, bool]:
    """Whether the run looks at TCP, and whether at UDP."""
    protocol = protocol_of(config.mode)
    if protocol is None:
        return not config.udp, config.udp
    return protocol.watches_tcp(config.udp), protocol.watches_udp(config.udp)


def _ignore(line: bytes) -> None:
    """Where a script's lines go when there is no log."""


def tell(text: str) -> None:
    """Diagnostics: a line on stderr, which may be closed."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return
