"""Every request logged to nowhere: lines per CPU-second."""

import subprocess

from benchmarks.bench import Bench, Row
from benchmarks.captures import MIXED, Capture, capture
from benchmarks.usage import Spread, repeated, run

TEXT_GOAL = 300_000
JSON_GOAL = 250_000


def measure(bench: Bench) -> list[Row]:
    file = capture(MIXED, bench.quick)
    return [_row(bench, file, "text", TEXT_GOAL), _row(bench, file, "JSON", JSON_GOAL)]


def _row(bench: Bench, file: Capture, form: str, goal: int) -> Row:
    command = bench.tcpkit.command(
        *("-r", file.path, "-m", "redis", "-p", str(file.port), "-q"),
        *(["-j"] if form == "JSON" else []),
    )
    folder = bench.tcpkit.folder
    lines = _lines(bench, command)
    runs = repeated(lambda: run(command, folder), bench.pairs)
    speed = Spread.of([lines / used.cpu_s for used in runs])
    return Row(
        f"{form}: lines per CPU-second, {lines:,} lines",
        f"{speed.middle:,.0f} ({speed.least:,.0f} to {speed.most:,.0f})",
        f">= {goal:,}",
        speed.middle >= goal,
    )


def _lines(bench: Bench, command: list[str]) -> int:
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=bench.tcpkit.folder) as process:
        assert process.stdout is not None
        lines = 0
        while chunk := process.stdout.read(65536):
            lines += chunk.count(b"\n")
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return lines
