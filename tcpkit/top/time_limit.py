"""A bound on the time of a search: some regular expressions would take years."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TookTooLong(Exception):
    """The time was over."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises TookTooLong in the block where that takes longer; in the main thread only.

    `re` looks for signals while it searches, so this ends a search that backtracks.
    """
    running = True

    def ring(number: int, frame: FrameType | None) -> None:
        if running:  # it may come late, when the block has just ended
            raise TookTooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
