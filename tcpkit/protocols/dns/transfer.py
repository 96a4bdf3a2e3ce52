"""Where a zone transfer ends: the records of an AXFR or IXFR answer, told one by one.

AXFR (RFC 5936, section 2.2): the zone's SOA comes first and again last. IXFR (RFC 1995,
section 4) has three forms: the SOA alone, where the client is up to date; the whole
zone as in AXFR, where the second record is no SOA; and differences: behind the new SOA
an old SOA with what is deleted, a newer one with what is added, and so on, and the new
SOA at the end. So each SOA changes from adding to deleting or back, and the one that
would begin deletions and has the new serial ends it.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.protocols.dns.words import IXFR

UNKNOWN_SERIAL: Final = -1


@final
class Transfer:
    """`held` is the serial that an IXFR client has, from its query's authority section."""

    __slots__ = ("ended", "_is_ixfr", "_held", "_first", "_records", "_deltas", "_soas")

    def __init__(self, kind: i64, held: i64) -> None:
        self.ended = False
        self._is_ixfr = kind == IXFR
        self._held = held
        self._first: i64 = UNKNOWN_SERIAL  # the serial of the zone that comes
        self._records: i64 = 0
        self._deltas = False
        self._soas: i64 = 0

    @property
    def first(self) -> i64:
        """The serial of the first SOA, UNKNOWN_SERIAL before it."""
        return self._first

    def other(self) -> None:
        """The next answer record is no SOA."""
        self._records += 1
        if self._records == 1:
            self.ended = True  # no transfer begins so: whatever it is, it is one message

    def soa(self, serial: i64) -> None:
        self._records += 1
        self._soas += 1
        if self._records == 1:
            self._first = serial
            return
        if self._records == 2 and self._is_ixfr and serial != self._first:
            self._deltas = True
        if not self._deltas or (self._soas % 2 == 0 and serial == self._first):
            self.ended = True

    def message_ended(self, answers: i64, failed: bool) -> None:
        """A message with so many answer records is over."""
        nothing = self._records == 0 and answers == 0
        up_to_date = self._is_ixfr and self._records == 1 and not self._brings_news()
        if failed or nothing or up_to_date:
            self.ended = True

    def _brings_news(self) -> bool:
        """Whether more must follow the first SOA: it is newer than the client's (RFC 1982)."""
        if self._held == UNKNOWN_SERIAL:
            return False
        ahead = (self._first - self._held) & 0xFFFFFFFF
        return 0 < ahead < 0x80000000
