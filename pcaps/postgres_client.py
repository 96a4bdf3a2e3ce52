"""A PostgreSQL client that sends just what a maker says, message by message."""

import socket
import struct
from typing import TypeAlias

from pcaps.lab import SERVER_HOST
from pcaps.postgres_server import POSTGRES_PORT, USER
from pcaps.tcp_client import ATTEMPT_TIMEOUT_S, TcpConnection

VERSION_3_0 = 196608
CANCEL = 80877102

Message: TypeAlias = tuple[str, bytes]


def message(kind: str, body: bytes = b"") -> bytes:
    """
    >>> message("Q", text("SELECT 1"))
    b'Q\\x00\\x00\\x00\\rSELECT 1\\x00'
    """
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def query(sql: str) -> bytes:
    return message("Q", text(sql))


def parse(sql: str, statement: str = "") -> bytes:
    return message("P", text(statement) + text(sql) + b"\0\0")


def bind(statement: str = "", portal: str = "", values: tuple[str, ...] = ()) -> bytes:
    given = b"".join(struct.pack("!i", len(each.encode())) + each.encode() for each in values)
    body = text(portal) + text(statement) + b"\0\0" + struct.pack("!h", len(values)) + given
    return message("B", body + b"\0\0")


def describe(kind: str, name: str = "") -> bytes:
    """`kind`: S for a statement, P for a portal."""
    return message("D", kind.encode() + text(name))


def execute(portal: str = "", rows: int = 0) -> bytes:
    """At most `rows` rows, 0 for all."""
    return message("E", text(portal) + struct.pack("!i", rows))


def close(kind: str, name: str = "") -> bytes:
    return message("C", kind.encode() + text(name))


def function_call(oid: int, *arguments: bytes) -> bytes:
    given = b"".join(struct.pack("!i", len(each)) + each for each in arguments)
    formats = struct.pack("!hh", 1, 1)  # all are binary
    count = struct.pack("!h", len(arguments))
    return message("F", struct.pack("!i", oid) + formats + count + given + struct.pack("!h", 1))


SYNC = message("S")
FLUSH = message("H")
COPY_DONE = message("c")
TERMINATE = message("X")


class RawClient(TcpConnection):
    """One connection, which has logged in unless `greet` is False."""

    def __init__(self, greet: bool = True, **parameters: str) -> None:
        super().__init__(SERVER_HOST, POSTGRES_PORT)
        self.key = b""  # what a CancelRequest needs
        if greet:
            self.greet(**{"user": USER, **parameters})

    def greet(self, **parameters: str) -> None:
        pairs = b"".join(text(name) + text(value) for name, value in parameters.items())
        body = struct.pack("!i", VERSION_3_0) + pairs + b"\0"
        self.write(struct.pack("!i", len(body) + 4) + body)
        for kind, content in self.until("Z"):
            if kind == "K":
                self.key = content

    def read(self) -> Message:
        """Raises EOFError when the server has closed the connection."""
        header = self._stream.read(5)
        if len(header) < 5:
            raise EOFError
        kind, size = struct.unpack("!ci", header)
        return kind.decode(), self._stream.read(size - 4)

    def until(self, *last: str) -> list[Message]:
        """The messages up to the first of a kind in `last`."""
        found = [self.read()]
        while found[-1][0] not in last:
            found.append(self.read())
        return found

    def call(self, *messages: bytes, last: str = "Z") -> str:
        """Send them and wait for `last`; the kinds of the messages that came."""
        self.write(*messages)
        return "".join(kind for kind, _ in self.until(last))

    def close(self, terminate: bool = True) -> None:
        if terminate:
            self.write(TERMINATE)
        super().close()


def cancel(key: bytes) -> None:
    """Ask on a connection of its own that what runs there ends; nothing is answered."""
    with socket.create_connection((SERVER_HOST, POSTGRES_PORT), ATTEMPT_TIMEOUT_S) as asking:
        asking.sendall(struct.pack("!ii", 8 + len(key), CANCEL) + key)
        asking.recv(1)
