"""Walks the resource records of a message, whole or in pieces (RFC 1035, section 4.1.3).

Of a record only its type, the upper part of an OPT's RCODE (RFC 6891, section 6.1.3)
and a SOA's serial are of interest. Nothing is kept but the place within the record, and
no name is followed: a name ends with a 0 or with a pointer of two octets. So the time
is that of the bytes, whatever they say.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.protocols.dns.transfer import Transfer
from tcpkit.protocols.dns.words import OPT, SOA

_FIXED: Final = 10  # type, class, TTL and length of the data
_AFTER_NAMES: Final = 20  # a SOA's numbers, the serial first, are the last 20 octets

# where in a record the next octet is
_NAME: Final = 0
_POINTER: Final = 1  # the second octet of a pointer
_LABEL: Final = 2
_NUMBERS: Final = 3
_DATA: Final = 4


@final
class RecordWalk:
    """`begin`, then `feed` what follows the question, in order."""

    __slots__ = (
        "extended", "broken", "_transfer", "_answers", "_left", "_additional", "_where", "_togo",
        "_type", "_ttl", "_serial",
    )  # fmt: skip

    def __init__(self) -> None:
        self.extended: i64 = 0  # the RCODE's upper eight bits
        self.broken = False  # no records: what follows cannot be read
        self._transfer: Transfer | None = None
        self._answers: i64 = 0  # answer records still to come
        self._left: i64 = 0  # all records still to come
        self._additional: i64 = 0
        self._where: i64 = _NAME
        self._togo: i64 = 0  # octets of the part that the next one is in
        self._type: i64 = 0
        self._ttl: i64 = 0
        self._serial: i64 = 0

    def begin(
        self, answers: i64, authority: i64, additional: i64, transfer: Transfer | None
    ) -> None:
        """The header's numbers of records. `transfer` is told the answers' SOAs."""
        self.extended = 0
        self.broken = False
        self._transfer = transfer
        self._answers = answers
        self._left = answers + authority + additional
        self._additional = additional
        self._where = _NAME

    @property
    def whole(self) -> bool:
        """Whether all records that the header announced were read."""
        return self._left == 0 and not self.broken

    def feed(self, data: bytes, at: i64, end: i64) -> None:
        while at < end and self._left > 0 and not self.broken:
            where = self._where
            if where == _NAME:
                at = self._name(data, at, end)
                if at < 0:
                    self.broken = True
            elif where == _NUMBERS:
                at = self._numbers(data, at, end)
            elif where == _DATA:
                at = self._data(data, at, end)
            else:
                step = self._togo if self._togo < end - at else end - at
                self._togo -= step
                at += step
                if self._togo == 0:
                    if where == _POINTER:
                        self._begin_numbers()
                    else:
                        self._where = _NAME

    def _begin_numbers(self) -> None:
        self._where = _NUMBERS
        self._togo = _FIXED
        self._type = 0
        self._ttl = 0

    def _name(self, data: bytes, at: i64, end: i64) -> i64:
        """Read labels; the position behind what was read, -1 where there is none."""
        while at < end:
            size: i64 = data[at]
            at += 1
            if size == 0:
                self._begin_numbers()
                return at
            if size >= 0xC0:
                self._where = _POINTER
                self._togo = 1
                return at
            if size > 63:
                return -1
            if at + size > end:
                self._where = _LABEL
                self._togo = size
                return at
            at += size
        return at

    def _numbers(self, data: bytes, at: i64, end: i64) -> i64:
        togo = self._togo
        while at < end and togo > 0:
            octet: i64 = data[at]
            if togo > 8:
                self._type = self._type << 8 | octet
            elif togo <= 6 and togo > 2:
                self._ttl = self._ttl << 8 | octet
            elif togo == 2:
                self._serial = octet  # the length's first octet, for a moment
            elif togo == 1:
                self._serial = self._serial << 8 | octet
            at += 1
            togo -= 1
        self._togo = togo
        if togo == 0:
            self._begin_data(self._serial)
        return at

    def _begin_data(self, size: i64) -> None:
        if self._type == OPT and self._left <= self._additional:
            self.extended = (self._ttl >> 24) & 0xFF
        elif self._answers > 0 and self._transfer is not None:
            if self._type != SOA:
                self._transfer.other()
            elif size < _AFTER_NAMES:
                self.broken = True
        self._serial = 0
        self._togo = size
        self._where = _DATA
        if size == 0:
            self._end_record()

    def _data(self, data: bytes, at: i64, end: i64) -> i64:
        togo = self._togo
        step = togo if togo < end - at else end - at
        if self._type == SOA and self._transfer is not None:
            first = at + togo - _AFTER_NAMES  # of the serial; it may lie before or behind
            place = first if first > at else at
            while place < at + step and place < first + 4:
                self._serial = self._serial << 8 | i64(data[place])
                place += 1
        self._togo = togo - step
        if self._togo == 0:
            self._end_record()
        return at + step

    def _end_record(self) -> None:
        if self._answers > 0:
            self._answers -= 1
            if self._type == SOA and self._transfer is not None:
                self._transfer.soa(self._serial)
        self._left -= 1
        self._where = _NAME
