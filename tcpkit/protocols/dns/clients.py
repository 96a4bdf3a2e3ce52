"""Who asks whom over UDP: finds the Client of a four-tuple.

There are at most as many as queries: one whose queries are all forgotten is freed.
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.protocols.dns.waiting import CLIENT_SLOTS, MAX_CHAIN, POOL_SIZE, Client
from tcpkit.protocols.message import Recorder
from tcpkit.wire.segment import IPV6_BIT, Datagram

_MASK_32: Final = 0xFFFFFFFF


def mixed(a0: i64, a1: i64, a2: i64, a3: i64, ports: i64) -> i64:
    """A number of 31 bits or more that differs where addresses or ports do, mostly."""
    if ports & IPV6_BIT:
        a0 = a0 ^ (a1 >> 7) ^ (a2 >> 3) ^ (a3 >> 11) ^ a1 ^ a3
    x: i64 = (a0 & _MASK_32) * 0x5851F42D
    y: i64 = ((a0 >> 32) & _MASK_32) * 0x4C957F2D
    z: i64 = (ports & _MASK_32) * 0x5DEECE67
    return (x >> 17) ^ (y >> 19) ^ (z >> 21)


@final
class Clients:
    """`recorders` by server port."""

    __slots__ = ("_recorders", "_slots", "_spare", "_spares", "_last")

    def __init__(self, recorders: dict[int, Recorder]) -> None:
        self._recorders = recorders
        self._slots: list[Client | None] = [None] * CLIENT_SLOTS
        self._spare: Client | None = None
        self._spares: i64 = 0
        self._last: Client | None = None

    def find(self, datagram: Datagram) -> Client | None:
        client = self._last
        if client is not None and _is_of(client, datagram):
            return client
        salt = mixed(datagram.a0, datagram.a1, datagram.a2, datagram.a3, datagram.ports)
        client = self._slots[salt & (CLIENT_SLOTS - 1)]
        while client is not None:
            if _is_of(client, datagram):
                self._last = client
                return client
            client = client.next
        return None

    def add(self, datagram: Datagram) -> Client | None:
        """A client that `find` does not know; None if its chain is too long."""
        a0, a1, a2, a3 = datagram.a0, datagram.a1, datagram.a2, datagram.a3
        ports = datagram.ports
        salt = mixed(a0, a1, a2, a3, ports)
        slot = salt & (CLIENT_SLOTS - 1)
        first = self._slots[slot]
        length: i64 = 0
        other = first
        while other is not None:
            length += 1
            other = other.next
        if length >= MAX_CHAIN:
            return None
        client = self._take(self._recorders[int(ports & 0xFFFF)])
        client.a0 = a0
        client.a1 = a1
        client.a2 = a2
        client.a3 = a3
        client.ports = ports
        if client.recorder.divides:
            client.recorder = client.recorder.of_server(client.ends)
        client.slot = slot
        client.salt = salt
        client.next = first
        self._slots[slot] = client
        self._last = client
        return client

    def free(self, client: Client) -> None:
        """Forget `client`, which has no queries."""
        slot = client.slot
        each = self._slots[slot]
        if each is client:
            self._slots[slot] = client.next
        else:
            while each is not None and each.next is not client:
                each = each.next
            assert each is not None
            each.next = client.next
        client.next = None
        if self._last is client:
            self._last = None
        if self._spares < POOL_SIZE:
            client.next = self._spare
            self._spare = client
            self._spares += 1

    def _take(self, recorder: Recorder) -> Client:
        client = self._spare
        if client is None:
            return Client(recorder)
        self._spare = client.next
        self._spares -= 1
        client.renew(recorder)
        return client


def _is_of(client: Client, datagram: Datagram) -> bool:
    if client.ports != datagram.ports or client.a0 != datagram.a0:
        return False
    if not client.ports & IPV6_BIT:
        return True
    if client.a1 != datagram.a1:
        return False
    return client.a2 == datagram.a2 and client.a3 == datagram.a3
