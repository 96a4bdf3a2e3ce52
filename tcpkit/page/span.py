"""When: the few short times in which nearly all of the waiting in slow requests ended."""

import time
from typing import Final, NamedTuple

from tcpkit.page.shape import Column, Model
from tcpkit.page.slowness import Limit, slow_in_columns
from tcpkit.page.words import counted, joined
from tcpkit.sinks.units import duration

MOST: Final = 0.9  # of the waiting
MAX_BURSTS: Final = 5
TOGETHER: Final = 0.03  # of the whole time: what is closer is one burst
WHOLE: Final = 0.5  # of the whole time: what takes longer is no burst
NS_PER_S: Final = 1_000_000_000


class Clock:
    """Times of day at one offset from UTC."""

    def __init__(self, utc_offset_s: int) -> None:
        self._offset_ns = utc_offset_s * NS_PER_S

    def text(self, time_ns: int, decimals: int) -> str:
        """`18:38:36.873`, rounded down."""
        second, rest = divmod(time_ns + self._offset_ns, NS_PER_S)
        whole = time.strftime("%H:%M:%S", time.gmtime(second))
        return f"{whole}.{rest:09d}"[: 8 + (decimals and decimals + 1)]


class Burst(NamedTuple):
    first: int  # column
    last: int
    number: int  # of slow requests and timeouts


def when(model: Model, limit: Limit, clock: Clock) -> tuple[str, str]:
    """A few words and a sentence."""
    timeline = model["timeline"]
    begin_ns, width_ns = timeline["begin_ns"], timeline["width_ns"]
    numbers = dict(slow_in_columns(model, limit))
    for column in timeline["columns"]:
        if column["timeouts"]:
            numbers[column["column"]] = numbers.get(column["column"], 0) + column["timeouts"]
    if begin_ns is None or not numbers:
        return "Not known.", "No time is kept for them."
    columns = timeline["columns"][-1]["column"] - timeline["columns"][0]["column"] + 1
    found = bursts(_waited(model, limit, numbers), numbers, columns)
    decimals = next((digits for digits in range(3) if width_ns >= NS_PER_S // 10**digits), 3)

    def start(burst: Burst) -> str:
        return clock.text(begin_ns + burst.first * width_ns, decimals)

    def end(burst: Burst) -> str:
        return clock.text(begin_ns + (burst.last + 1) * width_ns, decimals)

    total, whole = sum(numbers.values()), duration(columns * width_ns)
    told = "Told by when replies came or were given up: the waiting began before."
    length = sum(burst.last - burst.first + 1 for burst in found)
    if len(found) > MAX_BURSTS or (length > WHOLE * columns and columns > 1):
        worst = max(numbers, key=lambda column: numbers[column])
        at = clock.text(begin_ns + worst * width_ns, decimals)
        seen = f"In {len(numbers):,} of {counted(columns, 'interval')} of {duration(width_ns)}"
        return f"All through the {whole}", f"{seen}, most ({numbers[worst]:,}) at {at}. {told}"
    inside = sum(burst.number for burst in found)
    of = "all of the waiting" if inside == total else "over 90 % of the waiting"
    each = joined([f"{start(burst)} ({burst.number:,})" for burst in found])
    if len(found) == 1:
        short = f"{start(found[0])} to {end(found[0])}"
        more = (
            f"{inside:,} of {total:,}, and {of} in slow requests, in {duration(length * width_ns)}"
        )
        return short, f"{more} of {whole}. {told}"
    short = f"{len(found)} bursts, {start(found[0])} to {end(found[-1])}"
    return short, f"{inside:,} of {total:,}, and {of} in slow requests: at {each}. {told}"


def bursts(waited: dict[int, int], numbers: dict[int, int], columns: int) -> list[Burst]:
    """The fewest columns with most of what was waited; those close together are one.

    >>> bursts({3: 50, 4: 48, 90: 2}, {3: 1, 4: 2, 90: 9}, 100)
    [Burst(first=3, last=4, number=3)]
    """
    wanted = MOST * sum(waited.values())
    chosen: list[int] = []
    for column in sorted(waited, key=lambda column: -waited[column]):
        if sum(waited[each] for each in chosen) >= wanted:
            break
        chosen.append(column)
    found: list[Burst] = []
    for column in sorted(chosen):
        if found and column - found[-1].last <= max(2, TOGETHER * columns):
            first = found.pop().first
        else:
            first = column
        number = sum(numbers[each] for each in numbers if first <= each <= column)
        found.append(Burst(first, column, number))
    return found


def _waited(model: Model, limit: Limit, numbers: dict[int, int]) -> dict[int, int]:
    """How long the slow ones of each column took in sum, as far as the map tells: for ranking."""
    edges = model["timeline"]["edges_ns"]
    waited: dict[int, int] = {}
    for column in model["timeline"]["columns"]:
        if column["column"] in numbers:
            time_ns = _in_cells(column, edges, limit.ns)
            time_ns += column["timeouts"] * model["source"]["timeout_ns"]
            waited[column["column"]] = max(time_ns, 1)
    return waited


def _in_cells(column: Column, edges: list[int], limit_ns: int) -> int:
    total = 0
    for row, count in column["cells"]:
        edge = edges[min(row, len(edges) - 1)]
        if edge >= limit_ns:
            total += count * edge
    return total
