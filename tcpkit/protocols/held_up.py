"""Which request held up those behind it on a connection whose replies come in order.

A server that reads several requests at once may send their replies together, when all of
them are done: then which of them took the time is not to be seen. So only a reply in
packets of its own tells that its request was at work until then; where it shares a packet
with another, no more is known than that its own bytes took from the first to the last.
"""

from typing import Final, final

from mypy_extensions import i64

MIN_HELD_NS: Final = 50_000  # shorter ones are not worth a name
MAX_HELD: Final = 64  # of one connection; of more, the shortest is forgotten


@final
class Hold:
    """From `began_ns` to `ended_ns` nothing but the request `name` can have been at work."""

    __slots__ = ("began_ns", "ended_ns", "name")

    def __init__(self, began_ns: i64, ended_ns: i64, name: str) -> None:
        self.began_ns = began_ns
        self.ended_ns = ended_ns
        self.name = name


@final
class HeldUp:
    """Of one connection. `turn` is for each reply; what it leaves is of the reply just read."""

    __slots__ = ("before_ns", "together", "names", "_holds")

    def __init__(self) -> None:
        self.before_ns: i64 = 0  # end of the latest reply that is in an earlier packet
        self.together = False  # the reply shares a packet with another
        self.names = True  # what holds up the others is known by its reply
        self._holds: list[Hold] = []

    def turn(self, first_ns: i64, replied_ns: i64, shares: bool) -> None:
        """A reply that began at `first_ns` was read; the one before ended at `replied_ns`.

        `shares`: more follows in its last packet.
        """
        apart = first_ns != replied_ns
        if apart:
            self.before_ns = replied_ns
        self.together = shares or not apart

    def note(self, began_ns: i64, ended_ns: i64, name: str, since_ns: i64) -> None:
        """Keep a hold; nobody who waits has come before `since_ns`."""
        holds = [hold for hold in self._holds if hold.ended_ns > since_ns]
        if len(holds) >= MAX_HELD:
            shortest = 0
            for at in range(1, len(holds)):
                if _length(holds[at]) < _length(holds[shortest]):
                    shortest = at
            del holds[shortest]
        holds.append(Hold(began_ns, ended_ns, name))
        self._holds = holds

    def longest(self, since_ns: i64, until_ns: i64) -> str:
        """Who held up for at least half of that time; "" if nobody alone did."""
        for hold in self._holds:
            begin, end = max(hold.began_ns, since_ns), min(hold.ended_ns, until_ns)
            if 2 * (end - begin) >= until_ns - since_ns:
                return hold.name
        return ""


def _length(hold: Hold) -> i64:
    return hold.ended_ns - hold.began_ns
