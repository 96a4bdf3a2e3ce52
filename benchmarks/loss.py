"""Packets per CPU-second of a capture with loss, compared with the whole one."""

from benchmarks.bench import Bench, Row
from benchmarks.captures import Capture, kept
from benchmarks.redis_traffic import MIXED
from benchmarks.summary import counted
from benchmarks.thinned import LOST, THINNED
from benchmarks.usage import Spread, in_turn, peak, run

GOAL = 0.8


def measure(bench: Bench) -> list[Row]:
    whole, thinned = kept(MIXED, bench.quick), kept(THINNED, bench.quick)
    folder = bench.tcpkit.folder
    of_whole, of_thinned = _command(bench, whole, "-q"), _command(bench, thinned, "-q")
    pairs = in_turn(lambda: run(of_thinned, folder), lambda: run(of_whole, folder), bench.pairs)
    speeds = [
        (thinned.packets / with_loss.cpu_s, whole.packets / without.cpu_s)
        for with_loss, without in pairs
    ]
    share = Spread.of([with_loss / without for with_loss, without in speeds])
    with_loss = Spread.of([with_loss for with_loss, _ in speeds])
    paired = counted(peak(_command(bench, thinned), folder).said)
    name = f"mixed, {LOST:.0%} of the packets lost"
    return [
        Row(
            f"{name}: packets per CPU-second, of mixed's",
            f"{share.middle:.2f} x ({share.least:.2f} to {share.most:.2f})",
            f">= {GOAL} x",
            share.middle >= GOAL,
        ),
        Row(
            f"{name}: packets per CPU-second, {thinned.packets:,} packets",
            f"{with_loss.middle / 1e6:.2f} M",
        ),
        Row(f"{name}: pairs", ", ".join(paired.get("pairs", [])[:1])),
    ]


def _command(bench: Bench, file: Capture, *options: str) -> list[str]:
    return bench.tcpkit.command(
        *("-r", file.path, "-m", "redis", "-p", str(file.port), "-t", "100000"), *options
    )
