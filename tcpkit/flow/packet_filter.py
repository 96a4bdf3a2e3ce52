"""Which packets raw mode shows: by port and address of either end."""

from collections.abc import Sequence
from typing import final

from mypy_extensions import i64


@final
class PacketFilter:
    """A packet belongs when one of its ends has a port of `ports` and an address of `servers`.

    Where one of the two is empty it allows everything. Addresses are texts, in their
    normal form.
    """

    __slots__ = ("_all", "_any_port", "_servers", "_watched")

    def __init__(self, ports: Sequence[int], servers: Sequence[str]) -> None:
        watched = bytearray(65536)
        for port in ports:
            watched[port] = 1
        self._watched = bytes(watched)
        self._any_port = not ports
        self._servers = frozenset(server.encode() for server in servers)
        self._all = not ports and not servers

    def belongs(self, source: bytes, destination: bytes, ports: i64) -> bool:
        """`ports` as in a Segment."""
        if self._all:
            return True
        return self._is_server(source, (ports >> 16) & 0xFFFF) or self._is_server(
            destination, ports & 0xFFFF
        )

    def is_request(self, destination: bytes, ports: i64) -> bool:
        """Whether the packet goes to a watched server port; never where no port was named."""
        return not self._any_port and self._is_server(destination, ports & 0xFFFF)

    def _is_server(self, address: bytes, port: i64) -> bool:
        if not (self._any_port or self._watched[port]):
            return False
        return not self._servers or address in self._servers
