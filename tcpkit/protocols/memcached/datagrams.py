"""Memcached over UDP: a request's datagram, and those of its reply, by the request id.

A request datagram is known by both ends and the id in its frame. Clients count that id up,
or always send the same: then a reply may belong to an earlier request. So the first pair
of a client is inferred, and so is one whose id was used before; where the earlier request
still waits for its answer, nothing is reported for REST_NS. The same datagram sent again is another
attempt. Ids are remembered for twice the time that a reply may take.

What is in a datagram is read by a session of its own: see `udp_asked`.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.datagrams import CANNOT_TELL, REPLY, REQUEST, DatagramReader
from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.memcached.binary_header import REPLY_MAGIC, REQUEST_MAGIC
from tcpkit.protocols.memcached.binary_session import BinarySession
from tcpkit.protocols.memcached.session import MemcachedSession
from tcpkit.protocols.memcached.text_session import TextSession, begins_command
from tcpkit.protocols.memcached.udp_asked import (
    AGAIN,
    ANSWERED,
    BROKEN,
    TIMED_OUT,
    WAITING,
    Asked,
    Client,
)
from tcpkit.protocols.memcached.udp_frame import FRAME_SIZE, count_of, request_id, sequence_of
from tcpkit.protocols.memcached.udp_recorder import UdpRecorder
from tcpkit.protocols.message import PairingCounts, Recorder
from tcpkit.protocols.pairing import REST_NS, RequestPool
from tcpkit.wire.segment import Datagram

MAX_REMEMBERED: Final = 32768  # requests, with their sessions; about 60 MB
REUSED: Final = "request id reused"

_Ends = tuple[i64, i64, i64, i64, i64]


@final
class MemcachedDatagrams(DatagramReader):
    """`recorders` by server port; `timeout_ns` is how long a reply may take."""

    __slots__ = ("_recorders", "_counts", "_timeout_ns", "_pool", "_clients", "_remembered")

    def __init__(
        self, recorders: dict[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> None:
        self._recorders = {port: UdpRecorder(each) for port, each in recorders.items()}
        self._counts = counts
        self._timeout_ns = timeout_ns
        self._pool = RequestPool()
        self._clients: dict[_Ends, Client] = {}
        self._remembered: dict[Asked, bool] = {}  # in the order in which they came

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
        before = client.asked.get(int(request_id(datagram.data, datagram.start)))
        if before is None:
            self._ask(client, datagram)
        elif not before.stamp.is_copy(datagram):
            self._ask_again(client, before, datagram)

    def _client(self, datagram: Datagram) -> Client:
        key = _ends_of(datagram)
        client = self._clients.get(key)
        if client is None:
            client = Client(Endpoints(key[0], key[1], key[2], key[3], key[4]))
            self._clients[key] = client
        return client

    def _ask_again(self, client: Client, before: Asked, datagram: Datagram) -> None:
        """The client sends with an id that it has used before."""
        waits = before.state == WAITING
        if waits and before.stamp.is_same(datagram) and not client.reuses:
            self._counts.retries += 1
            before.asked_again()
            return
        if waits and not before.be_silent(False):
            before.give_up(REUSED)
            client.unclear_until_ns = datagram.ts_ns + REST_NS
        if len(client.asked) == 1 or not before.stamp.is_same(datagram):
            client.reuses = True  # else it has missed the answer and asks again
        client.asked.pop(int(before.number), None)
        self._remembered.pop(before, None)
        asked = self._ask(client, datagram)
        asked.doubt_order()
        if datagram.ts_ns < client.unclear_until_ns and asked.state == WAITING:
            asked.give_up(REUSED)

    def _ask(self, client: Client, datagram: Datagram) -> Asked:
        """A new request."""
        if len(self._remembered) >= MAX_REMEMBERED:
            oldest = next(iter(self._remembered))
            if oldest.state == WAITING:
                oldest.give_up("too many waiting")
            self._forget(oldest)
        asked = self._made(client, datagram)
        client.asked[int(asked.number)] = asked
        self._remembered[asked] = True
        if client.requests == 0:
            asked.doubt_order()  # whether its ids tell requests apart is not known yet
        client.requests += 1
        asked.ask(datagram)
        if asked.state == WAITING and not asked.session.told_apart():
            asked.give_up("several commands in a datagram")
        return asked

    def _made(self, client: Client, datagram: Datagram) -> Asked:
        recorder = self._recorders[int(client.ends.server_port)]
        session: MemcachedSession
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
        return Asked(client, session, recorder, datagram, client.waiting)

    def _forget(self, asked: Asked) -> None:
        self._remembered.pop(asked, None)
        client = asked.client
        if client.asked.get(int(asked.number)) is asked:
            client.asked.pop(int(asked.number), None)
        if not client.asked:
            ends = client.ends
            self._clients.pop((ends.a0, ends.a1, ends.a2, ends.a3, ends.ports), None)

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
        client = self._clients.get(_ends_of(datagram))
        asked = None if client is None else client.asked.get(int(request_id(data, start)))
        if asked is None:
            self._count_stray(sequence)
            return
        if empty:
            if asked.state == WAITING and not asked.answered:
                asked.be_silent(True)  # so the server says that there is nothing to say
            return
        before = asked.state
        what = asked.take(datagram)
        if what == BROKEN:
            asked.give_up("reply in part")
        elif what == AGAIN and sequence == 0:
            self._count_again(asked, before)

    def _count_stray(self, sequence: i64) -> None:
        if sequence == 0:
            self._counts.drop("reply without request", 1)

    def _count_again(self, asked: Asked, state: i64) -> None:
        """A reply came when none was waited for any more."""
        if state == TIMED_OUT:
            self._counts.late += 1
        elif asked.answered:
            self._counts.duplicates += 1
        elif state == ANSWERED:
            self._counts.drop("reply without request", 1)  # to what gets none

    def expire(self, now_ns: i64) -> None:
        old: list[Asked] = []
        for asked in self._remembered:
            age_ns = now_ns - asked.ts_ns
            if age_ns < self._timeout_ns:
                break
            if asked.state == WAITING:
                asked.time_out(now_ns)
            if age_ns >= 2 * self._timeout_ns:
                old.append(asked)
        for asked in old:
            self._forget(asked)

    def finish(self, now_ns: i64) -> None:
        for asked in self._remembered:
            if asked.state == WAITING:
                asked.finish(now_ns)
        self._remembered.clear()
        self._clients.clear()


def _ends_of(datagram: Datagram) -> _Ends:
    return datagram.a0, datagram.a1, datagram.a2, datagram.a3, datagram.ports
