"""An end that sends datagrams to one server."""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.memcached.binary_header import HEADER_SIZE, REPLY_MAGIC, tag_of
from tcpkit.protocols.memcached.udp_asked import Asked, Tally
from tcpkit.protocols.memcached.udp_frame import FRAME_SIZE, request_id, sequence_of
from tcpkit.protocols.memcached.udp_recorder import UdpRecorder
from tcpkit.protocols.pairing import REST_NS
from tcpkit.wire.segment import Datagram

MAX_DOUBTED: Final = 1024  # ids of one client


@final
class Client:
    """The requests of an end, by their ids.

    Those that share an id are told apart by what their replies repeat. `sent` requests
    came in all. `reuses`: one came with an id that had been used before.
    """

    __slots__ = ("ends", "recorder", "asked", "waiting", "sent", "reuses", "_unclear")

    def __init__(self, ends: Endpoints, recorder: UdpRecorder) -> None:
        self.ends = ends
        self.recorder = recorder
        self.asked: dict[int, list[Asked]] = {}
        self.waiting = Tally()
        self.sent: i64 = 0
        self.reuses = False
        self._unclear: dict[int, i64] = {}

    def doubt(self, number: i64, ts_ns: i64) -> None:
        """What is outstanding under the id `number` is not known, until it has rested."""
        if len(self._unclear) >= MAX_DOUBTED:
            self._unclear.clear()
        self._unclear[int(number)] = ts_ns + REST_NS

    def doubts(self, number: i64, ts_ns: i64) -> bool:
        until_ns = self._unclear.get(int(number))
        return until_ns is not None and ts_ns < until_ns

    def forget(self, asked: Asked) -> None:
        sharing = self.asked.get(int(asked.number))
        if sharing is not None and asked in sharing:
            sharing.remove(asked)
            if not sharing:
                self.asked.pop(int(asked.number), None)

    def owner_of(self, datagram: Datagram) -> Asked | None:
        """The request that a datagram of a reply belongs to, as far as ids and tags tell."""
        data, start = datagram.data, datagram.start
        sharing = self.asked.get(int(request_id(data, start)))
        if sharing is None or len(sharing) == 1:
            return None if sharing is None else sharing[0]
        at = start + FRAME_SIZE
        if sequence_of(data, start) > 0:
            for asked in sharing:
                if asked.partly_answered:
                    return asked
            return None
        if datagram.end - at < HEADER_SIZE or data[at] != REPLY_MAGIC:
            return None
        tag = tag_of(data, at)
        for asked in sharing:
            if asked.waits_for(tag):
                return asked
        return None
