"""What tcpkit's summary says: the counters of each room, and how many were paired."""

import re
from typing import Final

_LABEL: Final = 10  # columns
_ROOMS: Final = ("flow", "pairs", "unpaired")
_WHOLE: Final = frozenset(
    {"connections", "datagrams", "sessions"}
)  # that these are many is no loss
_NO_LOSS: Final = ("none", "100.00 % exact")


def exact_pairs(said: str) -> int:
    """Answered exchanges whose pairing is exact."""
    found = re.search(r"exact \(([\d,]+) of", said)
    return int(found[1].replace(",", "")) if found else 0


def counted(said: str) -> dict[str, list[str]]:
    """The items of each of _ROOMS, such as `expired 17`."""
    items: dict[str, list[str]] = {}
    room = ""
    for line in said.splitlines():
        label = line[:_LABEL].strip()
        if label or not line.strip():
            room = label
        if room in _ROOMS:
            items.setdefault(room, []).extend(line[_LABEL:].split("   "))
    return items


def losses(said: str) -> str:
    """What was not followed, or not paired, or has no reply, in a line."""
    told = []
    for room, items in counted(said).items():
        lost = [
            item
            for item in items
            if item.rpartition(" ")[0] not in _WHOLE and not item.startswith(_NO_LOSS)
        ]
        if lost:
            told.append(f"{room}: {', '.join(lost)}")
    return "; ".join(told) or "nothing dropped"
