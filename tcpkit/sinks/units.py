"""Numbers with their units, as people read them."""

from typing import Final

_UNITS: Final = (("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000))
_SIZES: Final = (("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000))


def duration(ns: int) -> str:
    """Three digits in the unit that suits, rounded; ns and 1000 s and more are whole.

    >>> [duration(ns) for ns in (61, 7_320, 61_049, 999_700, 812_000_000, 3_600_000_000_000)]
    ['61 ns', '7.32 us', '61.0 us', '1.00 ms', '812 ms', '3600 s']
    """
    if ns < 0:
        return "-" + duration(-ns)
    if ns < 1_000:
        return f"{ns} ns"
    for unit, size in _UNITS[1:]:
        for decimals in (2, 1, 0):
            # In integers: a float would round some edges to the other side.
            scaled = (ns * 10**decimals + size // 2) // size
            if scaled < 1_000:
                whole, rest = divmod(scaled, 10**decimals)
                return f"{whole}.{rest:0{decimals}d} {unit}" if decimals else f"{whole} {unit}"
    return f"{(ns + 500_000_000) // 1_000_000_000} s"


def amount(size: int) -> str:
    """Bytes, in units of 1000, one decimal.

    >>> amount(512), amount(1_440), amount(8_000_033), amount(3_260_000_000_000)
    ('512 B', '1.4 kB', '8.0 MB', '3260.0 GB')
    """
    text = f"{size} B"
    for unit, scale in _SIZES:
        if size >= scale:
            text = f"{size / scale:.1f} {unit}"
    return text
