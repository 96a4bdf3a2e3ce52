"""Opens the sessions of a run, and holds what they share."""

from typing import final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.stream import StreamOpener
from tcpkit.protocols.memcached.stream import MemcachedStream
from tcpkit.protocols.message import PairingCounts, Recorder
from tcpkit.protocols.pairing import RequestPool


@final
class MemcachedOpener(StreamOpener):
    """`recorders` by server port; `timeout_ns` is how long a reply may take."""

    __slots__ = ("_counts", "_pool", "_recorders", "_timeout_ns")

    def __init__(
        self, recorders: dict[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> None:
        self._recorders = recorders
        self._counts = counts
        self._timeout_ns = timeout_ns
        self._pool = RequestPool()

    def open(self, ends: Endpoints, client_start: bool, server_start: bool) -> MemcachedStream:
        return MemcachedStream(
            ends,
            self._recorders[int(ends.server_port)].of_server(ends),
            self._counts,
            self._pool,
            self._timeout_ns,
            client_start,
            server_start,
        )
