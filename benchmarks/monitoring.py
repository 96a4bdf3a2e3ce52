"""`--http` under a scrape every second, and the page of `report`."""

import signal
import subprocess
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import Bench, Row
from benchmarks.captures import kept
from benchmarks.redis_traffic import MIXED, RUNS, Server, drive, server_running
from benchmarks.usage import Spread, in_turn, reaped, run
from tests.browser.browser import browser_running
from tests.servers import free_port

REQUESTS = 1_000_000
QUICK_REQUESTS = 100_000
HTTP_GOAL = 2.0  # per cent of a core
REPORT_GOAL = 4.0  # times the plain run's CPU time
OPEN_GOAL_S = 1.0
SIZE_GOAL_MB = 2.0


@dataclass(frozen=True)
class Live:
    """A live run: its CPU time, how long the traffic lasted, answers to scrapes."""

    cpu_s: float
    traffic_s: float
    scrapes: int
    bytes: int


class Scraper(threading.Thread):
    """Asks for /metrics once a second until it is stopped."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._stopped = threading.Event()
        self.scrapes = 0
        self.bytes = 0

    def run(self) -> None:
        while not self._stopped.wait(1.0):
            with urllib.request.urlopen(self._url, timeout=5) as reply:
                self.bytes = len(reply.read())
            self.scrapes += 1

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def http(bench: Bench) -> list[Row]:
    """Both ways under redis-benchmark at full speed: what is above the plain run is the cost."""
    requests = QUICK_REQUESTS if bench.quick else REQUESTS
    each = -(-requests // RUNS)
    with server_running() as server:
        pairs = in_turn(
            lambda: _live(bench, server, each, False),
            lambda: _live(bench, server, each, True),
            bench.pairs,
        )
    cost = Spread.of([(ours.cpu_s - plain.cpu_s) / ours.traffic_s * 100 for plain, ours in pairs])
    ours = pairs[-1][1]
    rate = requests / ours.traffic_s
    return [
        Row(
            f"--http, scraped each second, at {rate:,.0f} requests/s: above the run without",
            f"{cost.middle:.1f} % of a core ({cost.least:.1f} to {cost.most:.1f})",
            f"< {HTTP_GOAL:.0f} %",
            cost.middle < HTTP_GOAL,
        ),
        Row("--http: a scrape", f"{ours.bytes / 1000:.0f} kB, {ours.scrapes} of them"),
    ]


def _live(bench: Bench, server: Server, each: int, has_http: bool) -> Live:
    options = ["-i", "lo", "-m", "redis", "-p", str(server.port), "-t", "100000", "-P", "0"]
    port = free_port()
    if has_http:
        options += ["--http", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(
        bench.tcpkit.command(*options),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=bench.tcpkit.folder,
    )
    assert process.stderr is not None
    ready = process.stderr.readline()
    if b"capturing on" not in ready:
        process.wait()
        raise RuntimeError(f"tcpkit did not start: {ready.decode().strip()}")
    scraper = Scraper(port)
    if has_http:
        scraper.start()
    traffic = time.perf_counter()
    drive(server.port, each, 1)
    traffic_s = time.perf_counter() - traffic
    if has_http:
        scraper.stop()
    process.send_signal(signal.SIGINT)
    process.stderr.read()
    usage = reaped(process, began)
    return Live(usage.cpu_s, traffic_s, scraper.scrapes, scraper.bytes)


def page(bench: Bench) -> list[Row]:
    file = kept(MIXED, bench.quick)
    read = ("-r", file.path, "-m", "redis", "-p", str(file.port), "-q")
    folder = bench.tcpkit.folder
    plain = bench.tcpkit.command(*read, "-t", "100000")
    with TemporaryDirectory() as made:
        path = Path(made, "report.html")
        report = bench.tcpkit.command("report", *read, "-o", str(path))
        pairs = in_turn(lambda: run(plain, folder), lambda: run(report, folder), bench.pairs)
        size_mb = path.stat().st_size / 1e6
        opened = Spread.of([_opened_s(path) for _ in range(bench.pairs)])
    ratio = Spread.of([ours.cpu_s / theirs.cpu_s for theirs, ours in pairs])
    return [
        Row(
            "report, mixed: CPU time, of the plain run's",
            f"{ratio.middle:.2f} x ({ratio.least:.2f} to {ratio.most:.2f})",
            f"<= {REPORT_GOAL:.0f} x",
            ratio.middle <= REPORT_GOAL,
        ),
        Row(
            "report, mixed: size of the page",
            f"{size_mb:.2f} MB",
            f"< {SIZE_GOAL_MB:.0f} MB",
            size_mb < SIZE_GOAL_MB,
        ),
        Row(
            "report, mixed: headless Chromium has it open and drawn",
            f"{opened.middle:.2f} s ({opened.least:.2f} to {opened.most:.2f})",
            f"< {OPEN_GOAL_S:.0f} s",
            opened.middle < OPEN_GOAL_S,
        ),
    ]


def _opened_s(path: Path) -> float:
    """From the start of the navigation until what was to be drawn is drawn."""
    with browser_running() as browser:
        browser.open(path)
        return browser.number("performance.now()") / 1000
