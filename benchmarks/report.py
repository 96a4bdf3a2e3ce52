"""The table, on the screen and in results.md."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.bench import Row
from benchmarks.captures import Recipe, kept
from benchmarks.program import Tcpkit

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.md"
_HEADINGS = ("what", "measured", "goal", "")
_VERSION = re.compile(r"\bversion |\bv=|^memcached \d", re.IGNORECASE)
_TOOLS = {
    "tcpdump": "--version",
    "redis-server": "--version",
    "memcached": "--version",
    "nsd": "-v",
    "dnsperf": "-h",
}


def table(rows: Sequence[Row]) -> str:
    """Aligned columns."""
    cells = [_HEADINGS, *((row.what, row.measured, row.goal, row.verdict) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    return "\n".join(
        "  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def write_results(rows: Sequence[Row], tcpkit: Tcpkit, recipes: Sequence[Recipe]) -> None:
    """Write results.md anew; `recipes` are those of the captures that were measured."""
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
        f"- compared to, and captured with: {'; '.join(_tool(name) for name in _TOOLS)}",
        "",
        "Captures, all on loopback with nanoseconds and nothing dropped:",
        "",
        *(_capture(recipe) for recipe in recipes),
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


def _capture(recipe: Recipe) -> str:
    capture = kept(recipe, quick=False)
    return (
        f"- {recipe.name}: {recipe.about}; {capture.packets:,} packets, "
        f"{os.path.getsize(capture.path) / 1e6:,.0f} MB"
    )


def _tool(name: str) -> str:
    """Its name and version, and libpcap's where it tells that too."""
    said = [line.strip() for line in _said(name, _TOOLS[name]).splitlines()]
    versions = ", ".join([line for line in said if _VERSION.search(line)][:2])
    return versions if name[:3] in versions.lower() else f"{name} {versions}"


def _said(*command: str) -> str:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
