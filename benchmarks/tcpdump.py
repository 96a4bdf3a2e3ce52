"""tcpdump on loopback, beside the traffic that it captures."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.captures import CaptureFailed

_SETTLE_S = 1.0  # tcpdump reads what the kernel still has


class Recording:
    """`packets` is known when the recording is over."""

    packets = 0


@contextmanager
def recording(path: Path, only: str, least: int) -> Iterator[Recording]:
    """Capture on lo what `only`, a filter of tcpdump, lets pass.

    Raises CaptureFailed when a packet was dropped or there were fewer than `least`.
    """
    command = "tcpdump -i lo -B 1048576 -s 262144 --time-stamp-precision=nano -Z root"
    tcpdump = subprocess.Popen(
        [*command.split(), "-w", str(path), only], stderr=subprocess.PIPE, text=True
    )
    assert tcpdump.stderr is not None
    said = tcpdump.stderr.readline()
    while said and "listening on" not in said:
        said = tcpdump.stderr.readline()
    if not said:
        tcpdump.wait()
        raise CaptureFailed("tcpdump does not capture on lo: is this root?")
    recorded = Recording()
    try:
        yield recorded
        time.sleep(_SETTLE_S)
    finally:
        tcpdump.send_signal(signal.SIGINT)
        _, said = tcpdump.communicate()
    recorded.packets = _number("packets captured", said)
    if _number("packets dropped by kernel", said) or recorded.packets < least:
        path.unlink(missing_ok=True)
        raise CaptureFailed(f"tcpdump, of which {least} packets were wanted: {said.strip()}")


def _number(what: str, text: str) -> int:
    found = re.search(rf"(\d+) {what}", text)
    return int(found[1]) if found else -1
