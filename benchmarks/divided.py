"""What `--by` costs: a capture with nothing slow in it, divided and not, in one run."""

from dataclasses import dataclass

from benchmarks.bench import Bench, Row
from benchmarks.captures import Recipe, kept
from benchmarks.dns_traffic import RANDOM_NAMES
from benchmarks.memcached_traffic import TEXT
from benchmarks.redis_traffic import MIXED
from benchmarks.usage import Spread, in_turn, run


@dataclass(frozen=True)
class Division:
    """`goal`: packets per CPU-second, of those without `--by`."""

    mode: str
    recipe: Recipe
    by: str
    goal: float | None


REDIS = (
    Division("redis", MIXED, "command,server", 0.9),
    Division("redis", MIXED, "command", 0.9),
    Division("redis", MIXED, "server", 0.9),
)
MEMCACHED = Division("memcached", TEXT, "command,server", None)
DNS = Division("dns", RANDOM_NAMES, "command,server", None)


def redis(bench: Bench) -> list[Row]:
    return [_row(bench, division) for division in REDIS]


def memcached(bench: Bench) -> list[Row]:
    return [_row(bench, MEMCACHED)]


def dns(bench: Bench) -> list[Row]:
    return [_row(bench, DNS)]


def _row(bench: Bench, division: Division) -> Row:
    file = kept(division.recipe, bench.quick)
    plain = bench.tcpkit.command(
        *("-r", file.path, "-m", division.mode, "-p", str(file.port), "-t", "100000", "-q")
    )
    divided = [*plain, "--by", division.by]
    folder = bench.tcpkit.folder
    pairs = in_turn(lambda: run(plain, folder), lambda: run(divided, folder), bench.pairs)
    ratio = Spread.of([whole.cpu_s / parts.cpu_s for whole, parts in pairs])
    goal = division.goal
    return Row(
        f"{division.mode}, --by {division.by}: packets per CPU-second, of those without",
        f"{ratio.middle:.2f} x ({ratio.least:.2f} to {ratio.most:.2f})",
        "" if goal is None else f">= {goal} x",
        None if goal is None else ratio.middle >= goal,
    )
