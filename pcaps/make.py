"""Makes the captures anew: `python -m pcaps.make [NAME...]`, or all of them. Needs root.

A maker is a module beside its capture, of the same name with underscores for the
hyphens: `pcaps/redis/reply_off_skip.py` has `make(lab)`, which talks to a real
server, and writes `pcaps/redis/reply-off-skip.pcap`.
"""

import importlib
import os
import sys
from pathlib import Path

from pcaps import convert
from pcaps.lab import Lab

FOLDER = Path(__file__).resolve().parent


def makers() -> dict[str, Path]:
    """The scripts by their capture's name: `redis/slow`."""
    scripts = sorted(FOLDER.glob("*/*.py"))
    return {f"{script.parent.name}/{script.stem.replace('_', '-')}": script for script in scripts}


def make(name: str, script: Path) -> Path:
    """Run one maker in a lab of its own. Returns the capture's path."""
    capture = script.with_name(f"{name.rpartition('/')[2]}.pcap")
    module = importlib.import_module(f"pcaps.{script.parent.name}.{script.stem}")
    with Lab(capture) as lab:
        module.make(lab)
    return capture


def main(names: list[str]) -> int:
    if os.geteuid() != 0:
        print("pcaps: making captures needs root: network namespaces and tcpdump", file=sys.stderr)
        return 1
    scripts = makers()
    unknown = sorted(set(names) - set(scripts))
    if unknown:
        print(f"pcaps: no such maker: {', '.join(unknown)}", file=sys.stderr)
        return 2
    for name, script in scripts.items():
        if not names or name in names:
            capture = make(name, script)
            print(f"{capture.relative_to(FOLDER)}  {capture.stat().st_size} bytes")
    if not names or "link/ethernet" in names:
        for capture in convert.write_all(FOLDER / "link" / "ethernet.pcap"):
            print(f"{capture.relative_to(FOLDER)}  {capture.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
