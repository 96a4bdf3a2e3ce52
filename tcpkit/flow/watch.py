"""Which end of a packet is a watched server: by SYN, addresses, ports, own addresses."""

from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import i64

from tcpkit.wire.segment import ACK, IPV6_BIT, SYN

DESTINATION: Final = 1  # the destination is the server
SOURCE: Final = 2
NEITHER: Final = 0
AMBIGUOUS: Final = 3  # both ends could be

_MASK_32: Final = 0xFFFFFFFF


def _packed(text: str) -> bytes:
    """A numeric address as 4 or 16 bytes."""
    import socket  # takes 4 ms, and is seldom needed

    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    return socket.inet_pton(family, text)


@final
class Watch:
    """The servers to watch: `ports` in the order of -p, `servers` and own addresses as text."""

    __slots__ = ("_rank", "_is_port", "_servers", "_local")

    def __init__(self, ports: Sequence[int], servers: Sequence[str], local: Sequence[str]) -> None:
        table = bytearray(65536)
        self._rank: dict[int, int] = {}
        for rank, port in enumerate(ports):
            table[port] = 1
            self._rank.setdefault(port, rank)
        self._is_port = bytes(table)
        self._servers = frozenset(_packed(text) for text in servers)
        self._local = frozenset(_packed(text) for text in local)

    def server_end(self, a0: i64, a1: i64, a2: i64, a3: i64, ports: i64, flags: i64) -> i64:
        """DESTINATION, SOURCE, NEITHER or AMBIGUOUS; `flags` are TCP's, 0 for UDP."""
        sport: i64 = (ports >> 16) & 0xFFFF
        dport: i64 = ports & 0xFFFF
        to_port = self._is_port[dport] != 0
        from_port = self._is_port[sport] != 0
        if not to_port and not from_port:
            return NEITHER
        source, destination = b"", b""
        if self._servers or (to_port and from_port):
            source, destination = _addresses(a0, a1, a2, a3, ports)
        if self._servers:
            to_port = to_port and destination in self._servers
            from_port = from_port and source in self._servers
        if flags & SYN:
            if flags & ACK:
                return SOURCE if from_port else NEITHER
            return DESTINATION if to_port else NEITHER
        if to_port != from_port:
            return DESTINATION if to_port else SOURCE
        if not to_port:
            return NEITHER
        return self._by_rank(sport, dport, source, destination)

    def watches_both(self, ports: i64) -> bool:
        """Whether nothing but the ports tells the server, and both ends have a watched one."""
        if self._servers:
            return False
        return self._is_port[(ports >> 16) & 0xFFFF] != 0 and self._is_port[ports & 0xFFFF] != 0

    def _by_rank(self, sport: i64, dport: i64, source: bytes, destination: bytes) -> i64:
        if sport != dport:
            return DESTINATION if self._rank[int(dport)] < self._rank[int(sport)] else SOURCE
        to_local = destination in self._local
        from_local = source in self._local
        if to_local != from_local:
            return DESTINATION if to_local else SOURCE
        return AMBIGUOUS


def _addresses(a0: i64, a1: i64, a2: i64, a3: i64, ports: i64) -> tuple[bytes, bytes]:
    if ports & IPV6_BIT:
        return _eight(a0) + _eight(a1), _eight(a2) + _eight(a3)
    pair = _eight(a0)
    return pair[:4], pair[4:]


def _eight(value: i64) -> bytes:
    return (int(value) & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")
