"""Peak memory, of one capture and of one ten times as long."""

from benchmarks.bench import Bench, Row
from benchmarks.captures import MIXED, Capture, capture
from benchmarks.usage import peak_mb

GOAL_MB = 60.0
TIMES = 10
SAME = 1.02  # page faults fall a little differently in each run


def measure(bench: Bench) -> list[Row]:
    file = capture(MIXED, bench.quick)
    once = _peak_mb(bench, file, 1)
    longer = _peak_mb(bench, file, TIMES)
    goal = f"< {GOAL_MB:.0f} MB"
    return [
        Row("peak memory, mixed", f"{once:.1f} MB", goal, once < GOAL_MB),
        Row(f"peak memory, {TIMES} x as long", f"{longer:.1f} MB", goal, longer < GOAL_MB),
        Row(
            f"memory of {TIMES} x as long, of one's",
            f"{longer / once:.3f} x",
            "the same (2 %)",
            longer <= once * SAME,
        ),
    ]


def _peak_mb(bench: Bench, file: Capture, times: int) -> float:
    files = ["-r", file.path] * times
    command = bench.tcpkit.command(
        *files, *("-m", "redis", "-p", str(file.port), "-t", "100000", "-q")
    )
    return max(peak_mb(command, bench.tcpkit.folder) for _ in range(bench.pairs))
