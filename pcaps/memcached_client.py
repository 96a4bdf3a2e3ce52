"""A Memcached client that sends exactly what it is told, and the server it talks to.

Text and binary stand side by side: a maker writes bytes, and reads replies until it has
the number that it expects.
"""

import signal
import socket
import struct
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pcaps.lab import CLIENT_HOST, SERVER_HOST, Lab
from pcaps.tcp_client import ATTEMPT_TIMEOUT_S, TcpConnection

PORT: Final = 11211
TCP: Final = f"tcp port {PORT}"
UDP: Final = f"udp port {PORT}"

# Opcodes of the binary protocol.
GET, SET, ADD, REPLACE, DELETE, INCR, DECR, QUIT, FLUSH, GETQ = range(10)
NOOP, VERSION, GETK, GETKQ, APPEND, PREPEND, STAT = range(0x0A, 0x11)
SETQ, ADDQ, REPLACEQ, DELETEQ, INCRQ, DECRQ, QUITQ, FLUSHQ, APPENDQ, PREPENDQ = range(0x11, 0x1B)
VERBOSITY, TOUCH, GAT, GATQ = 0x1B, 0x1C, 0x1D, 0x1E
SASL_LIST, SASL_AUTH, SASL_STEP = 0x20, 0x21, 0x22
GATK, GATKQ = 0x23, 0x24

STORE: Final = struct.Struct("!II")  # flags, expiration time
COUNT: Final = struct.Struct("!QQI")  # delta, initial value, expiration time
TIME: Final = struct.Struct("!I")
_HEADER: Final = struct.Struct("!BBHBBHIIQ")
_LOOK_AGAIN_S: Final = 0.001
_FRAME: Final = struct.Struct("!HHHH")

# First words of lines that do not end a text reply.
_GOES_ON: Final = (b"VALUE", b"STAT", b"ITEM", b"PREFIX", b"key=", b"mg")


@dataclass(frozen=True)
class Packet:
    """A binary reply."""

    opcode: int
    status: int
    opaque: int
    cas: int
    extras: bytes
    key: bytes
    value: bytes


def serve(lab: Lab, *options: str) -> "subprocess.Popen[str]":
    """Start a memcached of one thread on the server's host; it ends with the lab."""
    return lab.serve(
        "memcached", "-u", "root", "-t", "1", "-vv", *options, ready="server listening"
    )


def stop(server: "subprocess.Popen[str]") -> None:
    """Stop all its threads, until it is sent SIGCONT. Raises TimeoutError if one goes on."""
    server.send_signal(signal.SIGSTOP)
    deadline_s = time.monotonic() + ATTEMPT_TIMEOUT_S
    while _states(server.pid) != {"T"}:
        if time.monotonic() > deadline_s:
            raise TimeoutError("the server does not stop")
        time.sleep(_LOOK_AGAIN_S)


def _states(pid: int) -> set[str]:
    tasks = Path(f"/proc/{pid}/task").glob("*/stat")
    return {task.read_text().rpartition(")")[2].split()[0] for task in tasks}


def connect(lab: Lab, host: str = SERVER_HOST, source_port: int = 0) -> "Connection":
    return Connection(host, source_port)


def binary(
    opcode: int,
    key: bytes = b"",
    value: bytes = b"",
    extras: bytes = b"",
    opaque: int = 0,
    cas: int = 0,
) -> bytes:
    """A binary request."""
    size = len(extras) + len(key) + len(value)
    header = _HEADER.pack(0x80, opcode, len(key), len(extras), 0, 0, size, opaque, cas)
    return header + extras + key + value


def framed(number: int, request: bytes, sequence: int = 0, count: int = 1) -> bytes:
    """A request in a datagram of its own."""
    return _FRAME.pack(number, sequence, count, 0) + request


class Connection(TcpConnection):
    """One connection; `source_port` 0 leaves the choice to the kernel."""

    def __init__(self, host: str = SERVER_HOST, source_port: int = 0, port: int = PORT) -> None:
        super().__init__(host, port, source_port)

    def ask(self, *data: bytes) -> bytes:
        """Send text and wait for one reply."""
        self.write(*data)
        return self.reply()

    def reply(self) -> bytes:
        """A whole text reply: a line, or values, statistics and keys with their END.

        Raises EOFError when the server has closed the connection.
        """
        found = b""
        while True:
            line = self._stream.readline()
            if not line:
                raise EOFError
            found += line
            words = line.split()
            word = words[0] if words else b""
            if word in (b"VALUE", b"VA"):
                found += self._stream.read(int(words[3 if word == b"VALUE" else 1]) + 2)
            if not word.startswith(_GOES_ON):
                return found

    def replies(self, count: int) -> list[bytes]:
        return [self.reply() for _ in range(count)]

    def lines(self, count: int) -> list[bytes]:
        return [self._stream.readline() for _ in range(count)]

    def packet(self) -> Packet:
        """A binary reply. Raises EOFError when the server has closed the connection."""
        header = self._stream.read(_HEADER.size)
        if not header:
            raise EOFError
        magic, opcode, key, extras, _, status, size, opaque, cas = _HEADER.unpack(header)
        assert magic == 0x81, header
        body = self._stream.read(size)
        end = extras + key
        return Packet(opcode, status, opaque, cas, body[:extras], body[extras:end], body[end:])

    def packets(self, count: int) -> list[Packet]:
        return [self.packet() for _ in range(count)]

    def packets_to(self, opcode: int) -> list[Packet]:
        """Binary replies up to the first one of this kind that has no key."""
        found = [self.packet()]
        while found[-1].opcode != opcode or found[-1].key:
            found.append(self.packet())
        return found

    def call(self, *request: bytes) -> Packet:
        """Send binary requests and wait for one reply."""
        self.write(*request)
        return self.packet()


class Datagrams:
    """One UDP socket that talks to the server."""

    def __init__(self, host: str = SERVER_HOST, source_port: int = 0, port: int = PORT) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.settimeout(ATTEMPT_TIMEOUT_S)
        if source_port:
            self.socket.bind(("" if family == socket.AF_INET6 else CLIENT_HOST, source_port))
        self.socket.connect((host, port))

    def send(self, number: int, request: bytes) -> None:
        self.socket.send(framed(number, request))

    def ask(self, number: int, request: bytes) -> bytes:
        """Send a request and wait for its reply, put together, without the frames' headers."""
        self.send(number, request)
        return self.reply()

    def reply(self) -> bytes:
        """The datagrams of the next reply, in the order of their numbers."""
        parts: dict[int, bytes] = {}
        while True:
            data = self.socket.recv(65536)
            _, sequence, count, _ = _FRAME.unpack_from(data)
            parts[sequence] = data[_FRAME.size :]
            if len(parts) == count:
                return b"".join(parts[at] for at in range(count))

    def asks(self, requests: Sequence[tuple[int, bytes]]) -> list[bytes]:
        return [self.ask(number, request) for number, request in requests]

    def close(self) -> None:
        self.socket.close()
