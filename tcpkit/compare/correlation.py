"""How slices of time are correlated: how long runs of them must be, and what these miss."""

import math
from collections.abc import Sequence
from typing import Final

_NORMAL: Final = 1.96  # standard errors on each side of 95 %
_STEEPEST: Final = 0.95  # by which correlations fall from lag to lag, at most believed


class Correlation:
    """Of one number for each slice, in order; of which there is one at least."""

    def __init__(self, scores: Sequence[float]) -> None:
        self._count = count = len(scores)
        mean = sum(scores) / count
        parts = [score - mean for score in scores]
        self._variance = sum([part * part for part in parts])
        self.lags: list[float] = []  # the correlations up to the first that may be chance
        chance = 2 / math.sqrt(count)
        for lag in range(1, count // 2):
            if self._variance <= 0:
                break
            products = [a * b for a, b in zip(parts, parts[lag:], strict=False)]
            correlation = sum(products) / self._variance
            if correlation <= chance:
                break
            self.lags.append(correlation)
        self.time = self._time()

    def _time(self) -> float:
        """Slices that count as one: 1 + 2 * the sum of all correlations.

        What is behind the last lag is taken to fall on as it did; that the mean was
        taken from the same slices makes all correlations too small.
        """
        if not self.lags:
            return 1.0
        last = self.lags[-1]
        fall = min(math.pow(last, 1 / len(self.lags)), _STEEPEST)
        time = 1 + 2 * (sum(self.lags) + last * fall / (1 - fall))
        time = min(time, self._count / 4)
        return time / (1 - time / self._count)

    @property
    def standard_error(self) -> float:
        """Of the sum of all scores."""
        return math.sqrt(self._variance * self.time)

    @property
    def wished_block(self) -> int:
        """Slices in a run: twice those that count as one, 1 where they are not correlated."""
        return max(round(2 * self.time), 1) if self.lags else 1

    def widening(self, block: int) -> float:
        """By how much an interval of runs of `block` slices is too narrow.

        Correlations between runs are lost, those within them count less with the distance;
        and with few runs their spread is not known well (Student's t for the normal).
        """
        within = 1.0
        for lag, correlation in enumerate(self.lags[: block - 1], 1):
            within += 2 * (1 - lag / block) * correlation
        freedom = max(self._count / block - 1, 1.0)
        student = _NORMAL + 2.37 / freedom + 2.8 / freedom**2
        lost = max(self.time / within, 1.0)
        return math.sqrt(lost) * student / _NORMAL
