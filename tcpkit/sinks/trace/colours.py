"""The colours of a trace, on a terminal that has them."""

import os
from collections.abc import Mapping
from typing import Final, final

RESET: Final = "\x1b[0m"
# Told apart on black and on white; red and yellow are kept for what is wrong or slow.
CLIENTS: Final = ("36", "32", "35", "34", "96", "92", "95", "94")


def are_wanted(environment: Mapping[str, str], descriptor: int) -> bool:
    """Whether what is written to `descriptor` may have colours.

    It is a terminal, TERM names no dumb one, and NO_COLOR (https://no-color.org) is not set,
    or empty.
    """
    if environment.get("NO_COLOR") or environment.get("TERM", "dumb") in ("", "dumb"):
        return False
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


@final
class Colours:
    """Words around texts; they do nothing where they are not `on`."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}{RESET}" if self.on and text else text
