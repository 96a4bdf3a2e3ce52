"""A search that would take years ends."""

import re
import signal
import time

import pytest

from tcpkit.top.time_limit import TookTooLong, at_most


def test_search_that_backtracks_without_end_is_ended() -> None:
    begin_s = time.monotonic()
    with pytest.raises(TookTooLong), at_most(0.1):
        re.search(r"(a+)+$", "a" * 64 + "b")
    assert time.monotonic() - begin_s < 5


def test_nothing_rings_after_the_block() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with at_most(60):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == before
