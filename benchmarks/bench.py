"""What every measure is given, and what it gives back."""

from dataclasses import dataclass

from benchmarks.program import Tcpkit


@dataclass(frozen=True)
class Bench:
    """One run of the benchmarks."""

    tcpkit: Tcpkit
    quick: bool  # fewer packets and rounds: to try the benchmarks, not to measure

    @property
    def pairs(self) -> int:
        return 2 if self.quick else 5


@dataclass(frozen=True)
class Row:
    """A line of the table. `met` is None where there is no goal."""

    what: str
    measured: str
    goal: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        if self.met is None:
            return ""
        return "met" if self.met else "missed"
