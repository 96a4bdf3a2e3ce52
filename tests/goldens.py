"""Golden logs: what tcpkit says of every capture in pcaps, as JSON lines.

`python -m tests.goldens` writes them anew; the difference is to be read before it is
believed. The files in pcaps/link hold one conversation in many wrappings, so they
share one log.
"""

import subprocess
import sys
from pathlib import Path

from tcpkit.protocols.registry import modes

ROOT = Path(__file__).resolve().parent.parent
PCAPS = ROOT / "pcaps"
GOLDEN = ROOT / "tests" / "golden"
SUFFIXES = (".pcap", ".pcap.gz", ".pcapng", ".pcapng.gz")
MODES = {"link": "redis", "tcp": "raw"}  # folders that are not named for their mode
SCRIPTS = ROOT / "scripts" / "protocols"


def scripted() -> list[str]:
    """The protocols that a script reads, and of which there are captures."""
    names = sorted(path.stem for path in SCRIPTS.glob("*.lua") if (PCAPS / path.stem).is_dir())
    return [name for name in names if name not in modes()]


def captures() -> list[Path]:
    """Every capture, relative to pcaps."""
    found = (path.relative_to(PCAPS) for path in PCAPS.glob("*/*"))
    return sorted(path for path in found if path.name.endswith(SUFFIXES))


def golden_path(capture: Path) -> Path:
    folder = capture.parts[0]
    if folder == "link":
        return GOLDEN / "link.jsonl"
    return GOLDEN / folder / f"{capture.name.split('.')[0]}.jsonl"


def options_of(capture: Path) -> list[str]:
    """The mode of a capture, its script, and `-u` where its name says so: memcached/udp-*.pcap."""
    mode = MODES.get(capture.parts[0], capture.parts[0])
    udp = mode == "memcached" and capture.name.startswith("udp-")
    script = ["-S", str(SCRIPTS / f"{mode}.lua")] if mode in scripted() else []
    return ["-m", mode, *(["-u"] if udp else []), *script]


def log_of(capture: Path, *more: str) -> bytes:
    """What `tcpkit -j` writes of it. Raises CalledProcessError if it fails or complains."""
    options = [*options_of(capture), "-j", "-q", *more]
    command = [sys.executable, "-m", "tcpkit", "-r", str(PCAPS / capture), *options]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode or done.stderr:
        raise subprocess.CalledProcessError(
            done.returncode, command, done.stdout, done.stderr.decode(errors="replace")
        )
    return done.stdout


def main() -> int:
    written = set()
    for capture in captures():
        path = golden_path(capture)
        if path in written:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(log_of(capture))
        written.add(path)
    for path in set(GOLDEN.rglob("*.jsonl")) - written:
        path.unlink()
    print(
        f"{len(written)} golden logs in {GOLDEN.relative_to(ROOT)}: read the diff before you commit"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
