"""Captures of redis-benchmark traffic on loopback, made once and kept in `captures`."""

import json
import re
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.traffic import RUNS, drive, server_running

FOLDER = Path(__file__).resolve().parent / "captures"
PACKETS = 1_500_000
QUICK_PACKETS = 60_000
MIXED = 1  # requests sent at once
PIPELINED = 16
_SETTLE_S = 1.0  # tcpdump reads what the kernel still has


class CaptureFailed(Exception):
    """tcpdump did not capture all there was, or not enough."""


@dataclass(frozen=True)
class Capture:
    """A pcap file with nanoseconds, and what is in it."""

    path: str
    port: int
    packets: int
    requests: int


def capture(pipeline: int, quick: bool) -> Capture:
    """The capture of that kind, made now if there is none. Raises CaptureFailed."""
    name = ("quick-" if quick else "") + ("mixed" if pipeline == MIXED else f"p{pipeline}")
    note = FOLDER / f"{name}.json"
    if note.is_file():
        kept: dict[str, str | int] = json.loads(note.read_text())
        found = Capture(
            str(kept["path"]), int(kept["port"]), int(kept["packets"]), int(kept["requests"])
        )
        if Path(found.path).is_file():
            return found
    FOLDER.mkdir(exist_ok=True)
    made = _make(FOLDER / f"{name}.pcap", pipeline, QUICK_PACKETS if quick else PACKETS)
    note.write_text(json.dumps(asdict(made)) + "\n")
    return made


def _make(path: Path, pipeline: int, packets: int) -> Capture:
    print(f"making {path.name} ...", flush=True)
    # Each write of `pipeline` requests is a packet at least, and so are its replies.
    requests = -(-packets * pipeline // (2 * RUNS))
    with server_running() as server:
        command = (
            "tcpdump -i lo -B 65536 -s 262144 --time-stamp-precision=nano -Z root "
            f"-w {path} tcp port {server.port}"
        )
        tcpdump = subprocess.Popen(command.split(), stderr=subprocess.PIPE, text=True)
        assert tcpdump.stderr is not None
        said = tcpdump.stderr.readline()
        while said and "listening on" not in said:
            said = tcpdump.stderr.readline()
        if not said:
            tcpdump.wait()
            raise CaptureFailed("tcpdump does not capture on lo: is this root?")
        try:
            drive(server.port, requests, pipeline)
            done = server.requests_done()
            time.sleep(_SETTLE_S)
        finally:
            tcpdump.send_signal(signal.SIGINT)
            _, said = tcpdump.communicate()
    captured = _number("packets captured", said)
    if _number("packets dropped by kernel", said) or captured < packets:
        path.unlink(missing_ok=True)
        raise CaptureFailed(f"tcpdump, of which {packets} packets were wanted: {said.strip()}")
    return Capture(str(path), server.port, captured, done)


def _number(what: str, text: str) -> int:
    found = re.search(rf"(\d+) {what}", text)
    return int(found[1]) if found else -1
