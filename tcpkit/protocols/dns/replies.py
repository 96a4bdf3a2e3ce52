"""The server's side of a TCP connection: finds the answers, and whose they are."""

from typing import final

from mypy_extensions import i64

from tcpkit.flow.sequence import MASK, distance
from tcpkit.protocols.dns.framing import PREFIX, Framing
from tcpkit.protocols.dns.message import HEADER, QR, opcode_of, u16, why_not
from tcpkit.protocols.dns.outstanding import Outstanding
from tcpkit.protocols.dns.records import RecordWalk
from tcpkit.protocols.dns.waiting import WAITING, Query, Reply
from tcpkit.protocols.message import GAP, OUT_OF_ORDER, RETRANSMISSION, TRUNCATED
from tcpkit.protocols.reply_line import KEPT_OF_REPLY


@final
class AnswerReader:
    """Takes from `waiting` what is answered. `in_step`: the stream is read from its first byte."""

    __slots__ = (
        "_waiting", "_framing", "_searches", "_first_ns", "_seq", "_flags", "_answers",
        "_rcode", "_readable", "_proven", "_blind", "_walk", "_keeps", "_kept",
    )  # fmt: skip

    def __init__(self, waiting: Outstanding, in_step: bool) -> None:
        self._waiting = waiting
        self._framing = Framing()
        self._searches = not in_step  # where a message begins is not known
        self._first_ns: i64 = 0
        self._seq: i64 = 0
        self._flags: i64 = 0
        self._answers: i64 = 0
        self._rcode: i64 = 0
        self._readable = False  # the message being read has a head
        self._proven = False  # the reply repeats the question
        self._blind = False  # bytes of the message are missing
        self._walk = RecordWalk()
        self._keeps = waiting.client.recorder.keeps_replies
        self._kept = b""  # the beginning of the message

    def read(
        self, data: bytes, start: i64, end: i64, ts_ns: i64, seq: i64, ack: i64, notes: i64
    ) -> None:
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
                self._blind = False
                self._waiting.answering = None
            if notes:
                self._flags = self._flags | OUT_OF_ORDER
            begin = pos
            pos = framing.feed(data, pos, end)
            if framing.has_head:
                in_step = self._head(framing, ack)
                if self._keeps and in_step and framing.stop > 0:
                    self._kept = framing.data[framing.start : framing.stop]
                framing.data = b""  # it may be a part of the file
                if not in_step:
                    return
            elif self._waiting.answering is not None:
                self._walk.feed(data, begin, pos)
                if self._keeps and not self._blind:
                    self._kept += data[begin : min(pos, begin + KEPT_OF_REPLY - len(self._kept))]
            if framing.done:
                self._done(ts_ns)

    def _find(self, data: bytes, start: i64, end: i64) -> bool:
        """Whether the piece begins with the answer to a query that waits."""
        waiting = self._waiting
        head = start + PREFIX
        if end - head > HEADER and u16(data, head + 2) & QR and u16(data, head + 4) == 1:
            query = self._asked(data, head, end)
            if query is not None and u16(data, start) >= HEADER + len(query.question):
                self._searches = False
                self._framing.reset()
                waiting.counts.resyncs += 1
                return True
        waiting.losses += 1
        waiting.counts.drop("lost in step", 1)
        return False

    def _asked(self, data: bytes, start: i64, end: i64) -> Query | None:
        """The query that the message at `start` answers, by its question."""
        waiting = self._waiting
        id_, opcode = u16(data, start), opcode_of(u16(data, start + 2))
        return waiting.table.find(waiting.client, id_, opcode, data, start + HEADER, end)

    def _head(self, framing: Framing, ack: i64) -> bool:
        """Read a message's head; False if nothing more can be read of the piece."""
        data, start, stop = framing.data, framing.start, framing.stop
        waiting = self._waiting
        if stop < 0:
            return self._malformed(stop)
        self._readable = True
        flags = u16(data, start + 2)
        if not flags & QR:
            waiting.counts.drop("request of a server", 1)
            return True
        proven = stop - start > HEADER
        if proven:
            query = self._asked(data, start, stop)
            while query is not None and query.doubtful and query.losses != waiting.losses:
                # Which of those alike was answered by what was missed?
                waiting.drop(query, "reply lost")
                query = self._asked(data, start, stop)
        else:
            id_, opcode = u16(data, start), opcode_of(flags)
            query = waiting.table.find_alone(waiting.client, id_, opcode, WAITING)
        if query is None or distance(ack, query.end) < 0:
            waiting.counts.drop("reply without request", 1)  # or sent before that was received
            if not proven:
                waiting.losses += 1  # it may be the answer to any
            return True
        if query.transfer is not None and query.losses != waiting.losses:
            waiting.drop(query, "reply lost")
            return True
        self._proven = proven or query.reply is not None
        waiting.answering = query
        self._rcode = flags & 0xF
        self._answers = u16(data, start + 6)
        others, additional = u16(data, start + 8), u16(data, start + 10)
        self._walk.begin(self._answers, others, additional, query.transfer)
        return True

    def _malformed(self, stop: i64) -> bool:
        waiting = self._waiting
        waiting.counts.drop(why_not(stop, False), 1)
        waiting.losses += 1
        waiting.nonsense()
        if not waiting.exact:
            self._framing.reset()
            self._searches = True
            return False
        return not waiting.let_go

    def _done(self, ts_ns: i64) -> None:
        """A message has ended."""
        query = self._waiting.answering
        if query is None:
            return
        self._waiting.answering = None
        reply = query.reply
        if reply is None:
            reply = query.reply = Reply()
            reply.first_ns = self._first_ns
            reply.seq = self._seq
            reply.kept = self._kept
        reply.last_ns = ts_ns
        reply.size += self._framing.size + PREFIX
        reply.answers += self._answers
        reply.flags = reply.flags | self._flags
        reply.rcode = self._rcode | (self._walk.extended << 4)
        if self._is_last(query, reply.rcode != 0):
            self._waiting.answered(query, reply, self._proven)

    def _is_last(self, query: Query, failed: bool) -> bool:
        """Whether the message is the last one of the reply."""
        transfer = query.transfer
        if transfer is None:
            return True
        if not failed and not self._walk.whole:  # what its records say is not known
            self._waiting.drop(query, "cut off" if self._blind else "malformed")
            return False
        transfer.message_ended(self._answers, failed)
        if not transfer.ended:
            query.losses = self._waiting.losses
        return transfer.ended

    def gap(self, size: i64) -> None:
        """`size` bytes were sent and never captured."""
        waiting = self._waiting
        waiting.exact = False
        waiting.next_flags = waiting.next_flags | GAP
        framing = self._framing
        if size < framing.countdown() and framing.skip(size):
            self._pass_over(GAP, "reply lost")
        else:
            self._lose("reply lost")

    def skip(self, size: i64, ts_ns: i64) -> None:
        """`size` bytes were cut off."""
        waiting = self._waiting
        framing = self._framing
        if not framing.skip(size):
            waiting.exact = False
            waiting.next_flags = waiting.next_flags | TRUNCATED
            self._lose("cut off")
            return
        self._pass_over(TRUNCATED, "cut off")
        if framing.done:
            self._done(ts_ns)

    def _pass_over(self, flag: i64, reason: str) -> None:
        """Bytes are missing, but it is known where the message ends."""
        self._flags = self._flags | flag
        self._blind = True
        self._walk.broken = True
        if not self._readable:
            waiting = self._waiting
            waiting.exact = False
            waiting.losses += 1
            waiting.counts.drop(reason, 1)

    def _lose(self, reason: str) -> None:
        """It is not known where the next message begins."""
        query = self._waiting.answering
        if query is not None:
            self._waiting.answering = None
            self._waiting.drop(query, reason)
        self._waiting.losses += 1
        self._framing.reset()
        self._searches = True

    def retransmitted(self, last: i64) -> None:
        if not self._framing.between and distance(last, self._seq) > 0:
            self._flags = self._flags | RETRANSMISSION
