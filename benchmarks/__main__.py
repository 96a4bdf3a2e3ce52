"""`python -m benchmarks`: measures the installed tcpkit, needs root, the servers and tcpdump."""

import argparse
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import (
    divided,
    live,
    log_lines,
    loss,
    lua,
    memory,
    monitoring,
    offline,
    startup,
    top,
    trace,
)
from benchmarks.bench import Bench, Row
from benchmarks.captures import FOLDER, CaptureFailed
from benchmarks.dns_traffic import RANDOM_NAMES
from benchmarks.memcached_traffic import BINARY, MULTI_GET, TEXT
from benchmarks.program import NotCompiled, installed
from benchmarks.redis_traffic import MIXED, PIPELINED
from benchmarks.report import table, write_results
from benchmarks.thinned import THINNED
from benchmarks.usage import ProgramFailed

REDIS = ("redis-server", "redis-benchmark", "tcpdump")
MEMCACHED = ("memcached", "tcpdump")
DNS = ("nsd", "dnsperf", "tcpdump")
CAPTURES = (MIXED, PIPELINED, THINNED, TEXT, BINARY, MULTI_GET, RANDOM_NAMES)


@dataclass(frozen=True)
class Measure:
    """`tools`: the programs that it cannot do without."""

    measure: Callable[[Bench], list[Row]]
    tools: tuple[str, ...] = ()


MEASURES = {
    "redis": Measure(offline.redis, REDIS),
    "loss": Measure(loss.measure, REDIS),
    "memcached": Measure(offline.memcached, MEMCACHED),
    "dns": Measure(offline.dns, DNS),
    "memory": Measure(memory.measure, REDIS),
    "redis-floods": Measure(memory.redis_floods),
    "memcached-floods": Measure(memory.memcached_floods),
    "dns-floods": Measure(memory.dns_floods),
    "top": Measure(top.measure, REDIS),
    "log": Measure(log_lines.redis, REDIS),
    "dns-log": Measure(log_lines.dns, DNS),
    "trace": Measure(trace.redis, REDIS),
    "trace-others": Measure(trace.others, tuple({*MEMCACHED, *DNS})),
    "divided": Measure(divided.redis, REDIS),
    "divided-memcached": Measure(divided.memcached, MEMCACHED),
    "divided-dns": Measure(divided.dns, DNS),
    "lua": Measure(lua.process, REDIS),
    "lua-dns": Measure(lua.dns, DNS),
    "lua-redis": Measure(lua.redis, REDIS),
    "live": Measure(live.measure, REDIS),
    "http": Measure(monitoring.http, REDIS),
    "report": Measure(monitoring.page, (*REDIS, "chromium", "chromedriver")),
    "startup": Measure(startup.measure),
    "startup-modes": Measure(startup.other_modes),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="this one")
    parser.add_argument("--quick", action="store_true", help="fewer packets, to try it out")
    parser.add_argument("--write", action="store_true", help="write benchmarks/results.md")
    options = parser.parse_args()
    if options.write and (options.quick or options.only):
        parser.error("--write needs a whole run: neither --quick nor --only")
    names = options.only or list(MEASURES)
    tools = {tool for name in names for tool in MEASURES[name].tools}
    missing = sorted(tool for tool in tools if shutil.which(tool) is None)
    if missing:
        print(f"benchmarks: not installed: {', '.join(missing)}", file=sys.stderr)
        return 1
    try:
        tcpkit = installed(FOLDER)
    except NotCompiled as reason:
        print(f"benchmarks: {reason}", file=sys.stderr)
        return 1
    print(f"tcpkit: {tcpkit.description}", flush=True)
    rows, failed = _measured(Bench(tcpkit, options.quick), names)
    print()
    print(table(rows))
    if options.write and not failed:
        write_results(rows, tcpkit, CAPTURES)
    return 1 if failed or any(row.met is False for row in rows) else 0


def _measured(bench: Bench, names: list[str]) -> tuple[list[Row], bool]:
    """The rows of those that could be measured, and whether one could not."""
    rows: list[Row] = []
    failed = False
    for name in names:
        print(f"measuring: {name}", flush=True)
        try:
            rows += MEASURES[name].measure(bench)
        except (CaptureFailed, ProgramFailed) as reason:
            print(f"benchmarks: {name}: {reason}", file=sys.stderr)
            failed = True
    return rows, failed


if __name__ == "__main__":
    sys.exit(main())
