"""Scripts: packets handed to `process`, a real script over DNS, Redis read in Lua."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.bench import Bench, Row
from benchmarks.captures import Capture, kept
from benchmarks.dns_traffic import RANDOM_NAMES
from benchmarks.redis_traffic import MIXED
from benchmarks.summary import exact_pairs
from benchmarks.usage import Spread, peak, repeated, run
from tcpkit.installation import scripts_folder

SUM = """\
local total = 0
function process(packet)
    total = total + packet.size
end
function finish()
    print(total)
end
"""
DNS_GOAL = 250_000
REDIS_GOAL = 150_000


@dataclass(frozen=True)
class Sum:
    """A script that only adds up `packet.size`, in one Lua; packets per CPU-second."""

    name: str
    options: tuple[str, ...]
    goal: int


SUMS = (
    Sum("by default", (), 1_200_000),
    Sum("with --lua-jit", ("--lua-jit",), 1_500_000),
    Sum("in Lua 5.4", ("--lua", "lua54"), 1_000_000),
)


def process(bench: Bench) -> list[Row]:
    file = kept(MIXED, bench.quick)
    with TemporaryDirectory() as folder:
        script = Path(folder, "sum.lua")
        script.write_text(SUM)
        return [
            _packets(bench, file, f"adding up sizes {each.name}", script, each.options, each.goal)
            for each in SUMS
        ]


def dns(bench: Bench) -> list[Row]:
    file = kept(RANDOM_NAMES, bench.quick)
    script = scripts_folder() / "dns.lua"
    options = ("-p", str(file.port), "-u")
    return [_packets(bench, file, "dns.lua, every query printed", script, options, DNS_GOAL)]


def redis(bench: Bench) -> list[Row]:
    """Nothing is slow, so nothing is printed; every request and reply is read and paired."""
    file = kept(MIXED, bench.quick)
    script = scripts_folder() / "protocols" / "redis.lua"
    command = bench.tcpkit.command(
        *("-r", file.path, "-m", "redis-lua", "-S", str(script)),
        *("-p", str(file.port), "-t", "100000"),
    )
    folder = bench.tcpkit.folder
    speed = _speed(bench, [*command, "-q"], file.requests)
    found = exact_pairs(peak(command, folder).said)
    return [
        Row(
            f"redis in Lua: requests per CPU-second, {file.requests:,} requests",
            _text(speed),
            f">= {REDIS_GOAL:,}",
            speed.middle >= REDIS_GOAL,
        ),
        Row(
            "redis in Lua: exchanges, exact, of replied requests",
            f"{found:,} of {file.requests:,}",
            "all",
            found == file.requests,
        ),
    ]


def _packets(
    bench: Bench, file: Capture, what: str, script: Path, options: tuple[str, ...], goal: int
) -> Row:
    command = bench.tcpkit.command("-r", file.path, "-S", str(script), "-q", *options)
    speed = _speed(bench, command, file.packets)
    return Row(
        f"Lua, {what}: packets per CPU-second, {file.packets:,} packets",
        _text(speed),
        f">= {goal:,}",
        speed.middle >= goal,
    )


def _speed(bench: Bench, command: list[str], count: int) -> Spread:
    """So many of what a run reads, per second of CPU time."""
    runs = repeated(lambda: run(command, bench.tcpkit.folder), bench.pairs)
    return Spread.of([count / used.cpu_s for used in runs])


def _text(speed: Spread) -> str:
    return f"{speed.middle:,.0f} ({speed.least:,.0f} to {speed.most:,.0f})"
