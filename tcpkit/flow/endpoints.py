"""Who talks to whom: the two ends of a conversation, client first."""

import sys

from mypy_extensions import i64

from tcpkit.wire.address import endpoint_text, ipv4_text, ipv6_text
from tcpkit.wire.segment import IPV6_BIT

_MASK_32 = 0xFFFFFFFF


class Endpoints:
    """The four-tuple, from the client's side. Text is made when it is asked for."""

    __slots__ = ("a0", "a1", "a2", "a3", "ports", "_client", "_server")

    def __init__(self, a0: i64, a1: i64, a2: i64, a3: i64, ports: i64) -> None:
        self.a0 = a0
        self.a1 = a1
        self.a2 = a2
        self.a3 = a3
        self.ports = ports
        self._client = ""
        self._server = ""

    @property
    def client_port(self) -> i64:
        return (self.ports >> 16) & 0xFFFF

    @property
    def server_port(self) -> i64:
        return self.ports & 0xFFFF

    @property
    def client(self) -> str:
        """`10.0.0.1:53499`, `[2001:db8::1]:53499`."""
        if not self._client:
            self._client = endpoint_text(self.address(True), self.client_port)
        return self._client

    @property
    def server(self) -> str:
        if not self._server:
            # many connections, few servers: one text for all
            self._server = sys.intern(endpoint_text(self.address(False), self.server_port))
        return self._server

    def address(self, of_client: bool) -> str:
        if self.ports & IPV6_BIT:
            return ipv6_text(self.a0, self.a1) if of_client else ipv6_text(self.a2, self.a3)
        return ipv4_text((self.a0 >> 32) & _MASK_32 if of_client else self.a0 & _MASK_32)
