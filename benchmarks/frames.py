"""Packets made by hand, as records of a pcap file with nanoseconds: fast, and without checksums."""

import struct
from typing import Final

FILE_HEADER: Final = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)
START_S: Final = 1_700_000_000
SERVER: Final = 0x0A00_0001  # 10.0.0.1
LARGEST_PAYLOAD: Final = 65_000  # an IPv4 packet's length has 16 bits

SYN: Final = 0x02
PUSH: Final = 0x18
ACK: Final = 0x10
SYN_ACK: Final = 0x12

_RECORD: Final = struct.Struct("<IIII")
_ETHERNET: Final = bytes.fromhex("020000000001 020000000002 0800")
_IP_AND_TCP: Final = struct.Struct("!14sHHIHHIIHHIIHHI")
_IP_AND_UDP: Final = struct.Struct("!14sHHIHHIIHHHH")
_TCP_HEADERS: Final = 40
_UDP_HEADERS: Final = 28
_DO_NOT_FRAGMENT: Final = 0x4000
_TCP: Final = 0x4006  # TTL 64
_UDP: Final = 0x4011


class Exchanger:
    """A TCP connection to SERVER whose packets all arrive, each in order.

    Times are in nanoseconds since START_S.
    """

    __slots__ = ("_ack", "_client", "_client_port", "_seq", "_server_port")

    def __init__(self, client: int, client_port: int, server_port: int) -> None:
        self._client = client
        self._client_port = client_port
        self._server_port = server_port
        self._seq = 1_000  # of the client's next byte
        self._ack = 5_000  # of the server's next byte

    def handshake(self, time_ns: int) -> bytes:
        """Three packets, 1 us apart."""
        self._seq += 1
        self._ack += 1
        return b"".join(
            (
                self._from_client(time_ns, self._seq - 1, 0, SYN, b""),
                self._from_server(time_ns + 1_000, self._ack - 1, SYN_ACK, b""),
                self.client_ack(time_ns + 2_000),
            )
        )

    def client(self, time_ns: int, payload: bytes) -> bytes:
        packet = self._from_client(time_ns, self._seq, self._ack, PUSH, payload)
        self._seq = (self._seq + len(payload)) & 0xFFFF_FFFF
        return packet

    def server(self, time_ns: int, payload: bytes) -> bytes:
        packet = self._from_server(time_ns, self._ack, PUSH, payload)
        self._ack = (self._ack + len(payload)) & 0xFFFF_FFFF
        return packet

    def client_ack(self, time_ns: int) -> bytes:
        return self._from_client(time_ns, self._seq, self._ack, ACK, b"")

    def server_ack(self, time_ns: int) -> bytes:
        return self._from_server(time_ns, self._ack, ACK, b"")

    def _from_client(self, time_ns: int, seq: int, ack: int, flags: int, payload: bytes) -> bytes:
        ends = (self._client, SERVER, self._client_port, self._server_port)
        return _tcp(time_ns, ends, seq, ack, flags, payload)

    def _from_server(self, time_ns: int, seq: int, flags: int, payload: bytes) -> bytes:
        ends = (SERVER, self._client, self._server_port, self._client_port)
        return _tcp(time_ns, ends, seq, self._seq, flags, payload)


def _tcp(
    time_ns: int,
    ends: tuple[int, int, int, int],
    seq: int,
    ack: int,
    flags: int,
    payload: bytes,
) -> bytes:
    size = _TCP_HEADERS + len(payload)
    header = _IP_AND_TCP.pack(
        *(_ETHERNET, 0x4500, size, _DO_NOT_FRAGMENT, _TCP, 0, *ends),
        *(seq, ack, 0x5000 | flags, 0xFFFF, 0),
    )
    return _record(time_ns, header + payload)


def datagram(time_ns: int, client: int, ports: tuple[int, int], payload: bytes) -> bytes:
    """UDP to SERVER, from and to `ports`."""
    size = _UDP_HEADERS + len(payload)
    header = _IP_AND_UDP.pack(
        *(_ETHERNET, 0x4500, size, _DO_NOT_FRAGMENT, _UDP, 0, client, SERVER, *ports),
        *(size - 20, 0),
    )
    return _record(time_ns, header + payload)


def _record(time_ns: int, frame: bytes) -> bytes:
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    return _RECORD.pack(START_S + seconds, nanoseconds, len(frame), len(frame)) + frame
