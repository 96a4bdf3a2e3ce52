"""One Redis connection: what is lost of its two streams, and what that means for the pairs.

Requests are read by `requests`, replies by `replies`, a replica's link by `replica`;
whatever changes the rules is `mode`'s, and how far the order is believed is the base's.
"""

from typing import final

from mypy_extensions import i64

from tcpkit.flow.sequence import distance
from tcpkit.protocols.command_numbers import NOT_KNOWN, CommandNumbers
from tcpkit.protocols.message import GAP, RETRANSMISSION, TRUNCATED
from tcpkit.protocols.pairing import LOST, Request
from tcpkit.protocols.redis.exchange import arguments_of
from tcpkit.protocols.redis.numbered import known_number, learned_number
from tcpkit.protocols.redis.replica import ReplicaSide
from tcpkit.protocols.redis.replies import is_error
from tcpkit.protocols.redis.requests import INSIDE, LET_GO


@final
class RedisSession(ReplicaSide):
    """Reads RESP2, RESP3 and inline commands."""

    __slots__ = ()

    def command_number(self, request: Request, commands: CommandNumbers, replied: bool) -> i64:
        number = known_number(request, commands)
        if number != NOT_KNOWN:
            return number
        replies = self._replies
        served = replied and replies is not None and not is_error(replies.kind)
        return learned_number(arguments_of(request), commands, served)

    def is_error_reply(self) -> bool:
        replies = self._replies
        return replies is not None and is_error(replies.kind)

    def request_gap(self, size: i64, seq: i64) -> None:
        if self._request_state == LET_GO:
            return
        parser = self._parser
        if parser is not None and size < parser.countdown() and parser.skip(size):
            parser.size += size
            parser.flags = parser.flags | GAP
            self._doubt()
            return
        self._miss_requests("request lost", GAP)

    def reply_gap(self, size: i64, seq: i64) -> None:
        if self._request_state == LET_GO:
            return
        replies = self._replies
        if self._replication is not None:
            self._miss_replicated(self._replication, size, GAP, 0)
        elif (
            self.trust != LOST
            and replies is not None
            and replies.begun
            and size < replies.countdown()
        ):
            replies.skip(size)
            replies.size += size
            replies.flags = replies.flags | GAP
            self._doubt()
        else:
            self.unread(size)
            self._miss_replies(GAP)

    def request_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        if self._request_state == LET_GO:
            return
        parser = self._parser
        if parser is not None and self._request_state == INSIDE and parser.skip(size):
            parser.size += size
            parser.flags = parser.flags | TRUNCATED
            if parser.done:
                self._end_parser(parser, ts_ns, self.previous_anchor)
            return
        self._miss_requests("cut off", TRUNCATED)

    def reply_skip(self, size: i64, ts_ns: i64, seq: i64) -> None:
        if self._request_state == LET_GO:
            return
        replies = self._replies
        if self._replication is not None:
            self._miss_replicated(self._replication, size, TRUNCATED, ts_ns)
        elif self.trust == LOST:
            self._in_step = False
            self.unread(size)
        elif replies is not None and replies.begun and replies.skip_to_end(size):
            replies.size += size
            replies.flags = replies.flags | TRUNCATED
            if replies.done:
                replies.last_ns = ts_ns
                self.shares = False
                self._unusual_reply(replies)
                replies.next_message()
        else:
            self.unread(size)
            self._miss_replies(TRUNCATED)

    def _miss_requests(self, reason: str, flags: i64) -> None:
        if self._replication is not None and self._replication.is_answering():
            self._doubt()  # whatever the replica sends changes nothing
            self._break_requests()
            return
        self.owed += 1  # what is missing held a request, or the end of one
        self._unprove()
        self._break_requests()
        self.one_by_one = False
        self.drop_waiting(reason)
        self._mode_made().missed(True)
        self.lose(flags)

    def _miss_replies(self, flags: i64) -> None:
        self._unprove()
        self._multi = None
        self._in_step = False
        self._drop_message()
        self._mode_made().missed(False)
        self.lose(flags)

    def retransmitted(self, from_client: bool, first: i64, last: i64, ts_ns: i64) -> None:
        if not from_client:
            replies = self._replies
            if replies is not None and replies.begun and distance(last, replies.seq) > 0:
                replies.flags = replies.flags | RETRANSMISSION
            return
        request = self.queue.head
        while request is not None and distance(last, request.seq) > 0:
            if distance(request.end, first) > 0:
                request.flags = request.flags | RETRANSMISSION
                request.resent_ns = ts_ns
            request = request.next
        parser = self._parser
        if parser is not None and distance(last, parser.seq) > 0:
            parser.flags = parser.flags | RETRANSMISSION
