"""A request over UDP to a protocol in Lua, that waits."""

from typing import final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.protocols.lua.exchange import describe
from tcpkit.protocols.message import Exchange, Recorder
from tcpkit.protocols.pairing import Request
from tcpkit.wire.segment import Datagram


@final
class Asked:
    """`connection` is Lua's, with the script's table of the request; `hash` that of the payload.

    `words` are command, key and text.
    """

    __slots__ = (
        "ends", "recorder", "request", "words", "connection", "id", "hash", "mark", "attempts",
        "exact",
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
        self.mark: i64 = 0
        self.attempts: i64 = 1
        self.exact = False  # its reply can be no other's, as far as is known

    def is_copy(self, datagram: Datagram, payload_hash: int) -> bool:
        """Whether a datagram is this one, captured a second time."""
        return datagram.mark != 0 and datagram.mark == self.mark and payload_hash == self.hash

    def exchange(self, protocol: str) -> Exchange:
        """Without a reply."""
        request = self.request
        exchange = Exchange()
        exchange.protocol = protocol
        exchange.transport = "udp"
        exchange.client = self.ends.client
        exchange.server = self.ends.server
        exchange.server_port = self.ends.server_port
        describe(self.words, exchange)
        exchange.depth = request.depth
        exchange.flags = request.flags
        exchange.request_first_ns = request.first_ns
        exchange.request_last_ns = request.last_ns
        exchange.request_bytes = request.size
        return exchange
