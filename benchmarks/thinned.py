"""The mixed capture as a monitor would have it that loses packets."""

import random
import struct
from pathlib import Path

from benchmarks.captures import Note, Recipe, kept
from benchmarks.redis_traffic import MIXED

LOST = 0.01
SEED = 1
_FILE_HEADER = 24
_RECORD = struct.Struct("<IIII")
_AT_ONCE = 10_000  # pieces joined before they are written


def _thinned(path: Path, quick: bool) -> Note:
    whole = kept(MIXED, quick)
    data = memoryview(Path(whole.path).read_bytes())
    chance = random.Random(SEED)
    packets = 0
    with path.open("wb") as file:
        pieces = [data[:_FILE_HEADER]]
        at = _FILE_HEADER
        while at < len(data):
            end = at + _RECORD.size + _RECORD.unpack_from(data, at)[2]
            if chance.random() >= LOST:
                pieces.append(data[at:end])
                packets += 1
            if len(pieces) >= _AT_ONCE:
                file.write(b"".join(pieces))
                pieces.clear()
            at = end
        file.write(b"".join(pieces))
    return Note(whole.port, packets, whole.requests)


THINNED = Recipe(
    "mixed-loss", f"mixed, {LOST:.0%} of the packets left out at random, seed {SEED}", _thinned
)
