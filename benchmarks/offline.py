"""Reading a capture with nothing slow in it, compared with tcpdump copying it to nowhere."""

from benchmarks.bench import Bench, Row
from benchmarks.captures import MIXED, PIPELINED, Capture, capture
from benchmarks.usage import Spread, in_turn, run

GOAL = 1.8  # times the CPU time of tcpdump; 1.0 is what we aim for


def measure(bench: Bench) -> list[Row]:
    return [
        *_compare(bench, "mixed", capture(MIXED, bench.quick), GOAL),
        *_compare(bench, "-P 16", capture(PIPELINED, bench.quick), None),
    ]


def _compare(bench: Bench, name: str, file: Capture, goal: float | None) -> list[Row]:
    tcpkit = bench.tcpkit.command(
        *("-r", file.path, "-m", "redis", "-p", str(file.port), "-t", "100000", "-q")
    )
    tcpdump = ["tcpdump", "-r", file.path, "-w", "/dev/null"]
    folder = bench.tcpkit.folder
    pairs = in_turn(lambda: run(tcpkit, folder), lambda: run(tcpdump, folder), bench.pairs)
    ratio = Spread.of([ours.cpu_s / theirs.cpu_s for ours, theirs in pairs])
    ours = Spread.of([ours.cpu_s for ours, _ in pairs])
    theirs = Spread.of([theirs.cpu_s for _, theirs in pairs])
    of_tcpdump = f"{ratio.middle:.2f} x ({ratio.least:.2f} to {ratio.most:.2f})"
    times = f"{ours.middle:.3f} s, tcpdump {theirs.middle:.3f} s"
    return [
        Row(
            f"{name}: CPU time, of tcpdump's",
            of_tcpdump,
            "" if goal is None else f"<= {goal} x",
            None if goal is None else ratio.middle <= goal,
        ),
        Row(f"{name}: CPU time, {file.packets:,} packets", times),
        Row(
            f"{name}: requests per CPU-second, {file.requests:,} requests",
            f"{file.requests / ours.middle / 1e6:.2f} M",
        ),
        Row(
            f"{name}: packets per CPU-second",
            f"{file.packets / ours.middle / 1e6:.2f} M, "
            f"tcpdump {file.packets / theirs.middle / 1e6:.2f} M",
        ),
    ]
