"""A request over UDP to a protocol in Lua, that waits."""

from typing import final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.lua.exchange import describe
from tcpkit.protocols.message import BLOCKING, Exchange, Recorder
from tcpkit.protocols.pairing import Request
from tcpkit.protocols.request_exchange import exchange_of
from tcpkit.wire.segment import Datagram


@final
class Asked:
    """`connection` is Lua's, with the script's table of the request; `hash` that of the payload.

    `words` are command, key and text.
    """

    __slots__ = (
        "ends", "recorder", "request", "words", "connection", "id", "hash", "replies", "exact",
    )  # fmt: skip

    def __init__(
        self,
        ends: Endpoints,
        recorder: Recorder,
        request: Request,
        words: tuple[bytes, bytes | None, bytes],
        connection: int,
        id_: bytes,
    ) -> None:
        self.ends = ends
        self.recorder = recorder
        self.request = request
        self.words = words
        self.connection = connection
        self.id = id_
        self.hash = 0
        self.replies: i64 = 1  # datagrams that answer it
        self.exact = False  # its reply can be no other's, as far as is known

    def is_same(self, datagram: Datagram, payload_hash: int) -> bool:
        """Whether a datagram of this client says the same."""
        return payload_hash == self.hash and datagram.size == self.request.size

    def is_over(self, now_ns: i64, timeout_ns: i64) -> bool:
        """Whether it has waited too long."""
        blocking = self.request.flags & BLOCKING != 0
        return not blocking and now_ns - self.request.last_ns >= timeout_ns

    def exchange(self, protocol: str) -> Exchange:
        """Without a reply."""
        exchange = exchange_of(self.request, self.ends, protocol)
        exchange.transport = "udp"
        describe(self.words, exchange)
        return exchange
