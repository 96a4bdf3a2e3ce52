"""Captures of other projects: our packets are dpkt's, and nothing breaks the reader.

TCPKIT_PEER_CAPTURES names their folder; without it this module is not collected.
"""

import gzip
import io
import os
from pathlib import Path

import dpkt
import pytest

from tcpkit.capture.savefile import Savefile
from tcpkit.errors import CaptureError
from tests.capture.files import NS, Collector, Outcome, read

FOLDER = Path(os.environ["TCPKIT_PEER_CAPTURES"])
SUFFIXES = (".json", ".md", ".py")
FILES = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in FOLDER.rglob("*")
    if path.is_file() and path.suffix not in SUFFIXES
)
DAMAGED = tuple(name for name in FILES if name.startswith("evil/"))

# dpkt counts the time of every packet by the clock of the first interface.
SEVERAL_CLOCKS = {"link/zeek-pcapng-multi-interface.pcapng"}

# dpkt gives times as floats, which cannot tell less.
PRECISION_S = 1e-6


def ours(path: Path) -> Outcome:
    sink = Collector()
    savefile = Savefile(sink)
    error = ""
    try:
        savefile.read_files([str(path)])
    except CaptureError as fault:
        error = str(fault)
    return Outcome(sink.packets, savefile.counts, error)


def theirs(path: Path) -> tuple[list[tuple[float, bytes]], bool]:
    """dpkt's packets, and whether it came to the end of the file."""
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    packets: list[tuple[float, bytes]] = []
    try:
        for ts, frame in dpkt.pcap.UniversalReader(io.BytesIO(data)):
            packets.append((float(ts), frame))
    except (dpkt.UnpackError, ValueError):
        return packets, False
    return packets, True


@pytest.mark.parametrize("name", FILES)
def test_packets_are_those_of_dpkt(name: str) -> None:
    mine = ours(FOLDER / name)
    other, whole = theirs(FOLDER / name)
    if whole and not mine.error and not mine.counts.damaged_blocks:
        assert len(mine.packets) == len(other)
    pairs = list(zip(mine.packets, other, strict=False))
    assert [m.frame for m, _ in pairs] == [frame for _, (_, frame) in pairs]
    if not mine.counts.bad_times and name not in SEVERAL_CLOCKS:
        assert all(abs(m.ts_ns / NS - ts) < PRECISION_S for m, (ts, _) in pairs)


@pytest.mark.parametrize("name", [name for name in FILES if name not in DAMAGED])
def test_sound_capture_is_read_to_its_end(name: str) -> None:
    outcome = ours(FOLDER / name)
    assert outcome.packets
    assert outcome.error == ""


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_capture_is_read_or_refused_in_one_line(name: str) -> None:
    error = ours(FOLDER / name).error
    assert "\n" not in error
    assert error == "" or error.endswith(f": {FOLDER / name}")


@pytest.mark.parametrize("name", FILES)
def test_reads_of_odd_sizes_give_the_same_packets(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    whole, pieces = read(data), read(data, [997] * (len(data) // 997 + 1))
    assert (pieces.packets, pieces.error) == (whole.packets, whole.error)
