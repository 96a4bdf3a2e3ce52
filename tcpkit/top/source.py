"""What the screen looks at: the tables, and the numbers of its header."""

from typing import NamedTuple

from tcpkit.metrics.top_tables import TopTables


class Figures(NamedTuple):
    """What the tables do not know. Counted since the start, resets do not touch it."""

    begin_ns: int  # capture time of the first packet, or of the start; 0: none yet
    now_ns: int  # capture time now; of a file, of the last packet
    packets: int
    unpaired: int  # requests and replies that were given up
    dropped_by_kernel: int = 0
    dropped_by_interface: int = 0


class Source:
    """A capture that is going on, or the end of one that was read (`live` is False).

    `place` is the interface or the file, `what` mode and ports; both are printable.
    `problem`: what went wrong at the end of the read; "" for nothing.
    """

    live: bool = True

    def __init__(self, tables: TopTables, place: str, what: str, problem: str = "") -> None:
        self.tables = tables
        self.place = place
        self.what = what
        self.problem = problem

    def figures(self) -> Figures:
        raise NotImplementedError

    def interval(self) -> None:
        """A second is over: rates are told over what passed since the last call."""
        raise NotImplementedError
