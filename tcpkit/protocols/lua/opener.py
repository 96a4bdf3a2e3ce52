"""Opens a session for each connection of a protocol in Lua."""

from typing import final

from mypy_extensions import i64

from tcpkit.flow.endpoints import Endpoints
from tcpkit.flow.stream import Stream, StreamOpener
from tcpkit.protocols.lua.session import LuaSession
from tcpkit.protocols.message import PairingCounts, Recorder
from tcpkit.protocols.pairing import RequestPool
from tcpkit.script.driver import Driver


@final
class LuaOpener(StreamOpener):
    __slots__ = ("_counts", "_driver", "_pool", "_recorders", "_timeout_ns")

    def __init__(
        self,
        driver: Driver,
        recorders: dict[int, Recorder],
        counts: PairingCounts,
        timeout_ns: i64,
    ) -> None:
        self._driver = driver
        self._recorders = recorders
        self._counts = counts
        self._pool = RequestPool()
        self._timeout_ns = timeout_ns

    def open(self, ends: Endpoints, client_start: bool, server_start: bool) -> Stream:
        return LuaSession(
            self._driver,
            ends,
            self._recorders[int(ends.server_port)].of_server(ends),
            self._counts,
            self._pool,
            self._timeout_ns,
            client_start,
            server_start,
        )
