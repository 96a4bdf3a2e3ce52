"""An answer of DNS on one line: `NOERROR CNAME www.example.net, A 93.184.216.34`.

Read from the beginning of the message that was kept. The data of records whose format is
known are shown as in a zone file; of others their size. The owner of a record stands before
it where it is neither the name that was asked nor the target of the CNAME before.
"""

from typing import Final, final

from librt.strings import read_i32_be, read_i64_be
from mypy_extensions import i64

from tcpkit.protocols.dns.message import HEADER, question_end, u16
from tcpkit.protocols.dns.names import MAX_LABEL, MAX_NAME, name_text
from tcpkit.protocols.dns.words import IN, class_name, type_name
from tcpkit.protocols.message import Exchange
from tcpkit.protocols.reply_line import LINE_LIMIT, ReplyLine
from tcpkit.wire.address import ipv4_text, ipv6_text
from tcpkit.wire.printable import printable, quoted

_TC: Final = 0x0200  # in the flags word: there was no room for all
_FIXED: Final = 10  # type, class, TTL and length of a record's data
_POINTER: Final = 0xC0
_SOA_NUMBERS: Final = 20

_A: Final = 1
_CNAME: Final = 5
_SOA: Final = 6
_HINFO: Final = 13
_MX: Final = 15
_TXT: Final = 16
_AAAA: Final = 28
_SRV: Final = 33
_SPF: Final = 99
_CAA: Final = 257
_NAMES: Final = frozenset([2, 3, 4, _CNAME, 7, 8, 9, 12, 39])  # NS MD MF CNAME MB MG MR PTR DNAME
_BEHIND_A_NUMBER: Final = frozenset([_MX, 18, 21, 36])  # MX AFSDB RT KX


def reply_text(exchange: Exchange) -> str:
    """The answer that `exchange.reply` begins; its RCODE alone where none was kept."""
    line = ReplyLine()
    line.add(exchange.code or "")
    data = exchange.reply
    end: i64 = len(data)
    at = question_end(data, 0, end)
    if at < 0:
        return line.text()
    records = _Records(data, line)
    if at > HEADER:
        records.owner = name_text(data[HEADER:at])
    records.read(at, u16(data, 6))
    if u16(data, 2) & _TC:
        line.add(" (truncated)")
    if exchange.answers > records.shown:
        line.add(f" ({exchange.answers} answers)")
    return line.text()


@final
class _Records:
    """Reads the answer records. `owner` is the name that the next one is expected to have."""

    __slots__ = ("owner", "shown", "_data", "_end", "_line")

    def __init__(self, data: bytes, line: ReplyLine) -> None:
        self.owner = ""
        self.shown: i64 = 0
        self._data = data
        self._end: i64 = len(data)
        self._line = line

    def read(self, at: i64, count: i64) -> None:
        while self.shown < count and not self._line.full:
            name, at = self.name(at)
            if at < 0 or at + _FIXED > self._end:
                return
            size = u16(self._data, at + 8)
            begin = at + _FIXED
            if begin + size > self._end:
                return
            self._line.add(", " if self.shown else " ")
            if name.lower() != self.owner.lower():
                self._line.add(f"{name} ")
                self.owner = name
            self._record(u16(self._data, at), u16(self._data, at + 2), begin, begin + size)
            self.shown += 1
            at = begin + size

    def _record(self, kind: i64, class_: i64, at: i64, end: i64) -> None:
        text = type_name(kind) if class_ == IN else f"{class_name(class_)} {type_name(kind)}"
        shown = self._known(kind, at, end)
        self._line.add(f"{text} {shown}" if shown else f"{text} ({end - at} bytes)")
        if kind == _CNAME:
            self.owner = shown

    def _known(self, kind: i64, at: i64, end: i64) -> str:
        """The data of a record; "" where its format is not known, or it has another one."""
        data, size = self._data, end - at
        if kind == _A:
            return ipv4_text(i64(read_i32_be(data, at)) & 0xFFFFFFFF) if size == 4 else ""
        if kind == _AAAA:
            if size != 16:
                return ""
            return ipv6_text(read_i64_be(data, at), read_i64_be(data, at + 8))
        if kind in _NAMES:
            return self._name_only(at, end)
        if kind in _BEHIND_A_NUMBER and size > 2:
            name = self._name_only(at + 2, end)
            return f"{u16(data, at)} {name}" if name else ""
        if kind == _SRV and size > 6:
            name = self._name_only(at + 6, end)
            numbers = f"{u16(data, at)} {u16(data, at + 2)} {u16(data, at + 4)}"
            return f"{numbers} {name}" if name else ""
        if kind == _SOA:
            return self._soa(at, end)
        if kind in (_TXT, _SPF, _HINFO):
            return self._texts(at, end)
        if kind == _CAA and size > 2:
            tag = at + 2 + data[at + 1]
            if tag <= end:
                label = printable(data[at + 2 : tag], LINE_LIMIT)
                return f"{data[at]} {label} {quoted(data[tag : min(end, tag + LINE_LIMIT)])}"
        return ""

    def _name_only(self, at: i64, end: i64) -> str:
        """A name that ends where the data end; else ""."""
        name, behind = self.name(at)
        return name if behind == end else ""

    def _soa(self, at: i64, end: i64) -> str:
        primary, at = self.name(at)
        if at < 0 or at >= end:
            return ""
        mailbox, at = self.name(at)
        if at < 0 or end - at != _SOA_NUMBERS:
            return ""
        return f"{primary} {mailbox} {i64(read_i32_be(self._data, at)) & 0xFFFFFFFF}"

    def _texts(self, at: i64, end: i64) -> str:
        texts: list[str] = []
        while at < end:
            stop = at + 1 + self._data[at]
            if stop > end:
                return ""
            texts.append(quoted(self._data[at + 1 : stop]))
            at = stop
        return " ".join(texts)

    def name(self, at: i64) -> tuple[str, i64]:
        """The name at `at`, and the position behind it; a negative one where there is none.

        Pointers lead back only, each further than the one before (RFC 1035, section 4.1.4), so
        that no name has an end.
        """
        data = self._data
        labels: list[bytes] = []
        total: i64 = 1
        behind: i64 = -1
        limit = self._end
        before = at  # where a pointer may lead at most
        while True:
            if at >= limit:
                return "", -1
            size: i64 = data[at]
            if size >= _POINTER:
                if at + 2 > limit:
                    return "", -1
                if behind < 0:
                    behind = at + 2
                at = u16(data, at) & 0x3FFF
                if at >= before:
                    return "", -1
                before = at
                continue
            if size == 0:
                break
            total += size + 1
            if size > MAX_LABEL or total > MAX_NAME or at + 1 + size > limit:
                return "", -1
            labels.append(data[at : at + 1 + size])
            at += 1 + size
        return name_text(b"".join(labels) + b"\0"), at + 1 if behind < 0 else behind
