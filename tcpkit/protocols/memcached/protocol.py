"""Memcached as a mode."""

from collections.abc import Mapping
from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.datagrams import DatagramReader
from tcpkit.flow.stream import StreamOpener
from tcpkit.protocols.memcached.binary_opcode import BINARY_COMMANDS
from tcpkit.protocols.memcached.datagrams import MemcachedDatagrams
from tcpkit.protocols.memcached.opener import MemcachedOpener
from tcpkit.protocols.memcached.reply_text import reply_text
from tcpkit.protocols.memcached.text_words import TEXT_COMMANDS
from tcpkit.protocols.message import Exchange, PairingCounts, Recorder
from tcpkit.protocols.protocol import EITHER, Protocol


@final
class Memcached(Protocol):
    def command_names(self) -> frozenset[str]:
        return TEXT_COMMANDS | BINARY_COMMANDS

    def opener(
        self, recorders: Mapping[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> StreamOpener:
        return MemcachedOpener(dict(recorders), counts, timeout_ns)

    def reader(
        self, recorders: Mapping[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> DatagramReader | None:
        return MemcachedDatagrams(dict(recorders), counts, timeout_ns)

    def reply_text(self, exchange: Exchange) -> str:
        return reply_text(exchange)


PROTOCOL: Final = Memcached("memcached", (11211,), EITHER)
