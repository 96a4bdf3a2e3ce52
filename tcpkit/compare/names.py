"""Names that only one of the captures has: keys and errors."""

from typing import Final, NamedTuple

from tcpkit.compare.side import Side
from tcpkit.metrics.top_row import TopRow

MAX_LISTED: Final = 100
HIT_RATES_FROM: Final = 1  # lookups in each capture


class OnlyIn(NamedTuple):
    """Keys of one capture that the other one has not.

    `proven` have none there for certain: no row was ever evicted. `doubtful` have no row there,
    but one may have been evicted. `listed` are the busiest of the proven.
    """

    proven: int
    doubtful: int
    requests: int  # of the proven, at least
    listed: list[tuple[str, int]]


class ErrorChange(NamedTuple):
    """Replies of one command with one code, or `timeout` and `aborted`."""

    command: str
    code: str
    counts: tuple[int, int]
    requests: tuple[int, int]  # of the command

    @property
    def verdict(self) -> str:
        return "new" if not self.counts[0] else "gone" if not self.counts[1] else ""

    @property
    def shares(self) -> tuple[float | None, float | None]:
        """Of the command's requests; None where it has none."""
        first, second = (
            count / of if of else None for count, of in zip(self.counts, self.requests, strict=True)
        )
        return first, second


class HitRate(NamedTuple):
    """Values found, and asked for, in A and in B."""

    command: str
    hits: tuple[int, int]
    lookups: tuple[int, int]


def new_and_gone(a: Side, b: Side) -> tuple[OnlyIn, OnlyIn]:
    """Keys of B that A has not, and of A that B has not."""
    rows_a, rows_b = a.keys(), b.keys()
    names_a, names_b = {row.name for row in rows_a}, {row.name for row in rows_b}
    return _only(rows_b, names_a, a), _only(rows_a, names_b, b)


def _only(rows: list[TopRow], others: set[str], other: Side) -> OnlyIn:
    without = [row for row in rows if row.name not in others]
    if other.key_bounds()["evicted"]:
        return OnlyIn(0, len(without), 0, [])
    listed = [(row.name, row.requests) for row in without[:MAX_LISTED]]
    return OnlyIn(len(without), 0, sum(row.requests for row in without), listed)


def errors_of(a: Side, b: Side) -> list[ErrorChange]:
    """Of all commands; new ones first, then those whose share changed most."""
    requests_a = {name: row.total for name, row in a.recorder.sliced.rows.items()}
    requests_b = {name: row.total for name, row in b.recorder.sliced.rows.items()}
    found: list[ErrorChange] = []
    for command, code in {*a.recorder.errors, *b.recorder.errors}:
        counts = (
            a.recorder.errors.get((command, code), 0),
            b.recorder.errors.get((command, code), 0),
        )
        of = requests_a.get(command, 0), requests_b.get(command, 0)
        found.append(ErrorChange(command, code, counts, of))
    return sorted(found, key=_error_place)


def _error_place(change: ErrorChange) -> tuple[int, float, str, str]:
    order = {"new": 0, "gone": 1, "": 2}[change.verdict]
    share_a, share_b = (share or 0.0 for share in change.shares)
    size = sum(change.counts) if change.verdict else abs(share_b - share_a)
    return order, -size, change.command, change.code


def hit_rates(a: Side, b: Side) -> list[HitRate]:
    """Of the commands that look up values in both; the most changed first."""
    rows_a, rows_b = a.commands(), b.commands()
    rates = [
        HitRate(
            name,
            (rows_a[name].hits, rows_b[name].hits),
            (rows_a[name].lookups, rows_b[name].lookups),
        )
        for name in rows_a
        if name in rows_b and min(rows_a[name].lookups, rows_b[name].lookups) >= HIT_RATES_FROM
    ]
    return sorted(rates, key=_hit_place)


def _hit_place(rate: HitRate) -> tuple[float, str]:
    share_a, share_b = (hits / of for hits, of in zip(rate.hits, rate.lookups, strict=True))
    return -abs(share_b - share_a), rate.command
