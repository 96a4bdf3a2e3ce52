"""`tcpkit top`: its speed beside the plain run, and its memory over very many keys."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import Bench, Row
from benchmarks.captures import kept
from benchmarks.redis_traffic import MIXED
from benchmarks.top_traffic import PORT, key_of, names_of, requests_of, write_skewed
from benchmarks.usage import Spread, in_turn, peak, run

SPEED_GOAL = 0.5
MEMORY_GOAL_MB = 150.0
TOP = 100


def measure(bench: Bench) -> list[Row]:
    return [*_speed(bench), *_memory(bench)]


def _speed(bench: Bench) -> list[Row]:
    file = kept(MIXED, bench.quick)
    read = ("-r", file.path, "-m", "redis", "-p", str(file.port), "-q")
    plain = bench.tcpkit.command(*read, "-t", "100000")
    top = bench.tcpkit.command("top", *read, "--once")
    folder = bench.tcpkit.folder
    pairs = in_turn(lambda: run(plain, folder), lambda: run(top, folder), bench.pairs)
    ratio = Spread.of([ours.cpu_s / theirs.cpu_s for ours, theirs in pairs])
    middle = Spread.of([theirs.cpu_s for _, theirs in pairs]).middle
    return [
        Row(
            "top --once, mixed: speed, of the plain run's",
            f"{ratio.middle:.2f} x ({ratio.least:.2f} to {ratio.most:.2f})",
            f">= {SPEED_GOAL} x",
            ratio.middle >= SPEED_GOAL,
        ),
        Row(
            "top --once, mixed: packets per CPU-second",
            f"{file.packets / middle / 1e6:.2f} M",
        ),
    ]


def _memory(bench: Bench) -> list[Row]:
    """The report goes to a file, since `peak` throws standard output away."""
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = bench.tcpkit.command(
            *("top", "-r", "-", "-m", "redis", "-p", str(PORT), "--once", "-j"),
            *("--rows", str(TOP), "-o", str(report), "-q"),
        )
        most = peak(command, bench.tcpkit.folder, lambda pipe: write_skewed(pipe, bench.quick))
        told = json.loads(report.read_text())
    names = names_of(bench.quick)
    truth = {key_of(rank).decode(): requests_of(rank) for rank in range(1, TOP + 1)}
    shown = {row["name"]: row["requests"] for row in told["rows"]}
    error = told["requests_error"]
    return [
        Row(
            f"top, peak memory, {names:,} different keys, skewed",
            f"{most.mb:.1f} MB",
            f"< {MEMORY_GOAL_MB:.0f} MB",
            most.mb < MEMORY_GOAL_MB,
        ),
        Row(
            f"top, the true first {TOP} of {told['requests']:,} requests found",
            f"{len(truth.keys() & shown.keys())}, error bound {error:,}",
            f"{TOP}",
            truth.keys() == shown.keys(),
        ),
    ]
