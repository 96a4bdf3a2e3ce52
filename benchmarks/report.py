"""The table, on the screen and in results.md."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.bench import Row
from benchmarks.program import Tcpkit

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.md"
_HEADINGS = ("what", "measured", "goal", "")


def table(rows: Sequence[Row]) -> str:
    """Aligned columns."""
    cells = [_HEADINGS, *((row.what, row.measured, row.goal, row.verdict) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    return "\n".join(
        "  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def write_results(rows: Sequence[Row], tcpkit: Tcpkit) -> None:
    """Write results.md anew."""
    system = os.uname()
    lines = [
        "# Results",
        "",
        "Written by `python -m benchmarks --write`. CPU time is user plus system time, the",
        "interpreter's start included; a ratio is the median of five pairs (least to most).",
        "",
        f"- date: {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC",
        f"- commit: {_commit()}",
        f"- tcpkit: {tcpkit.description}",
        f"- machine: {_processor()}, {os.cpu_count()} CPUs, {system.sysname} {system.release}",
        f"- compared to: {_tool('tcpdump')}; {_tool('redis-server')}",
        "",
        "| what | measured | goal | |",
        "|---|---|---|---|",
    ]
    lines += [f"| {row.what} | {row.measured} | {row.goal} | {row.verdict} |" for row in rows]
    RESULTS.write_text("\n".join(lines) + "\n")


def _commit() -> str:
    name = _said("git", "-C", str(HERE), "rev-parse", "--short=12", "HEAD") or "unknown"
    changed = _said("git", "-C", str(HERE), "status", "--porcelain", "--", "../tcpkit")
    return f"{name}, with changes in tcpkit" if changed else name


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _tool(name: str) -> str:
    said = _said(name, "--version").splitlines()
    return ", ".join(said[:2]) if name == "tcpdump" else said[0] if said else name


def _said(*command: str) -> str:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
