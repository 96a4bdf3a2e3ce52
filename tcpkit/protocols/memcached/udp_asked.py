"""A request datagram, and what has come of the replies to it.

The commands in it and their replies are a conversation of their own, which a session
reads. The server numbers the datagrams of each answer from 0. memcached 1.6 begins a new
answer with each reply, and even with each value of a `get` with several keys; 1.4 puts all
of them into one. So how many answers come is told by what is in them.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.stream import END_CAPTURE, END_FIN
from tcpkit.protocols.memcached.binary_session import BinarySession
from tcpkit.protocols.memcached.udp_frame import FRAME_SIZE, count_of, request_id, sequence_of
from tcpkit.protocols.memcached.udp_recorder import UdpRecorder
from tcpkit.protocols.memcached.udp_stamp import Stamp, digest_of
from tcpkit.protocols.message import OUT_OF_ORDER, RETRANSMISSION
from tcpkit.protocols.ordered import OrderedSession
from tcpkit.protocols.pairing import EXACT, INFERRED, LOST
from tcpkit.wire.segment import Datagram

PARTS_HELD: Final = 64  # datagrams that wait for an earlier one of the same answer ...
HELD_BYTES: Final = 16 << 20  # ... and of all answers together
STAMPS_KEPT: Final = 1024  # an item of 1 MB, the server's default limit, takes 755 datagrams

# how far it is: `state`
WAITING: Final = 0
ANSWERED: Final = 1
GIVEN_UP: Final = 2  # not reported: it is counted
TIMED_OUT: Final = 3

# what became of a datagram of a reply
TAKEN: Final = 0
COPY: Final = 1  # captured once more
AGAIN: Final = 2  # a second answer
BROKEN: Final = 3  # it does not fit to what came before


@final
class Part:
    """A datagram of an answer that waits for an earlier one."""

    __slots__ = ("payload", "missing", "first_ns", "last_ns")

    def __init__(self, datagram: Datagram) -> None:
        self.payload = datagram.data[datagram.start + FRAME_SIZE : datagram.end]
        self.missing = datagram.size - (datagram.end - datagram.start)
        self.first_ns = datagram.first_ns
        self.last_ns = datagram.last_ns


@final
class Tally:
    """A count that several share."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count: i64 = 0


@final
class Asked:
    """`session` reads the commands and the replies; `stamp` knows the datagram again.

    `waiting` counts the client's requests that wait, `held` the bytes of all parts that do.
    """

    __slots__ = (
        "ends", "session", "recorder", "stamp", "ts_ns", "number", "state", "_first_ns",
        "_depth", "_waiting", "_size", "_count", "_next", "_held", "_held_bytes", "_stamps",
        "_parts", "_flags", "_answers", "_read",
    )  # fmt: skip

    def __init__(
        self,
        ends: Endpoints,
        waiting: Tally,
        held: Tally,
        session: OrderedSession,
        recorder: UdpRecorder,
        datagram: Datagram,
    ) -> None:
        self.ends = ends
        self.session = session
        session.lossy = True
        session.refresh()
        self.recorder = recorder
        self.stamp = Stamp(datagram)
        self.ts_ns: i64 = datagram.ts_ns
        self.number: i64 = request_id(datagram.data, datagram.start)
        self.state: i64 = WAITING
        self._first_ns: i64 = datagram.first_ns
        self._waiting = waiting
        self._held_bytes = held
        self._depth: i64 = waiting.count
        waiting.count += 1
        self._size: i64 = datagram.size - FRAME_SIZE
        self._count: i64 = 0  # datagrams of the answer that is being read
        self._next: i64 = 0  # the one to be read next
        self._held: dict[int, Part] = {}
        self._stamps: dict[int, Stamp] = {}  # of datagrams of replies, by digest
        self._parts: i64 = 0  # datagrams of the reply that is being read
        self._flags: i64 = 0
        self._answers: i64 = 0
        self._read: i64 = 0  # bytes of replies

    def ask(self, datagram: Datagram) -> None:
        """Let the session read the commands."""
        self._tell_recorder()
        session = self.session
        begin = datagram.start + FRAME_SIZE
        kept = datagram.end - begin
        session.request_data(datagram.data, begin, datagram.end, datagram.last_ns, 0, 0)
        if kept < self._size:
            session.request_skip(self._size - kept, datagram.last_ns, kept)
        self._look()

    def asked_again(self, ts_ns: i64) -> None:
        """The client has sent the same once more: which of them is answered is not known."""
        self.doubt_order()
        request = self.session.queue.head
        while request is not None:
            request.flags = request.flags | RETRANSMISSION
            request.resent_ns = ts_ns
            request = request.next

    def is_told_from(self, other: "Asked") -> bool:
        """Whether each reply says which of the two it belongs to."""
        ours, theirs = self.session, other.session
        if not (isinstance(ours, BinarySession) and isinstance(theirs, BinarySession)):
            return False
        request = ours.queue.head
        while request is not None:
            if other.waits_for(request.tag):
                return False
            request = request.next
        return True

    def waits_for(self, tag: i64) -> bool:
        """Whether a request that waits has this tag, in the binary protocol."""
        request = self.session.queue.head
        while request is not None:
            if request.tag == tag:
                return self.state == WAITING
            request = request.next
        return False

    def doubt_order(self) -> None:
        """What comes is likely to be the answer, not proven."""
        if self.session.trust == EXACT:
            self.session.trust = INFERRED
            self.session.refresh()

    def take(self, datagram: Datagram) -> i64:
        """Read a datagram of a reply: TAKEN, COPY, AGAIN, or BROKEN and then nothing more."""
        digest = digest_of(datagram)
        known = self._stamps.get(digest)
        if known is not None and known.is_copy(datagram):
            return COPY
        sequence = sequence_of(datagram.data, datagram.start)
        count = count_of(datagram.data, datagram.start)
        if self.state != WAITING:
            return AGAIN
        if self._next == self._count:
            self._begin_answer(count)
        elif sequence < self._next or int(sequence) in self._held:
            return BROKEN if known is None else AGAIN
        room = len(self._held) < PARTS_HELD and self._held_bytes.count < HELD_BYTES
        if count != self._count or not room:
            return BROKEN
        if len(self._stamps) < STAMPS_KEPT:
            self._stamps[digest] = Stamp(datagram)
        if sequence == self._next:
            self._read_part(Part(datagram))
            self._read_held()
        else:
            self._flags = self._flags | OUT_OF_ORDER
            self._hold(int(sequence), Part(datagram))
        return TAKEN

    def _begin_answer(self, count: i64) -> None:
        self._count = count
        self._next = 0
        self._answers += 1
        several = self.session.queue.size > 1 and count > 1
        if several or (self._answers > 1 and self.session.replies.begun):
            self.doubt_order()  # of two answers the end of one and the begin of the next may miss

    def _hold(self, sequence: int, part: Part) -> None:
        self._held[sequence] = part
        self._held_bytes.count += len(part.payload)

    def _read_held(self) -> None:
        while self._held and self.state == WAITING:
            part = self._held.pop(int(self._next), None)
            if part is None:
                return
            self._held_bytes.count -= len(part.payload)
            self._read_part(part)

    def _read_part(self, part: Part) -> None:
        session = self.session
        self._next += 1
        if not session.replies.begun:
            self._parts = 0
        self._parts += 1
        self._tell_recorder()
        self.recorder.reply_last_ns = part.last_ns
        size = len(part.payload)
        session.reply_data(part.payload, 0, size, part.first_ns, self._read, self._size)
        self._read += size
        if part.missing > 0 and session.trust != LOST:
            session.reply_skip(part.missing, part.last_ns, self._read)
            self._read += part.missing
        self._look()

    def _tell_recorder(self) -> None:
        recorder = self.recorder
        recorder.request_first_ns = self._first_ns
        recorder.depth = self._depth
        recorder.reply_parts = self._parts
        recorder.reply_flags = self._flags

    def _look(self) -> None:
        """Bring `state` up to date."""
        session = self.session
        if session.queue.size == 0:
            self._end(ANSWERED)
        elif session.trust == LOST:
            self.give_up("lost in step")

    @property
    def answered(self) -> bool:
        return self._answers > 0

    @property
    def partly_answered(self) -> bool:
        """Whether more of an answer, or of a reply, has to come."""
        return self._next < self._count or self.session.replies.begun

    def give_up(self, reason: str) -> None:
        """What waits is not reported, because of `reason`."""
        self.session.drop_waiting(reason)
        self._end(GIVEN_UP)

    def be_silent(self, proven: bool) -> bool:
        """Report what is quiet as silent; False if there is more than that."""
        queue = self.session.queue
        if self.partly_answered or queue.size > queue.optional:
            return False
        self._tell_recorder()
        while queue.head is not None:
            exact = proven and queue.size == 1 and self.session.trust == EXACT
            self.session.be_silent(queue.pop(), exact)
        self._end(ANSWERED)
        return True

    def time_out(self, now_ns: i64) -> None:
        """Report what got no answer."""
        if self.partly_answered:
            self.give_up("reply in part")
            return
        self._tell_recorder()
        self.doubt_order()  # a reply that was not captured looks the same
        self.session.expire(now_ns)
        self.session.finish(END_FIN, now_ns)
        self._end(TIMED_OUT)

    def _end(self, state: i64) -> None:
        self.state = state
        self._waiting.count -= 1
        for part in self._held.values():
            self._held_bytes.count -= len(part.payload)
        self._held.clear()

    def finish(self, now_ns: i64) -> None:
        """The capture has ended.

        A quiet request is silent then: over UDP there are no bytes to come before its reply.
        """
        if self.partly_answered:
            self.give_up("reply in part")
            return
        self._tell_recorder()
        self.session.end_quiet()
        self.session.finish(END_CAPTURE, now_ns)
