"""Numbers in the few characters of a cell, and names that no terminal takes for commands."""

from typing import Final

from tcpkit.sinks.units import duration

CUT: Final = "…"
_LETTERS: Final = ("", "k", "M", "G", "T", "P", "E")


def short(number: float) -> str:
    """Three digits, with a letter for thousands (1k is 1,000), at most 5 characters.

    >>> [short(n) for n in (0, 0.04, 0.5, 7, 12.34, 999.6, 1_234, 98_765, 3_400_000)]
    ['0', '0.04', '0.5', '7', '12.3', '1.00k', '1.23k', '98.8k', '3.40M']
    """
    place = 0
    while number >= 999.5 and place < len(_LETTERS) - 1:
        number /= 1_000
        place += 1
    decimals = 2 if number < 9.995 else 1 if number < 99.95 else 0
    text = f"{number:.{decimals}f}"
    if decimals and not place:
        text = text.rstrip("0").rstrip(".")
    return text + _LETTERS[place]


def count(number: int) -> str:
    """All digits up to eight of them.

    >>> count(12_345_678), count(123_456_789)
    ('12345678', '123M')
    """
    return str(number) if number < 100_000_000 else short(number)


def span(ns: int) -> str:
    """A duration without a blank; "-" for one that is not known, which is negative.

    >>> span(61_049), span(604_657_000), span(-1)
    ('61.0us', '605ms', '-')
    """
    return "-" if ns < 0 else duration(ns).replace(" ", "")


def share(part: int, whole: int) -> str:
    """Rounded down, so that only all is 100 %; "" of nothing.

    >>> share(0, 0), share(2, 3), share(999_999, 1_000_000), share(5, 5)
    ('', '66.6%', '99.9%', '100%')
    """
    if whole <= 0:
        return ""
    if part >= whole:
        return "100%"
    tenths = part * 1_000 // whole
    return f"{tenths // 10}.{tenths % 10}%"


def clock(seconds: int) -> str:
    """Hours, minutes and seconds.

    >>> clock(3_723), clock(360_000)
    ('01:02:03', '100:00:00')
    """
    return f"{seconds // 3_600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def safe(text: str) -> str:
    r"""One line of printable ASCII: names come from the wire, and arrive escaped. Seen to here
    once more, since nothing else stands between them and the terminal.

    >>> safe("a\x1b[31mb")
    'a?[31mb'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if " " <= each <= "~" else "?" for each in text)


def fitted(text: str, width: int) -> str:
    """Exactly `width` characters of a safe text; what had to be cut off is `…`.

    >>> fitted("user:1", 8), fitted("user:1:cart", 8), fitted("ab", 0)
    ('user:1  ', 'user:1:…', '')
    """
    if len(text) > width:
        return text[: width - 1] + CUT if width > 0 else ""
    return text.ljust(width)
