"""A protocol in Lua as a mode."""

from collections.abc import Mapping
from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.datagrams import DatagramReader
from tcpkit.flow.stream import StreamOpener
from tcpkit.protocols.lua.datagrams import LuaDatagrams
from tcpkit.protocols.lua.exchange import reply_text
from tcpkit.protocols.lua.opener import LuaOpener
from tcpkit.protocols.message import Exchange, PairingCounts, Recorder
from tcpkit.protocols.protocol import BOTH, TCP_ONLY, UDP_ONLY, Protocol
from tcpkit.script.definition import Definition
from tcpkit.script.driver import Driver
from tcpkit.script.script import Script

_TRANSPORTS: Final = {"tcp": TCP_ONLY, "udp": UDP_ONLY, "both": BOTH}


@final
class LuaProtocol(Protocol):
    """What `tcpkit.protocol` defined, as `definition` says."""

    __slots__ = ("_definition", "_script")

    def __init__(self, script: Script, definition: Definition) -> None:
        super().__init__(definition.name, definition.ports, _TRANSPORTS[definition.transport])
        self._script = script
        self._definition = definition

    def opener(
        self, recorders: Mapping[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> StreamOpener:
        driver = Driver(self._script, self._definition)
        return LuaOpener(driver, dict(recorders), counts, timeout_ns)

    def reader(
        self, recorders: Mapping[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> DatagramReader | None:
        driver = Driver(self._script, self._definition)
        return LuaDatagrams(driver, dict(recorders), counts, timeout_ns)

    def reply_text(self, exchange: Exchange) -> str:
        return reply_text(exchange)
