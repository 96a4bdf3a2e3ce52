"""What stands in the cells of the screen."""

import re

import pytest

from tcpkit.top.cells import count, fitted, safe, share, short, span


@pytest.mark.parametrize("power", range(20))
@pytest.mark.parametrize("digits", [1, 1.004, 4.996, 9.949, 9.994, 9.9951, 9.9999])
def test_short_number_has_three_digits_and_five_characters(digits: float, power: int) -> None:
    number = digits * 10**power
    text = short(number)
    assert len(text) <= 5
    shown = re.fullmatch(r"([\d.]+)([kMGTPE]?)", text)
    assert shown is not None
    assert float(shown[1]) * 1_000 ** " kMGTPE".index(shown[2] or " ") == pytest.approx(
        number, rel=0.005
    )


@pytest.mark.parametrize(
    ("ns", "text"), [(0, "0ns"), (999, "999ns"), (1_000, "1.00us"), (10_000_000_000, "10.0s")]
)
def test_span_fits_its_column(ns: int, text: str) -> None:
    assert span(ns) == text


def test_count_never_needs_more_than_eight_characters() -> None:
    assert max(len(count(10**power - 1)) for power in range(19)) == 8


def test_share_is_all_only_where_it_is() -> None:
    assert (share(10**9 - 1, 10**9), share(10**9, 10**9)) == ("99.9%", "100%")


@pytest.mark.parametrize("text", ["\x1b]0;title\x07", "a\r\nb", "\x9b31m", "caf\xe9", "\u202eabc"])
def test_no_character_reaches_the_terminal_that_is_not_printable_ascii(text: str) -> None:
    assert re.fullmatch(r"[ -~]*", safe(text))
    assert len(safe(text)) == len(text)


@pytest.mark.parametrize("width", range(10))
def test_fitted_text_is_as_wide_as_asked_for(width: int) -> None:
    for text in ("", "abc", "abcdefghijkl"):
        shown = fitted(text, width)
        assert len(shown) == width
        assert shown.endswith("…") == (len(text) > width > 0)
