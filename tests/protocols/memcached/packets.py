"""Binary messages and whole captures of memcached, for the tests."""

import struct
from collections.abc import Iterable

from tests.build import Conversation, Packet
from tests.protocols.capture import Capture

HEADER = struct.Struct("!BBHBBHIIQ")
PORT = 11211

GET, SET, ADD, DELETE, INCR, QUIT, GETQ, NOOP, GETK, GETKQ = 0, 1, 2, 4, 5, 7, 9, 10, 12, 13
STAT, SETQ, DELETEQ, QUITQ = 0x10, 0x11, 0x14, 0x17

EXTRAS = {SET: bytes(8), ADD: bytes(8), SETQ: bytes(8), INCR: bytes(7) + b"\x01" + bytes(12)}


def ask(opcode: int, key: bytes = b"", value: bytes = b"", opaque: int = 0) -> bytes:
    """A request, with the extras that its opcode needs."""
    extras = EXTRAS.get(opcode, b"")
    size = len(extras) + len(key) + len(value)
    header = HEADER.pack(0x80, opcode, len(key), len(extras), 0, 0, size, opaque, 0)
    return header + extras + key + value


def answer(
    opcode: int, value: bytes = b"", opaque: int = 0, status: int = 0, key: bytes = b""
) -> bytes:
    extras = bytes(4) if opcode in (GET, GETQ, GETK, GETKQ) and status == 0 else b""
    size = len(extras) + len(key) + len(value)
    header = HEADER.pack(0x81, opcode, len(key), len(extras), 0, status, size, opaque, 7)
    return header + extras + key + value


def miss(opcode: int, opaque: int = 0) -> bytes:
    return answer(opcode, b"Not found", opaque, status=1)


def memcached(mss: int = 1448) -> Conversation:
    return Conversation(server=f"10.0.0.2:{PORT}", mss=mss).handshake()


def run(packets: Iterable[Packet], timeout_s: int = 10) -> Capture:
    """What has been read so far; the capture may go on."""
    return Capture("memcached", (PORT,), timeout_s).feed(packets)


def capture(packets: Iterable[Packet]) -> Capture:
    return run(packets).finish()
