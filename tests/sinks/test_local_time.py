from collections.abc import Callable
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpkit.sinks.local_time import LocalTime, milliseconds

SECOND = 1_000_000_000
SUMMER_ENDS = 1_540_688_400  # 2018-10-28 01:00 UTC


def test_time_is_rounded_down_to_microseconds(utc: None) -> None:
    assert LocalTime().text(1_542_393_516_873_067_999) == "2018-11-16 18:38:36.873067"


def test_hour_that_comes_twice_is_shown_twice(zone: Callable[[str], None]) -> None:
    zone("CET-1CEST,M3.5.0,M10.5.0/3")
    local_time = LocalTime()
    times = [SUMMER_ENDS + seconds for seconds in (-1, 0, -1, 3599, 3600)]
    assert [local_time.text(second * SECOND) for second in times] == [
        "2018-10-28 02:59:59.000000",
        "2018-10-28 02:00:00.000000",
        "2018-10-28 02:59:59.000000",
        "2018-10-28 02:59:59.000000",
        "2018-10-28 03:00:00.000000",
    ]


def test_time_before_the_epoch_counts_its_microseconds_forward(utc: None) -> None:
    assert LocalTime().text(-1) == "1969-12-31 23:59:59.999999"


@pytest.mark.parametrize("time_ns", [-(1 << 63), (1 << 63) - 1])
def test_any_time_of_64_bits_has_a_text(time_ns: int, utc: None) -> None:
    assert LocalTime().text(time_ns)[:2] in ("16", "22")


@given(st.lists(st.integers(0, 1 << 62), min_size=1))
def test_text_does_not_depend_on_the_times_before(times: list[int]) -> None:
    local_time = LocalTime()
    for time_ns in times:
        second, rest = divmod(time_ns, SECOND)
        local = datetime.fromtimestamp(second, timezone.utc).astimezone()
        expected = f"{local:%Y-%m-%d %H:%M:%S}.{rest // 1000:06d}"
        assert local_time.text(time_ns) == expected


@pytest.mark.parametrize(
    ("latency_ns", "text"),
    [
        (0, "0.000"),
        (499, "0.000"),
        (500, "0.001"),
        (11_203_499, "11.203"),
        (11_203_500, "11.204"),
        (999_999_500, "1000.000"),
        (3_600_000_000_000, "3600000.000"),
        (-1_500_000, "-1.500"),
    ],
)
def test_milliseconds_have_three_decimals_rounded_to_the_nearest(
    latency_ns: int, text: str
) -> None:
    assert milliseconds(latency_ns) == text
