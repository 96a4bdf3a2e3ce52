"""DNS as a mode: UDP and TCP are always both watched."""

from collections.abc import Mapping
from typing import Final, final

from mypy_extensions import i64

from tcpkit.flow.datagrams import DatagramReader
from tcpkit.flow.stream import StreamOpener
from tcpkit.protocols.dns.datagrams import DnsReader
from tcpkit.protocols.dns.reply_text import reply_text
from tcpkit.protocols.dns.session import DnsOpener
from tcpkit.protocols.dns.words import LISTED
from tcpkit.protocols.message import Exchange, PairingCounts, Recorder
from tcpkit.protocols.protocol import BOTH, Protocol


@final
class Dns(Protocol):
    def command_names(self) -> frozenset[str]:
        return LISTED

    def opener(
        self, recorders: Mapping[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> StreamOpener:
        return DnsOpener(dict(recorders), counts, timeout_ns)

    def reader(
        self, recorders: Mapping[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> DatagramReader | None:
        return DnsReader(dict(recorders), counts, timeout_ns)

    def reply_text(self, exchange: Exchange) -> str:
        return reply_text(exchange)


PROTOCOL: Final = Dns("dns", (53,), BOTH)
