"""`python -m benchmarks`: measures the installed tcpkit, needs root, redis-server and tcpdump."""

import argparse
import shutil
import sys

from benchmarks import live, log_lines, memory, offline, startup
from benchmarks.bench import Bench, Row
from benchmarks.captures import FOLDER, CaptureFailed
from benchmarks.program import NotCompiled, installed
from benchmarks.report import table, write_results

TOOLS = ("redis-server", "redis-benchmark", "tcpdump")
MEASURES = {
    "offline": offline.measure,
    "memory": memory.measure,
    "log": log_lines.measure,
    "live": live.measure,
    "startup": startup.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="this one")
    parser.add_argument("--quick", action="store_true", help="fewer packets, to try it out")
    parser.add_argument("--write", action="store_true", help="write benchmarks/results.md")
    options = parser.parse_args()
    if options.write and (options.quick or options.only):
        parser.error("--write needs a whole run: neither --quick nor --only")
    missing = [name for name in TOOLS if shutil.which(name) is None]
    if missing:
        print(f"benchmarks: not installed: {', '.join(missing)}", file=sys.stderr)
        return 1
    try:
        tcpkit = installed(FOLDER)
    except NotCompiled as reason:
        print(f"benchmarks: {reason}", file=sys.stderr)
        return 1
    print(f"tcpkit: {tcpkit.description}", flush=True)
    bench = Bench(tcpkit, options.quick)
    rows: list[Row] = []
    for name in options.only or MEASURES:
        print(f"measuring: {name}", flush=True)
        try:
            rows += MEASURES[name](bench)
        except CaptureFailed as reason:
            print(f"benchmarks: {reason}", file=sys.stderr)
            return 1
    print()
    print(table(rows))
    if options.write:
        write_results(rows, tcpkit)
    return 0 if all(row.met is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
