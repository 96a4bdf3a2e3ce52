"""When: the shortest time that most of the slow requests lie in."""

import time
from typing import Final

from tcpkit.page.shape import Model
from tcpkit.page.words import counted, share
from tcpkit.sinks.units import duration

MOST: Final = 0.9
NS_PER_S: Final = 1_000_000_000
WHOLE: Final = 0.5  # of the time: what takes longer is no incident


class Clock:
    """Times of day at one offset from UTC."""

    def __init__(self, utc_offset_s: int) -> None:
        self._offset_ns = utc_offset_s * NS_PER_S

    def text(self, time_ns: int, decimals: int) -> str:
        """`18:38:36.873`, rounded down."""
        second, rest = divmod(time_ns + self._offset_ns, NS_PER_S)
        whole = time.strftime("%H:%M:%S", time.gmtime(second))
        return f"{whole}.{rest:09d}"[: 8 + (decimals and decimals + 1)]

    def day(self, time_ns: int) -> str:
        return time.strftime("%Y-%m-%d", time.gmtime((time_ns + self._offset_ns) // NS_PER_S))


def busiest_span(model: Model, slow: list[tuple[int, int]], clock: Clock) -> tuple[str, str]:
    """A few words and a sentence. `slow`: column and count; timeouts are added here."""
    timeline = model["timeline"]
    begin_ns, width_ns = timeline["begin_ns"], timeline["width_ns"]
    counts = dict(slow)
    for column in timeline["columns"]:
        if column["timeouts"]:
            counts[column["column"]] = counts.get(column["column"], 0) + column["timeouts"]
    if begin_ns is None or not counts:
        return "Not known.", "No time is kept for them."
    first, last, inside = _shortest(counts)
    total = sum(counts.values())
    all_first, all_last = timeline["columns"][0]["column"], timeline["columns"][-1]["column"]
    whole_ns = (all_last - all_first + 1) * width_ns
    span_ns = (last - first + 1) * width_ns
    decimals = 0 if width_ns >= NS_PER_S else 3
    start = clock.text(begin_ns + first * width_ns, decimals)
    end = clock.text(begin_ns + (last + 1) * width_ns, decimals)
    told = "told by when the reply came or was given up"
    many = len({column for column in counts})
    if span_ns > WHOLE * whole_ns and total > 1:
        short = f"All through the {duration(whole_ns)}"
        worst = max(counts, key=lambda column: counts[column])
        at = clock.text(begin_ns + worst * width_ns, decimals)
        part = counted(len(timeline["columns"]), "interval")
        more = f"In {many:,} of {part} of {duration(width_ns)}, most of them ({counts[worst]:,}) at {at}"
        return short, f"{more}; {told}."
    if total == 1:
        return f"At {start}", f"One request, in a capture of {duration(whole_ns)}; {told}."
    lies = share(inside, total)
    more = f"{inside:,} of the {total:,} ({lies}) within {duration(span_ns)} of {duration(whole_ns)}"
    return f"{start} to {end}", f"{more}; {told}."


def _shortest(counts: dict[int, int]) -> tuple[int, int, int]:
    """First and last column, and the count, of the fewest columns in a row with most of all."""
    columns = sorted(counts)
    wanted = MOST * sum(counts.values())
    best = (columns[0], columns[-1], sum(counts.values()))
    inside = left = 0
    for column in columns:
        inside += counts[column]
        while inside - counts[columns[left]] >= wanted:
            inside -= counts[columns[left]]
            left += 1
        if inside >= wanted and column - columns[left] < best[1] - best[0]:
            best = (columns[left], column, inside)
    return best
