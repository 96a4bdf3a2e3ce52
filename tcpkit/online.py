"""A run on an interface: capture, stats server, signals and timers in one event loop."""

import asyncio
import gc
import logging
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvloop

from tcpkit.capture.filter import filters
from tcpkit.capture.live import READ_MS, LiveCapture
from tcpkit.capture.local_address import local_addresses
from tcpkit.config import Config
from tcpkit.errors import TcpkitError
from tcpkit.pipeline import Pipeline, tell, transports
from tcpkit.server.stats_server import DIVIDED_LIFE_S, SNAPSHOT_LIFE_S, StatsServer
from tcpkit.sinks.log_file import OutputClosed
from tcpkit.wire.address import endpoint_text

if TYPE_CHECKING:
    from tcpkit.otlp_run import OtlpTimer
    from tcpkit.script.script import Script
    from tcpkit.server.http_server import HttpServer

TICK_S = 0.1
# The kernel gives a block that is not full at its second look, READ_MS apart.
DRAIN_S = 2.5 * READ_MS / 1000
# A packet may lie this long in the kernel before it is read: capture time, where the wire
# is quiet, stays behind the clock by more than that.
MARGIN_NS = 10 * READ_MS * 1_000_000
GC_THRESHOLD = 50_000


class Online:
    """One run; `start` opens everything, `serve` runs until a signal or a failure."""

    def __init__(self, config: Config, script: "Script | None") -> None:
        """Open the interface and the files. Raises TcpkitError."""
        self.config = config
        tcp, udp = transports(config)
        self.capture = LiveCapture(
            str(config.interface),
            filters(config.ports, config.servers, tcp, udp),
            config.buffer_kib,
            config.snaplen,
        )
        self.pipeline = Pipeline(config, local_addresses(), script)
        self.capture.feed(self.pipeline.entrance)
        if self.pipeline.top_reports is not None:
            self.pipeline.top_reports.dropped = self._dropped
        overview = self.pipeline.overview
        if overview is not None:
            overview.counters = self._counters
            overview.dropped = self.losses
        life_s = DIVIDED_LIFE_S if config.by else SNAPSHOT_LIFE_S
        self.server = StatsServer(self.pipeline.snapshot, life_s=life_s)
        self.http: HttpServer | None = None
        if config.http is not None:
            from tcpkit.http_run import server_of

            self.http = server_of(self)
        self.otlp: OtlpTimer | None = None
        if config.otlp:
            from tcpkit import otlp_run

            self.otlp = otlp_run.OtlpTimer(self.pipeline, time.time_ns, self.pipeline.tell)
        self._stop = asyncio.Event()
        self._problem: TcpkitError | None = None
        self._output_closed = False

    async def start(self) -> None:
        """Listen, and begin to capture. Raises TcpkitError."""
        if self.config.stats_port:
            await self.server.start(self.config.bind, self.config.stats_port)
        if self.http is not None and self.config.http is not None:
            try:
                self.http.start(*self.config.http)
            except TcpkitError:
                self.server.close()
                raise
        if self.otlp is not None:
            self.otlp.start()
        loop = asyncio.get_running_loop()
        loop.add_reader(self.capture.fileno(), self._guarded, self._read)
        loop.add_signal_handler(signal.SIGINT, self._stop.set)
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._guarded, self._reopen)
        loop.call_later(TICK_S, self._guarded, self._tick)

    async def serve(self) -> None:
        """Until a signal comes or something fails. Raises TcpkitError, OutputClosed."""
        await self.until_stopped()
        loop = asyncio.get_running_loop()
        loop.remove_reader(self.capture.fileno())
        self.server.close()
        if self.http is not None:
            self.http.close()
        if self._output_closed:
            self.pipeline.close_others()
            raise OutputClosed
        first = self._problem
        self._guarded(self._drain if first is None else self._finish)
        if self.otlp is not None:
            await self.otlp.finish()
        problem = first or self._problem
        if problem is not None:
            raise problem

    async def until_stopped(self) -> None:
        """Return when the run is to end; a subclass may do something meanwhile."""
        await self._stop.wait()

    def stop(self) -> None:
        """End the run in good order."""
        self._stop.set()

    def describe(self) -> str:
        """What is being done, on a line."""
        config = self.config
        ports = ",".join(map(str, config.ports)) or "any"
        stats = "off"
        if config.stats_port:
            stats = endpoint_text(config.bind, self.server.port)
        http = ""
        if self.http is not None and config.http is not None:
            http = f", http {endpoint_text(config.http[0], self.http.port)}"
        return (
            f"tcpkit: capturing on {config.interface}, mode {config.mode}, "
            f"server ports {ports}, stats {stats}{http}"
        )

    def captured_ns(self) -> int:
        """The capture time that the run has come to."""
        return time.time_ns() - MARGIN_NS

    def source_counts(self) -> dict[str, int]:
        """The counters of the capture and of the servers, by name."""
        counts = self.capture.counts()
        served = self.server.counts
        counts["stats clients"] = served.served
        counts["stats clients refused"] = served.refused
        counts["stats clients lost"] = served.lost
        if self.http is not None:
            counts.update(self.http.counts.numbers())
        if self.otlp is not None:
            counts.update(self.otlp.numbers())
        return counts

    def summary(self) -> str:
        return self.pipeline.summary(self.source_counts())

    def losses(self) -> dict[str, int]:
        """Packets that the capture has lost so far, by where."""
        counts = self.capture.counts()
        return {
            "kernel": counts["dropped by the kernel"],
            "interface": counts["dropped by the interface"],
        }

    def _dropped(self) -> int:
        return sum(self.losses().values())

    def _counters(self) -> list[tuple[str, dict[str, int]]]:
        return self.pipeline.counters(self.source_counts())

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run a step of the loop; what it raises ends the run."""
        try:
            step()
        except OutputClosed:
            self._output_closed = True
            self._stop.set()
        except TcpkitError as error:
            self._problem = error
            self._stop.set()

    def _read(self) -> None:
        self.capture.dispatch()

    def _tick(self) -> None:
        if self._stop.is_set():
            return  # the interface is closed, or will be before the next one
        asyncio.get_running_loop().call_later(TICK_S, self._guarded, self._tick)
        now_ns = self.captured_ns()
        self.capture.dispatch()
        self.pipeline.advance(now_ns)
        self.pipeline.flush()

    def _reopen(self) -> None:
        self.pipeline.flush()
        if self.pipeline.log is not None:
            self.pipeline.log.reopen()

    def _drain(self) -> None:
        """Take what the kernel still has, so that the summary holds all that was seen."""
        until_s = time.monotonic() + DRAIN_S
        while time.monotonic() < until_s:
            if self.capture.dispatch() == 0:
                time.sleep(READ_MS / 10_000)
        self._finish()

    def _finish(self) -> None:
        self.pipeline.finish()
        self.pipeline.close()


def run(
    config: Config,
    ready: Callable[[str], None] = tell,
    script: "Script | None" = None,
    kind: type[Online] = Online,
) -> int:
    """Trace `config.interface`; the exit status. Raises TcpkitError.

    `ready` is told in one line what is going on as soon as nothing can fail any more.
    """
    logging.basicConfig(format="tcpkit: %(levelname)s: %(message)s")
    return uvloop.run(_run(kind, config, ready, script))


async def _run(
    kind: type[Online], config: Config, ready: Callable[[str], None], script: "Script | None"
) -> int:
    online = kind(config, script)
    try:
        await online.start()
    except TcpkitError:
        online.capture.close()
        raise
    try:
        ready(online.describe())
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD)
        await online.serve()
    except OutputClosed:
        return 0
    finally:
        if not config.quiet:
            tell(online.summary().rstrip("\n"))
        online.capture.close()
    return 0
