"""Peak memory: of one capture and of one ten times as long; of floods."""

from collections.abc import Sequence

from benchmarks import floods
from benchmarks.bench import Bench, Row
from benchmarks.captures import Capture, kept
from benchmarks.redis_traffic import MIXED
from benchmarks.summary import losses
from benchmarks.usage import peak

GOAL_MB = 60.0
TIMES = 10
FLOOD_GOAL_MB = 200.0
SAME = 1.02  # page faults fall a little differently in each run


def measure(bench: Bench) -> list[Row]:
    file = kept(MIXED, bench.quick)
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
    return max(peak(command, bench.tcpkit.folder).mb for _ in range(bench.pairs))


def redis_floods(bench: Bench) -> list[Row]:
    return _floods(bench, floods.REDIS)


def memcached_floods(bench: Bench) -> list[Row]:
    return _floods(bench, floods.MEMCACHED)


def dns_floods(bench: Bench) -> list[Row]:
    return _floods(bench, floods.DNS)


def _floods(bench: Bench, which: Sequence[floods.Flood]) -> list[Row]:
    return [_flood(bench, flood) for flood in which]


def _flood(bench: Bench, flood: floods.Flood) -> Row:
    command = bench.tcpkit.command(
        *("-r", "-", "-m", flood.mode, "-p", str(flood.port), "-t", "100000")
    )
    most = peak(command, bench.tcpkit.folder, lambda pipe: flood.write(pipe, bench.quick))
    return Row(
        f"peak memory, {flood.mode}: {flood.size(bench.quick):,} {flood.what}",
        f"{most.mb:.1f} MB; {losses(most.said)}",
        f"< {FLOOD_GOAL_MB:.0f} MB",
        most.mb < FLOOD_GOAL_MB,
    )
