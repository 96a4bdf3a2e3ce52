"""Who writes to a terminal never waits for it."""

import os

from tcpkit.top.terminal import Writer
from tests.program import wait_until


def test_texts_come_in_their_order() -> None:
    reads, writes = os.pipe()
    writer = Writer(writes)
    for number in range(1_000):
        writer.write(f"{number} ")
    writer.stop(20.0)
    os.close(writes)
    with os.fdopen(reads) as shown:
        assert shown.read() == "".join(f"{number} " for number in range(1_000))


def test_writer_to_a_terminal_that_takes_nothing_does_not_wait() -> None:
    reads, writes = os.pipe()
    writer = Writer(writes)
    for _ in range(200):
        writer.write("x" * 65_536)
    assert writer.waiting >= 190
    writer.stop(0.01)
    assert writer.waiting >= 190
    os.close(reads)  # the thread's write fails, and it ends
    wait_until(lambda: writer.waiting == 0, "all is thrown away")
    os.close(writes)


def test_terminal_that_goes_away_is_no_error() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    writer = Writer(writes)
    writer.write("nobody reads this")
    writer.write("nor this")
    writer.stop(20.0)
    assert writer.waiting <= 1
    os.close(writes)
