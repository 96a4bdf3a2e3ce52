"""Tells a datagram that was captured twice from one that was sent twice."""

from typing import Final, final

from tcpkit.wire.segment import Datagram

COPY_NS: Final = 500_000  # the hops of one host show a packet again within this time


@final
class Stamp:
    """What is remembered of a datagram, to know it again."""

    __slots__ = ("mark", "ts_ns", "digest")

    def __init__(self, datagram: Datagram) -> None:
        self.mark = datagram.mark
        self.ts_ns = datagram.ts_ns
        self.digest = digest_of(datagram)

    def is_same(self, datagram: Datagram) -> bool:
        """Whether it says the same."""
        return digest_of(datagram) == self.digest

    def is_copy(self, datagram: Datagram) -> bool:
        """Whether this is the same datagram, captured once more."""
        if not self.is_same(datagram):
            return False
        if self.mark != 0 or datagram.mark != 0:
            return self.mark == datagram.mark
        return -COPY_NS <= datagram.ts_ns - self.ts_ns <= COPY_NS


def digest_of(datagram: Datagram) -> int:
    return hash(datagram.data[datagram.start : datagram.end])
