"""How much may be done in a second, with a store for bursts."""


class Budget:
    """Gains `rate` a second, `burst` at most. Times are those of one clock, in seconds.

    >>> budget = Budget(rate=10.0, burst=2.0)
    >>> [budget.wait_s(0.0) for _ in range(3) if budget.spend(1.0) is None]
    [0.0, 0.1, 0.2]
    >>> budget.wait_s(0.3)
    0.0
    """

    __slots__ = ("_burst", "_left", "_rate", "_then_s")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._then_s = 0.0

    def spend(self, cost: float) -> None:
        """Something was done. It may cost more than there is: what follows waits longer."""
        self._left -= cost

    def wait_s(self, now_s: float) -> float:
        """How long until the next thing may be done; 0.0: now."""
        if now_s > self._then_s:
            self._left = min(self._burst, self._left + (now_s - self._then_s) * self._rate)
            self._then_s = now_s
        return 0.0 if self._left > 0 else (1 - self._left) / self._rate
