"""Every request logged to nowhere: lines per CPU-second."""

import subprocess

from benchmarks.bench import Bench, Row
from benchmarks.captures import Capture, kept
from benchmarks.dns_traffic import RANDOM_NAMES
from benchmarks.redis_traffic import MIXED
from benchmarks.usage import ProgramFailed, Spread, repeated, run

TEXT_GOAL = 300_000
JSON_GOAL = 250_000
DNS_GOAL = 250_000


def redis(bench: Bench) -> list[Row]:
    file = kept(MIXED, bench.quick)
    return [
        _row(bench, file, "redis", "text", TEXT_GOAL),
        _row(bench, file, "redis", "JSON", JSON_GOAL),
    ]


def dns(bench: Bench) -> list[Row]:
    file = kept(RANDOM_NAMES, bench.quick)
    return [
        _row(bench, file, "dns", "text", DNS_GOAL),
        _row(bench, file, "dns", "JSON", None),
    ]


def _row(bench: Bench, file: Capture, mode: str, form: str, goal: int | None) -> Row:
    command = bench.tcpkit.command(
        *("-r", file.path, "-m", mode, "-p", str(file.port), "-q"),
        *(["-j"] if form == "JSON" else []),
    )
    folder = bench.tcpkit.folder
    lines = _lines(bench, command)
    runs = repeated(lambda: run(command, folder), bench.pairs)
    speed = Spread.of([lines / used.cpu_s for used in runs])
    prefix = "" if mode == "redis" else f"{mode}, "
    return Row(
        f"{prefix}{form}: lines per CPU-second, {lines:,} lines",
        f"{speed.middle:,.0f} ({speed.least:,.0f} to {speed.most:,.0f})",
        "" if goal is None else f">= {goal:,}",
        None if goal is None else speed.middle >= goal,
    )


def _lines(bench: Bench, command: list[str]) -> int:
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=bench.tcpkit.folder) as process:
        assert process.stdout is not None
        lines = 0
        while chunk := process.stdout.read(65536):
            lines += chunk.count(b"\n")
    if process.returncode:
        raise ProgramFailed(f"{' '.join(command)}: exit status {process.returncode}")
    return lines
