"""Numbers as a person reads them in a narrow column."""

from typing import Final

_BYTES: Final = (("B", 1), ("KB", 1_000), ("MB", 1_000_000), ("GB", 10**9), ("TB", 10**12))


def per_second(rate: float) -> str:
    """Three digits at least, a comma for thousands.

    >>> [per_second(rate) for rate in (0.0, 0.0123, 4.5678, 99.96, 12345.6)]
    ['0', '0.012', '4.57', '100', '12,346']
    """
    if rate <= 0:
        return "0"
    for below, decimals in ((0.9995, 3), (9.995, 2), (99.95, 1)):
        if rate < below:
            return f"{rate:.{decimals}f}"
    return f"{rate:,.0f}"


def size(count: float) -> str:
    """Three digits in the unit that suits, of 1000.

    >>> [size(count) for count in (0, 999, 1_234, 99_960, 5_000_000)]
    ['0 B', '999 B', '1.23 KB', '100 KB', '5.00 MB']
    """
    if count < 999.5:
        return f"{count:.0f} B"
    for unit, step in _BYTES[1:]:
        scaled = count / step
        if scaled < 999.5 or unit == "TB":
            break
    for below, decimals in ((9.995, 2), (99.95, 1)):
        if scaled < below:
            return f"{scaled:.{decimals}f} {unit}"
    return f"{scaled:,.0f} {unit}"
