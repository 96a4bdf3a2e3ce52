"""A replica's link: from the answer to PSYNC on nothing that the server sends is a reply."""

from typing import Final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.flow.sequence import SIGN
from tcpkit.protocols.message import GAP, OUT_OF_ORDER, TRUNCATED
from tcpkit.protocols.pairing import EXACT, INFERRED, LOST
from tcpkit.protocols.redis.mode import REPLICATES
from tcpkit.protocols.redis.replication import HEADER, STATUS, ReplicationStream
from tcpkit.protocols.redis.replies import ReplySide
from tcpkit.protocols.redis.reply import HEAD_BYTES, ReplyScanner

_LF: Final = 10
_BULK: Final = 36
_SIMPLE: Final = 43
_ERROR: Final = 45


class ReplicaSide(ReplySide):
    """Follows a connection that becomes a replica's link."""

    __slots__ = ()

    def _begins_replication(self, replies: ReplyScanner, data: bytes, pos: i64) -> bool:
        """Whether the byte at `pos` begins the answer to a PSYNC or SYNC, or stands before it.

        An error is read like any reply. Raises ProtocolError at what neither can be.
        """
        request = self.queue.head
        char: i64 = data[pos]
        if request is None or request.kind != REPLICATES or char == _ERROR:
            return False
        if char == _LF:
            return True
        if (replies.ack - request.end) & SIGN or char not in (_SIMPLE, _BULK):
            raise ProtocolError("this answers no PSYNC")
        self._replication = ReplicationStream(
            STATUS if char == _SIMPLE else HEADER, self.scanners.requests
        )
        replies.begun = True
        replies.kind = char
        self._mode_made().replicating = self._intercepts = True
        return True

    def _replicate(
        self, replies: ReplyScanner, data: bytes, pos: i64, end: i64, ts_ns: i64
    ) -> None:
        """Read on in the answer to PSYNC, and in the commands behind it."""
        stream = self._replication
        assert stream is not None
        if stream.is_answering():
            if self.notes:
                replies.flags = replies.flags | OUT_OF_ORDER
            try:
                stop = stream.answer(data, pos, end)
            except ProtocolError:
                self._replication = None
                self._mode_made().replicating = False
                raise
            if replies.keep_head and len(replies.head) == replies.size:  # nothing was missed
                room = HEAD_BYTES - len(replies.head)
                replies.head += data[pos : min(stop, pos + room)]
            replies.size += stop - pos
            pos = stop
            if stream.is_answering():
                return
            replies.last_ns = ts_ns
            self._synchronized(replies, stream)
        self.counts.pushes += stream.commands(data, pos, end)

    def _synchronized(self, replies: ReplyScanner, stream: ReplicationStream) -> None:
        """The answer to PSYNC is complete: nothing that follows is a reply."""
        if stream.error:
            replies.kind = _ERROR
            replies.head = stream.error
        request = self.queue.head
        if request is not None and request.kind == REPLICATES and self.trust > LOST:
            self._settle(request, replies)
        replies.reset()

    def _miss_replicated(
        self, stream: ReplicationStream, size: i64, flags: i64, ts_ns: i64
    ) -> None:
        """Bytes are missing behind the begin of an answer to PSYNC."""
        replies = self._replies
        if replies is None or not stream.is_answering():
            stream.lose()
        elif stream.skip(size) or (flags & TRUNCATED and stream.skip_to_end(size)):
            replies.size += size
            replies.flags = replies.flags | flags
            if flags & GAP:
                self._doubt()
            if not stream.is_answering():
                replies.last_ns = ts_ns
                self._synchronized(replies, stream)
        else:
            stream.lose()
            self._drop_message()
            self.lose(flags)
            self.drop_waiting("lost in step")

    def _doubt(self) -> None:
        """Bytes of a value are missing: the order holds, but it is not proven any more."""
        self._unprove()
        if self.trust == EXACT:
            self.trust = INFERRED

    def _unprove(self) -> None:
        if self._proof is not None:
            self._proof.forget()

    def finish(self, end: i64, ts_ns: i64) -> None:
        stream = self._replication
        if stream is not None and stream.is_answering() and stream.unsure:
            self.lose(GAP)  # the snapshot may have ended among the bytes that are missing
        super().finish(end, ts_ns)
