"""The text and meta protocols: not read yet, such a connection is counted and let go."""

from typing import final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.memcached.reply_reader import ReplyReader
from tcpkit.protocols.memcached.session import MemcachedSession
from tcpkit.protocols.message import PairingCounts, Recorder
from tcpkit.protocols.pairing import RequestPool


def begins_command(data: bytes, start: i64, end: i64) -> bool:
    """Whether a piece of a connection older than the capture begins with a text command."""
    return False


@final
class TextSession(MemcachedSession):
    """Counts a connection that speaks text."""

    __slots__ = ()

    def __init__(
        self,
        ends: Endpoints,
        recorder: Recorder,
        counts: PairingCounts,
        pool: RequestPool,
        timeout_ns: i64,
        client_start: bool,
        server_start: bool,
    ) -> None:
        super().__init__(
            ends, recorder, counts, pool, timeout_ns, client_start, server_start, ReplyReader()
        )

    def read_request(self, data: bytes, pos: i64, end: i64, ts_ns: i64, seq: i64, ack: i64) -> i64:
        self.let_go()
        return end

    def forget_request(self) -> None:
        return
