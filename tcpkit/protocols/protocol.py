"""What a protocol is to the rest of the program: its names, its ports, its readers."""

from collections.abc import Mapping
from typing import Final

from mypy_extensions import i64, mypyc_attr

from tcpkit.flow.datagrams import DatagramReader
from tcpkit.flow.stream import StreamOpener
from tcpkit.protocols.message import Exchange, PairingCounts, Recorder
from tcpkit.protocols.reply_line import LINE_LIMIT
from tcpkit.wire.printable import printable

# Which transports a protocol's servers speak.
TCP_ONLY: Final = 0
EITHER: Final = 1  # TCP, or with -u UDP
BOTH: Final = 2  # always both
UDP_ONLY: Final = 3


@mypyc_attr(allow_interpreted_subclasses=True)
class Protocol:
    """A mode: its name, its usual ports, its transports, and what reads its traffic."""

    __slots__ = ("name", "ports", "transports")

    def __init__(self, name: str, ports: tuple[int, ...], transports: int) -> None:
        self.name = name
        self.ports = ports
        self.transports = transports

    def watches_tcp(self, udp: bool) -> bool:
        """Whether TCP is looked at; `udp` is -u."""
        return self.transports == BOTH or (not udp and self.transports != UDP_ONLY)

    def watches_udp(self, udp: bool) -> bool:
        return self.transports == BOTH or self.transports == UDP_ONLY or udp

    def command_names(self) -> frozenset[str]:
        """The commands that the protocol itself has, as the log names them; not all need be."""
        return frozenset()

    def opener(
        self, recorders: Mapping[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> StreamOpener:
        """Opens a session for each connection; `recorders` by server port."""
        raise NotImplementedError

    def reader(
        self, recorders: Mapping[int, Recorder], counts: PairingCounts, timeout_ns: i64
    ) -> DatagramReader | None:
        """Reads the datagrams; None where there are none to read."""
        return None

    def reply_text(self, exchange: Exchange) -> str:
        """The reply that was kept, on one printable line of LINE_LIMIT characters; or ""."""
        return printable(exchange.reply, LINE_LIMIT)
