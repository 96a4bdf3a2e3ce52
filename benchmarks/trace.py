"""`tcpkit trace` of every request to nowhere: exchanges per CPU-second."""

from benchmarks.bench import Bench, Row
from benchmarks.captures import Capture, kept
from benchmarks.dns_traffic import RANDOM_NAMES
from benchmarks.memcached_traffic import TEXT
from benchmarks.redis_traffic import MIXED
from benchmarks.usage import Spread, repeated, run

GOAL = 100_000


def redis(bench: Bench) -> list[Row]:
    file = kept(MIXED, bench.quick)
    return [
        _row(bench, file, "redis", "text"),
        _row(bench, file, "redis", "text, --tcp", "--tcp"),
        _row(bench, file, "redis", "JSON", "-j"),
    ]


def others(bench: Bench) -> list[Row]:
    return [
        _row(bench, kept(TEXT, bench.quick), "memcached", "text"),
        _row(bench, kept(RANDOM_NAMES, bench.quick), "dns", "text"),
    ]


def _row(bench: Bench, file: Capture, mode: str, form: str, *options: str) -> Row:
    command = bench.tcpkit.command(
        *("trace", "-r", file.path, "-m", mode, "-p", str(file.port), "-q"),
        *("-o", "/dev/null"),
        *options,
    )
    runs = repeated(lambda: run(command, bench.tcpkit.folder), bench.pairs)
    speed = Spread.of([file.requests / used.cpu_s for used in runs])
    return Row(
        f"trace, {mode}, {form}: exchanges per CPU-second, {file.requests:,} exchanges",
        f"{speed.middle:,.0f} ({speed.least:,.0f} to {speed.most:,.0f})",
        f">= {GOAL:,}",
        speed.middle >= GOAL,
    )
