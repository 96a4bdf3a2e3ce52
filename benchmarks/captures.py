"""Captures that are made once and kept in `captures`, each with a note of what is in it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent / "captures"
QUICK_PACKETS: Final = 60_000


@dataclass(frozen=True)
class Note:
    """What is known of a capture."""

    port: int  # the server's
    packets: int
    requests: int  # those that got a reply, by whoever sent or answered them


@dataclass(frozen=True)
class Capture:
    """A pcap file with nanoseconds, and what is in it."""

    path: str
    port: int
    packets: int
    requests: int


@dataclass(frozen=True)
class Recipe:
    """How to make the capture of that name.

    `make` writes a file with `least` packets or more, or with QUICK_PACKETS when the
    second argument says quick. It may raise CaptureFailed.
    """

    name: str
    about: str
    make: Callable[[Path, bool], Note]

    def file(self, quick: bool) -> Path:
        return FOLDER / f"{'quick-' if quick else ''}{self.name}.pcap"


class CaptureFailed(Exception):
    """There is no capture as it was wanted."""


def kept(recipe: Recipe, quick: bool) -> Capture:
    """The capture of that recipe, made now if there is none. Raises CaptureFailed."""
    path = recipe.file(quick)
    note_path = path.with_suffix(".json")
    if not (path.is_file() and note_path.is_file()):
        print(f"making {path.name} ...", flush=True)
        FOLDER.mkdir(exist_ok=True)
        note_path.unlink(missing_ok=True)
        note_path.write_text(json.dumps(asdict(recipe.make(path, quick))) + "\n")
    note: dict[str, int] = json.loads(note_path.read_text())
    return Capture(str(path), note["port"], note["packets"], note["requests"])
