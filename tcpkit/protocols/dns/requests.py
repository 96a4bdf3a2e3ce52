"""The client's side of a TCP connection: finds the queries."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.sequence import MASK, distance
from tcpkit.protocols.dns.framing import PREFIX, Framing, begins_request
from tcpkit.protocols.dns.message import FIXED, HEADER, QR, opcode_of, u16, why_not
from tcpkit.protocols.dns.outstanding import Outstanding
from tcpkit.protocols.dns.records import RecordWalk
from tcpkit.protocols.dns.transfer import UNKNOWN_SERIAL, Transfer
from tcpkit.protocols.dns.words import AXFR, DSO, IXFR
from tcpkit.protocols.message import GAP, OUT_OF_ORDER, RETRANSMISSION, TRUNCATED

MOST_QUESTIONS: Final = 16  # a first message with more is none of DNS


@final
class QueryReader:
    """Puts whole queries into `waiting`. `in_step`: the stream is read from its first byte."""

    __slots__ = (
        "_waiting", "_framing", "_searches", "_fresh", "_first_ns", "_seq", "_flags", "_ack",
        "_readable", "_id", "_opcode", "_question", "_held", "_walk",
    )  # fmt: skip

    def __init__(self, waiting: Outstanding, in_step: bool) -> None:
        self._waiting = waiting
        self._framing = Framing()
        self._searches = not in_step  # where a message begins is not known
        self._fresh = True  # nothing was read yet
        self._first_ns: i64 = 0
        self._seq: i64 = 0
        self._flags: i64 = 0
        self._ack: i64 = 0  # of the last segment
        self._readable = False  # the message being read has a head, and is a query
        self._id: i64 = 0
        self._opcode: i64 = 0
        self._question = b""
        self._held: Transfer | None = None  # learns the serial that an IXFR client has
        self._walk: RecordWalk | None = None

    def read(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64, notes: i64
    ) -> None:
        self._ack = ack
        if self._searches and not self._find(data, start, end):
            return
        framing = self._framing
        pos = start
        while pos < end:
            if framing.between:
                self._first_ns = ts_ns
                self._seq = (seq + pos - start) & MASK
                self._flags = 0
                self._readable = False
                self._held = None
            if notes:
                self._flags = self._flags | OUT_OF_ORDER
            begin = pos
            pos = framing.feed(data, pos, end)
            if framing.has_head:
                in_step = self._head(framing)
                framing.data = b""  # it may be a part of the file
                if not in_step:
                    return
            elif self._held is not None and self._walk is not None:
                self._walk.feed(data, begin, pos)
            if framing.done:
                self._done(ts_ns, (seq + pos - start) & MASK)

    def _find(self, data: bytes, start: i64, end: i64) -> bool:
        """Whether the piece begins with a message: then the stream is in step again."""
        if self._fresh and end - start > 2 and _is_tls(data[start], data[start + 1]):
            self._waiting.leave(True)
            return False
        self._fresh = False
        if begins_request(data, start, end):
            self._searches = False
            self._framing.reset()
            return True
        self._waiting.counts.drop("lost in step", 1)
        return False

    def _head(self, framing: Framing) -> bool:
        """Read a message's head; False if nothing more can be read of the piece."""
        data, start, stop = framing.data, framing.start, framing.stop
        waiting = self._waiting
        if self._fresh:
            self._fresh = False
            size = framing.size
            if _is_tls(size >> 8, size & 0xFF):
                waiting.leave(True)
                return False
            if size < HEADER or (stop < 0 and not _may_be_query(data, start)):
                waiting.leave(False)
                return False
        if stop < 0:
            return self._malformed(stop)
        flags = u16(data, start + 2)
        if flags & QR:
            waiting.counts.drop("reply without request", 1)
            return True
        self._readable = True
        self._id = u16(data, start)
        self._opcode = opcode_of(flags)
        self._question = data[start + HEADER : stop]
        if stop - start > HEADER and u16(data, stop - FIXED) == IXFR:
            self._held = Transfer(AXFR, UNKNOWN_SERIAL)
            walk = self._walk
            if walk is None:
                walk = self._walk = RecordWalk()
            walk.begin(u16(data, start + 8), 0, 0, self._held)
        return True

    def _malformed(self, stop: i64) -> bool:
        waiting = self._waiting
        waiting.counts.drop(why_not(stop, False), 1)
        waiting.nonsense()
        if not waiting.exact:
            self._framing.reset()
            self._searches = True
            return False
        return not waiting.let_go

    def _done(self, ts_ns: i64, end: i64) -> None:
        """A message has ended at `end`."""
        waiting = self._waiting
        if not self._readable:
            return
        self._readable = False
        if self._opcode == DSO and self._id == 0:
            waiting.counts.pushes += 1  # RFC 8490, section 5.4.2: it gets no answer
            return
        question = self._question
        query = waiting.add(self._id, self._opcode, question, self._ack)
        if query is None:
            return
        query.first_ns = self._first_ns
        query.last_ns = ts_ns
        query.seq = self._seq
        query.end = end
        query.size = self._framing.size + PREFIX
        query.flags = self._flags | waiting.base_flags
        type_: i64 = 0
        if len(question) > 0:
            type_ = u16(question, len(question) - FIXED)
        if type_ == AXFR or type_ == IXFR:
            query.transfer = Transfer(
                type_, UNKNOWN_SERIAL if self._held is None else self._held.first
            )

    def gap(self, size: i64) -> None:
        """`size` bytes were sent and never captured."""
        waiting = self._waiting
        waiting.exact = False
        waiting.next_flags = waiting.next_flags | GAP
        framing = self._framing
        if size >= framing.countdown() or not framing.skip(size):
            self._lose("request lost")
            return
        self._flags = self._flags | GAP
        self._held = None
        if not self._readable:
            waiting.counts.drop("request lost", 1)

    def skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        """`size` bytes, the first of them at `seq`, were cut off."""
        waiting = self._waiting
        framing = self._framing
        if not framing.skip(size):
            waiting.exact = False
            waiting.next_flags = waiting.next_flags | TRUNCATED
            self._lose("cut off")
            return
        self._flags = self._flags | TRUNCATED
        self._held = None
        if not self._readable:
            waiting.exact = False
            waiting.counts.drop("cut off", 1)
        if framing.done:
            self._done(ts_ns, (seq + size) & MASK)

    def _lose(self, reason: str) -> None:
        """It is not known where the next message begins."""
        self._waiting.counts.drop(reason, 1)
        self._framing.reset()
        self._searches = True
        self._readable = False
        self._fresh = False

    def retransmitted(self, last: i64) -> None:
        if not self._framing.between and distance(last, self._seq) > 0:
            self._flags = self._flags | RETRANSMISSION


def _is_tls(first: i64, second: i64) -> bool:
    """Whether a connection that begins so speaks TLS: a record's type and version."""
    return second == 3 and 0x14 <= first <= 0x17


def _may_be_query(data: bytes, start: i64) -> bool:
    """Whether a connection's first message, whose head cannot be read, may be DNS at all."""
    return start + HEADER <= len(data) and u16(data, start + 4) <= MOST_QUESTIONS
