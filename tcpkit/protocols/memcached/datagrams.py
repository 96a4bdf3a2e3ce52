"""Memcached over UDP: a request's datagram, and those of its reply, by the request id.

A request datagram is known by both ends and the id in its frame. Clients count that id up,
or always send the same: then a reply may belong to an earlier request. So the first pair
of a client is inferred, and so is one whose id was used before. Where the earlier request
still waits for its answer, nothing of that id is reported for REST_NS, unless opaques tell
the two apart. The same datagram sent again is another attempt. Ids are remembered for twice
the time that a reply may take.

What is in a datagram is read by a session of its own: see `udp_asked`.
"""

from collections import OrderedDict
from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.datagrams import CANNOT_TELL, REPLY, REQUEST, DatagramReader, Ends, ends_of
from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.memcached.binary_header import REPLY_MAGIC, REQUEST_MAGIC
from tcpkit.protocols.memcached.binary_session import BinarySession
from tcpkit.protocols.memcached.text_request import begins_command
from tcpkit.protocols.memcached.text_session import TextSession
from tcpkit.protocols.memcached.udp_asked import (
    AGAIN,
    BROKEN,
    GIVEN_UP,
    TIMED_OUT,
    WAITING,
    Asked,
    Tally,
)
from tcpkit.protocols.memcached.udp_client import Client
from tcpkit.protocols.memcached.udp_frame import FRAME_SIZE, count_of, request_id, sequence_of
from tcpkit.protocols.memcached.udp_recorder import UdpRecorder
from tcpkit.protocols.message import PairingCounts, Recorder
from tcpkit.protocols.ordered import INSIDE, OrderedSession
from tcpkit.protocols.pairing import RequestPool
from tcpkit.wire.segment import Datagram

MAX_WAITING: Final = 32768  # requests, with their sessions; about 60 MB
MAX_DONE: Final = 32768  # those that do not wait any more, to know what comes late or twice
MAX_SHARING: Final = 64  # requests of one id that wait, told apart by their opaques
REUSED: Final = "request id reused"


@final
class MemcachedDatagrams(DatagramReader):
    """`recorders` by server port; `timeout_ns` is how long a reply may take."""

    __slots__ = (
        "_recorders", "_counts", "_timeout_ns", "_pool", "_held", "_clients", "_waiting", "_done",
    )  # fmt: skip

    def __init__(
        self, recorders: dict[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> None:
        self._recorders = recorders
        self._counts = counts
        self._timeout_ns = timeout_ns
        self._pool = RequestPool()
        self._held = Tally()
        self._clients: dict[Ends, Client] = {}
        self._waiting: OrderedDict[Asked, bool] = OrderedDict()  # as they came
        self._done: OrderedDict[Asked, bool] = OrderedDict()

    def direction(self, datagram: Datagram) -> i64:
        at = datagram.start + FRAME_SIZE
        if datagram.end <= at:
            return CANNOT_TELL
        first: i64 = datagram.data[at]
        if first == REQUEST_MAGIC or begins_command(datagram.data, at, datagram.end):
            return REQUEST
        return REPLY if first == REPLY_MAGIC else CANNOT_TELL

    def request(self, datagram: Datagram) -> None:
        if datagram.end - datagram.start <= FRAME_SIZE:
            self._counts.not_protocol += 1
            return
        if count_of(datagram.data, datagram.start) != 1:
            self._counts.drop("request in several datagrams", 1)  # the server refuses it
            return
        client = self._client(datagram)
        sharing = client.asked.get(int(request_id(datagram.data, datagram.start)))
        if sharing is None:
            self._ask(client, datagram)
            return
        for asked in sharing:
            if asked.stamp.is_copy(datagram):
                return
        self._ask_again(client, sharing, datagram)

    def _client(self, datagram: Datagram) -> Client:
        key = ends_of(datagram)
        client = self._clients.get(key)
        if client is None:
            ends = Endpoints(key[0], key[1], key[2], key[3], key[4])
            recorder = self._recorders[int(ends.server_port)].of_server(ends)
            client = self._clients[key] = Client(ends, UdpRecorder(recorder))
        return client

    def _ask_again(self, client: Client, sharing: list[Asked], datagram: Datagram) -> None:
        """The client sends with an id that it has used before, for those in `sharing`."""
        for each in sharing:
            if each.state == WAITING and each.stamp.is_same(datagram) and not client.reuses:
                self._counts.retries += 1
                each.asked_again(datagram.last_ns)
                return
        if len(client.asked) == 1 or not sharing[-1].stamp.is_same(datagram):
            client.reuses = True  # else it has missed the answer and asks again
        asked = self._ask(client, datagram)
        asked.doubt_order()
        waiting = [each for each in sharing if each.state == WAITING]
        if _told_apart(asked, waiting):
            client.asked[int(asked.number)] = [*waiting, asked]
        else:
            self._give_up_sharing(client, waiting, datagram.ts_ns)
        for each in sharing:
            if each.state != WAITING:
                self._waiting.pop(each, None)
                self._done.pop(each, None)
        if asked.state == WAITING and client.doubts(asked.number, datagram.ts_ns):
            asked.give_up(REUSED)
            self._file(asked)

    def _give_up_sharing(self, client: Client, waiting: list[Asked], ts_ns: i64) -> None:
        for each in waiting:
            if not each.be_silent(False):
                each.give_up(REUSED)
                client.doubt(each.number, ts_ns)

    def _ask(self, client: Client, datagram: Datagram) -> Asked:
        """A new request."""
        if len(self._waiting) >= MAX_WAITING:
            oldest = next(iter(self._waiting))
            oldest.give_up("too many waiting")
            self._file(oldest)
        asked = self._made(client, datagram)
        client.asked[int(asked.number)] = [asked]
        self._waiting[asked] = True
        if client.sent == 0:
            asked.doubt_order()  # whether its ids tell requests apart is not known yet
        client.sent += 1
        asked.ask(datagram)
        if asked.session.request_state == INSIDE:
            self._counts.drop("unfinished request", 1)  # the server drops it
        if asked.state == WAITING and not asked.session.told_apart():
            asked.give_up("several commands in a datagram")
        self._file(asked)
        self._clients[ends_of(datagram)] = client  # it may have been forgotten meanwhile
        return asked

    def _file(self, asked: Asked) -> None:
        """Keep what waits no more apart, so that it is the first to be forgotten."""
        if asked.state == WAITING:
            return
        self._waiting.pop(asked, None)
        self._done[asked] = True
        if len(self._done) > MAX_DONE:
            self._forget(next(iter(self._done)))

    def _made(self, client: Client, datagram: Datagram) -> Asked:
        recorder = client.recorder
        session: OrderedSession
        if datagram.data[datagram.start + FRAME_SIZE] == REQUEST_MAGIC:
            session = BinarySession(
                client.ends, recorder, self._counts, self._pool, self._timeout_ns, True, True
            )
        else:
            text = TextSession(
                client.ends, recorder, self._counts, self._pool, self._timeout_ns, True, True
            )
            text.may_log_in = False  # not over UDP
            session = text
        self._counts.sessions -= 1  # there is none over UDP
        return Asked(client.ends, client.waiting, self._held, session, recorder, datagram)

    def _forget(self, asked: Asked) -> None:
        self._done.pop(asked, None)
        ends = asked.ends
        key = (ends.a0, ends.a1, ends.a2, ends.a3, ends.ports)
        client = self._clients.get(key)
        if client is not None:
            client.forget(asked)
            if not client.asked:
                self._clients.pop(key, None)

    def reply(self, datagram: Datagram) -> None:
        if datagram.end - datagram.start < FRAME_SIZE:
            self._counts.not_protocol += 1
            return
        data, start = datagram.data, datagram.start
        sequence, count = sequence_of(data, start), count_of(data, start)
        empty = count == 0 and datagram.size == FRAME_SIZE
        if sequence >= count and not empty:
            self._counts.drop("sequence over the count", 1)
            return
        client = self._clients.get(ends_of(datagram))
        asked = None if client is None else client.owner_of(datagram)
        if asked is None:
            if client is not None:
                client.doubt(request_id(data, start), datagram.ts_ns)
            self._count_stray(sequence)
            return
        if asked.state == WAITING and datagram.ts_ns - asked.ts_ns >= self._timeout_ns:
            asked.time_out(datagram.ts_ns)
        if empty:
            if asked.state == WAITING and not asked.answered:
                asked.be_silent(True)  # so the server says that there is nothing to say
        else:
            before = asked.state
            what = asked.take(datagram)
            if what == BROKEN:
                asked.give_up("reply in part")
            elif what == AGAIN and sequence == 0:
                self._count_again(asked, before)
        self._file(asked)

    def _count_stray(self, sequence: i64) -> None:
        if sequence == 0:
            self._counts.drop("reply without request", 1)

    def _count_again(self, asked: Asked, state: i64) -> None:
        """A reply came when none was waited for any more."""
        if state == TIMED_OUT:
            self._counts.late += 1
        elif state != GIVEN_UP and asked.answered:
            self._counts.duplicates += 1
        elif state != GIVEN_UP:
            self._counts.drop("reply without request", 1)  # to what gets none

    def expire(self, now_ns: i64) -> None:
        old: list[Asked] = []
        for asked in self._waiting:
            if now_ns - asked.ts_ns < self._timeout_ns:
                break
            old.append(asked)
        for asked in old:
            asked.time_out(now_ns)
            self._file(asked)
        old = []
        for asked in self._done:
            if now_ns - asked.ts_ns < 2 * self._timeout_ns:
                break
            old.append(asked)
        for asked in old:
            self._forget(asked)

    def finish(self, now_ns: i64) -> None:
        for asked in self._waiting:
            asked.finish(now_ns)
        self._waiting.clear()
        self._done.clear()
        self._clients.clear()


def _told_apart(asked: Asked, waiting: list[Asked]) -> bool:
    """Whether the replies to `asked` and to each of `waiting` say which they are."""
    if len(waiting) >= MAX_SHARING:
        return False
    for each in waiting:
        if not asked.is_told_from(each):
            return False
        each.doubt_order()
    return True
