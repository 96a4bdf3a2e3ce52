"""The four-tuple as text."""

import socket
import struct

from tcpkit.flow.endpoints import Endpoints
from tcpkit.wire.segment import IPV6_BIT


def test_ipv4_ends_are_an_address_and_a_port() -> None:
    (pair,) = struct.unpack("!q", socket.inet_aton("223.1.2.3") + socket.inet_aton("192.0.2.255"))
    ends = Endpoints(pair, 0, 0, 0, 65535 << 16 | 6379)
    assert (ends.client, ends.server) == ("223.1.2.3:65535", "192.0.2.255:6379")
    assert (ends.client_port, ends.server_port) == (65535, 6379)


def test_ipv6_ends_stand_in_brackets() -> None:
    both = socket.inet_pton(socket.AF_INET6, "ff02::1") + socket.inet_pton(socket.AF_INET6, "::1")
    a0, a1, a2, a3 = struct.unpack("!qqqq", both)
    ends = Endpoints(a0, a1, a2, a3, IPV6_BIT | 1 << 16 | 6379)
    assert (ends.client, ends.server) == ("[ff02::1]:1", "[::1]:6379")
