"""`tick` comes every second of capture time, before the first packet of that second."""

from pathlib import Path

import pytest

from tcpkit.config import Config
from tcpkit.flow.clock_tee import ClockTee
from tcpkit.script.script import Script
from tcpkit.script.ticker import MAX_MISSED, Ticker
from tcpkit.wire.segment import Datagram, Segment, SegmentSink

S = 1_000_000_000
START = 1_500_000_000


class Nowhere(SegmentSink):
    def segment(self, segment: Segment) -> bool:
        return True

    def datagram(self, datagram: Datagram) -> bool:
        return False


class Clock:
    """A script that prints its ticks, and a capture."""

    def __init__(self, path: Path) -> None:
        path.write_text("function tick(now) print(string.format('%d', now)) end")
        self.printed: list[int] = []
        self.script = Script(path, Config())
        self.script.begin(Config(), lambda line: self.printed.append(int(line)))
        self.ticker = Ticker(self.script)
        self.tee = ClockTee(self.ticker, Nowhere())

    def ticks(self, *seconds: float) -> list[int]:
        """Packets come at these seconds after the start; the ticks that they cause."""
        before = len(self.printed)
        for number, at in enumerate(seconds):
            if number % 2:
                datagram = Datagram()
                datagram.ts_ns = START * S + round(at * S)
                assert not self.tee.datagram(datagram)
            else:
                segment = Segment()
                segment.ts_ns = START * S + round(at * S)
                assert self.tee.segment(segment)
        return [second - START for second in self.printed[before:]]


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "script.lua")


def test_first_packet_begins_the_time(clock: Clock) -> None:
    assert clock.ticks(0.5, 0.9, 0.999999999) == []


def test_second_is_told_once_when_it_begins(clock: Clock) -> None:
    assert clock.ticks(0.5, 1, 1.5, 2.7, 2.8, 3) == [1, 2, 3]


def test_pause_is_made_up_for(clock: Clock) -> None:
    assert clock.ticks(0, 5.5) == [1, 2, 3, 4, 5]


def test_of_a_long_pause_the_last_hour_is_made_up_for(clock: Clock) -> None:
    ticks = clock.ticks(0, 10_000)
    assert ticks == list(range(10_001 - MAX_MISSED, 10_001))
    assert clock.script.counts.ticks_left_out == 10_000 - MAX_MISSED


def test_packets_that_are_out_of_order_cause_no_ticks(clock: Clock) -> None:
    assert clock.ticks(10, 11, 9, 10.5, 11.5, 12) == [11, 12]


def test_clock_that_went_back_goes_on_from_there(clock: Clock) -> None:
    assert clock.ticks(1000, 1001, 500, 501, 502.5) == [1001, 501, 502]


def test_one_wrong_time_in_the_future_does_not_stop_the_ticks(clock: Clock) -> None:
    clock.ticks(0, 1)
    clock.ticks(3_000_000)
    assert clock.ticks(2, 3, 4) == [3, 4]


def test_time_before_1970_is_a_time(clock: Clock) -> None:
    assert clock.ticks(-START - 5, -START - 3.5) == [-START - 4]


def test_time_that_passes_without_packets_ticks_too(clock: Clock) -> None:
    clock.ticks(0)
    clock.ticker.advance((START + 2) * S)
    assert [second - START for second in clock.printed] == [1, 2]
    assert clock.ticks(2.5, 3) == [3]
