"""The clocks of pcapng interfaces, against Python's exact integers."""

from hypothesis import example, given
from hypothesis import strategies as st

from tcpkit.capture.interface import BAD_TIME, Interface
from tests.capture.files import MAX_I64, NS, option, tsoffset, tsresol


def clock(options: bytes, big: bool = False) -> Interface:
    made = Interface(1, 0)
    assert made.read_options(options, big)
    return made


def time_ns(clock: Interface, ticks: int) -> int:
    return clock.time_ns(ticks >> 32, ticks & 0xFFFFFFFF)


@given(
    resolution=st.one_of(st.sampled_from([0, 3, 6, 9, 0x80, 0x89]), st.integers(0, 255)),
    offset=st.one_of(st.just(0), st.integers(-(1 << 63), MAX_I64), st.integers(-(10**9), 10**10)),
    ticks=st.one_of(st.integers(0, (1 << 64) - 1), st.integers(0, 1 << 52)),
    big=st.booleans(),
)
@example(resolution=9, offset=0, ticks=MAX_I64, big=False)
@example(resolution=9, offset=0, ticks=MAX_I64 + 1, big=False)
@example(resolution=9, offset=1, ticks=MAX_I64, big=False)
@example(resolution=6, offset=0, ticks=MAX_I64 // 1000, big=False)
@example(resolution=6, offset=0, ticks=MAX_I64 // 1000 + 1, big=False)
@example(resolution=6, offset=4_611_686_018, ticks=4_611_686_018_000_000, big=False)
@example(resolution=6, offset=-5, ticks=4_999_999, big=False)
def test_every_resolution_and_offset_is_exact_or_refused(
    resolution: int, offset: int, ticks: int, big: bool
) -> None:
    base = 2 if resolution & 0x80 else 10
    exact = ticks * NS // base ** (resolution & 0x7F) + offset * NS
    expected = exact if 0 <= exact <= MAX_I64 else BAD_TIME
    made = clock(tsresol(resolution, big) + tsoffset(offset, big), big)
    assert time_ns(made, ticks) == expected


def test_clock_counts_microseconds_unless_told() -> None:
    assert time_ns(clock(b""), 1_542_364_716_873_067) == 1_542_364_716_873_067_000


def test_time_is_rounded_down() -> None:
    assert time_ns(clock(tsresol(12)), 1999) == 1
    assert time_ns(clock(tsresol(0x80 | 31)), 1 << 30) == NS // 2


def test_options_after_the_end_are_not_read() -> None:
    assert time_ns(clock(option(0, b"") + tsresol(9)), 5) == 5000


def test_other_options_are_passed_over() -> None:
    assert time_ns(clock(option(2, b"eth0") + option(3, b"any") + tsresol(9)), 5) == 5


def test_options_of_a_wrong_size_are_damage_and_have_no_effect() -> None:
    for wrong in (option(9, b"\x09\x09"), option(9, b""), option(14, bytes(4))):
        made = Interface(1, 0)
        assert not made.read_options(wrong, False)
        assert time_ns(made, 5) == 5000


@given(st.binary(max_size=64), st.booleans())
def test_random_options_never_raise(options: bytes, big: bool) -> None:
    made = Interface(1, 0)
    made.read_options(options, big)
    assert BAD_TIME <= time_ns(made, 12345) <= MAX_I64
