"""The interval of a change as a small bar, on an axis that all bars have in common."""

import math
from typing import Final

from tcpkit.compare.changes import Estimate

WIDTH: Final = 240
HEIGHT: Final = 18
DECADES: Final = 1  # from 1/10 to 10 times A; what is beyond ends at the edge


def bar(estimate: Estimate, colour: str) -> str:
    """An SVG: B as a multiple of A, logarithmic; "" where there is no interval."""
    if not estimate.a or estimate.a <= 0 or estimate.low is None or estimate.high is None:
        return ""
    assert estimate.b is not None
    middle, y = WIDTH / 2, HEIGHT / 2
    low = place(1 + estimate.low / estimate.a)
    high = place(1 + estimate.high / estimate.a)
    dot = place(estimate.b / estimate.a)
    css = f"change {colour}".strip()
    return (
        f'<svg class="{css}" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f'<line class="axis" x1="0" y1="{y}" x2="{WIDTH}" y2="{y}"/>'
        f'<line class="zero" x1="{middle}" y1="0" x2="{middle}" y2="{HEIGHT}"/>'
        f'<line class="bar" x1="{low:.1f}" y1="{y}" x2="{max(high, low + 1):.1f}" y2="{y}"/>'
        f'<circle class="dot" cx="{dot:.1f}" cy="{y}" r="4"/></svg>'
    )


def place(ratio: float) -> float:
    """Where a multiple of A is on the axis.

    >>> place(1.0), place(10.0), place(0.0), place(1e9)
    (120.0, 240.0, 0.0, 240.0)
    """
    if ratio <= 0:
        return 0.0
    share = (math.log10(ratio) / DECADES + 1) / 2
    return min(max(share, 0.0), 1.0) * WIDTH
