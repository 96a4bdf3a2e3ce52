"""Reading a capture with nothing slow in it, compared with tcpdump copying it to nowhere."""

from dataclasses import dataclass

from benchmarks.bench import Bench, Row
from benchmarks.captures import Recipe, kept
from benchmarks.dns_traffic import RANDOM_NAMES
from benchmarks.memcached_traffic import BINARY, MULTI_GET, TEXT
from benchmarks.redis_traffic import MIXED, PIPELINED
from benchmarks.summary import exact_pairs
from benchmarks.usage import Spread, in_turn, peak, run


@dataclass(frozen=True)
class Comparison:
    """`goal`: times the CPU time of tcpdump; 1.0 is what we aim for."""

    name: str
    mode: str
    recipe: Recipe
    goal: float | None
    requests_goal: int | None = None  # per CPU-second


REDIS = (
    Comparison("mixed", "redis", MIXED, 1.8),
    Comparison("-P 16", "redis", PIPELINED, None, requests_goal=4_500_000),
)
MEMCACHED = (
    Comparison("memcached text", "memcached", TEXT, 2.5),
    Comparison("memcached binary", "memcached", BINARY, 2.5),
    Comparison("memcached multi-get", "memcached", MULTI_GET, 3.0),
)
DNS = Comparison("dns", "dns", RANDOM_NAMES, 4.0)


def redis(bench: Bench) -> list[Row]:
    return [row for comparison in REDIS for row in _compare(bench, comparison)]


def memcached(bench: Bench) -> list[Row]:
    return [
        row
        for comparison in MEMCACHED
        for row in (*_compare(bench, comparison), _found(bench, comparison))
    ]


def dns(bench: Bench) -> list[Row]:
    return [*_compare(bench, DNS), _found(bench, DNS)]


def _compare(bench: Bench, comparison: Comparison) -> list[Row]:
    name, goal = comparison.name, comparison.goal
    requests_goal = comparison.requests_goal
    file = kept(comparison.recipe, bench.quick)
    tcpkit = _command(bench, comparison, "-q")
    tcpdump = ["tcpdump", "-r", file.path, "-w", "/dev/null"]
    folder = bench.tcpkit.folder
    pairs = in_turn(lambda: run(tcpkit, folder), lambda: run(tcpdump, folder), bench.pairs)
    ratio = Spread.of([ours.cpu_s / theirs.cpu_s for ours, theirs in pairs])
    ours = Spread.of([ours.cpu_s for ours, _ in pairs])
    theirs = Spread.of([theirs.cpu_s for _, theirs in pairs])
    requests_speed = file.requests / ours.middle
    return [
        Row(
            f"{name}: CPU time, of tcpdump's",
            f"{ratio.middle:.2f} x ({ratio.least:.2f} to {ratio.most:.2f})",
            "" if goal is None else f"<= {goal} x",
            None if goal is None else ratio.middle <= goal,
        ),
        Row(
            f"{name}: CPU time, {file.packets:,} packets",
            f"{ours.middle:.3f} s, tcpdump {theirs.middle:.3f} s",
        ),
        Row(
            f"{name}: requests per CPU-second, {file.requests:,} requests",
            f"{requests_speed / 1e6:.2f} M",
            "" if requests_goal is None else f">= {requests_goal / 1e6:.1f} M",
            None if requests_goal is None else requests_speed >= requests_goal,
        ),
        Row(
            f"{name}: packets per CPU-second",
            f"{file.packets / ours.middle / 1e6:.2f} M, "
            f"tcpdump {file.packets / theirs.middle / 1e6:.2f} M",
        ),
    ]


def _found(bench: Bench, comparison: Comparison) -> Row:
    """Fast is easy for who leaves requests out."""
    file = kept(comparison.recipe, bench.quick)
    found = exact_pairs(peak(_command(bench, comparison), bench.tcpkit.folder).said)
    return Row(
        f"{comparison.name}: exchanges, exact, of replied requests",
        f"{found:,} of {file.requests:,}",
        "all",
        found == file.requests,
    )


def _command(bench: Bench, comparison: Comparison, *options: str) -> list[str]:
    file = kept(comparison.recipe, bench.quick)
    return bench.tcpkit.command(
        *("-r", file.path, "-m", comparison.mode, "-p", str(file.port), "-t", "100000"), *options
    )
