"""Numbers and names in a sentence."""

from collections.abc import Sequence


def counted(number: int, what: str) -> str:
    """
    >>> counted(1, "request"), counted(2_500, "request")
    ('1 request', '2,500 requests')
    """
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def share(part: int, whole: int) -> str:
    """A share in percent, never rounded to none or all.

    >>> share(1, 3), share(1, 100_000), share(99_999, 100_000), share(5, 5), share(0, 5)
    ('33 %', '< 0.01 %', '> 99.9 %', '100 %', '0 %')
    """
    if not whole or not part:
        return "0 %"
    if part >= whole:
        return "100 %"
    percent = 100 * part / whole
    if percent < 0.01:
        return "< 0.01 %"
    if percent > 99.9:
        return "> 99.9 %"
    for below, decimals in ((1, 2), (10, 1), (99, 0)):
        if percent < below:
            return f"{percent:.{decimals}f} %"
    return f"{percent:.1f} %"


def joined(names: Sequence[str]) -> str:
    """
    >>> joined(["a"]), joined(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
