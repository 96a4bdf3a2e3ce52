"""How long nothing at all takes: the version, and a small capture."""

from pathlib import Path

from benchmarks.bench import Bench, Row
from benchmarks.captures import CaptureFailed
from benchmarks.usage import Spread, repeated, run

PCAPS = Path(__file__).resolve().parent.parent / "pcaps"
SMALL = PCAPS / "redis" / "slow.pcap"
VERSION_GOAL_S = 0.1
READ_GOAL_S = 0.2
RUNS = 10


def measure(bench: Bench) -> list[Row]:
    read = ("-r", str(SMALL), "-m", "redis", "-t", "10")
    return [
        _row(bench, "tcpkit -v", VERSION_GOAL_S, "-v"),
        _row(bench, f"tcpkit -r {SMALL.name} -t 10", READ_GOAL_S, *read),
    ]


def other_modes(bench: Bench) -> list[Row]:
    rows = []
    for mode in ("dns", "memcached"):
        small = _smallest(mode)
        what = f"tcpkit -r {small.name} -m {mode}"
        rows.append(_row(bench, what, READ_GOAL_S, "-r", str(small), "-m", mode))
    return rows


def _smallest(mode: str) -> Path:
    """The smallest capture of that protocol that is shipped, over the mode's usual transport."""
    small = [path for path in (PCAPS / mode).glob("*.pcap") if not path.name.startswith("udp-")]
    if not small:
        raise CaptureFailed(f"no capture in pcaps/{mode}")
    return min(small, key=lambda path: (path.stat().st_size, path.name))


def _row(bench: Bench, what: str, goal_s: float, *arguments: str) -> Row:
    command = bench.tcpkit.command(*arguments)
    folder = bench.tcpkit.folder
    wall = Spread.of([used.wall_s for used in repeated(lambda: run(command, folder), RUNS)])
    return Row(
        f"{what}: wall time",
        f"{wall.middle:.3f} s ({wall.least:.3f} to {wall.most:.3f})",
        f"< {goal_s} s",
        wall.middle < goal_s,
    )
