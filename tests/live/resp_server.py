"""A server that speaks enough RESP for a test, answers when it is told to, and keeps times.

Times are of the clock that the kernel stamps packets with, in ns since the epoch.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from tests.program import DEADLINE_S

Pause = Callable[[float], None]
SocketMaker = Callable[[int], socket.socket]


@dataclass(frozen=True)
class Served:
    """When one request was received as a whole, and when its reply was given to be sent."""

    received_ns: int
    replying_ns: int


class RespServer:
    """Answers `DELAY ms` after so many milliseconds with +OK, anything else at once.

    `STREAM ms size` gets a bulk string of `size` bytes: its head at once, the rest after
    so many milliseconds.
    """

    def __init__(self, listener: socket.socket) -> None:
        self.address: str = listener.getsockname()[0]
        self.port: int = listener.getsockname()[1]
        self.served: list[Served] = []
        self._listener = listener
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self._stopped = False

    def serve(self) -> None:
        """Until `stop`, a thread for each connection."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._stopped:
                connection.close()
                return
            thread = threading.Thread(target=partial(self._converse, connection))
            self._connections.append(connection)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self._stopped = True
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # its client has gone already
        for thread in self._threads:
            thread.join(DEADLINE_S)
        for connection in self._connections:
            connection.close()
        self._listener.close()

    def _converse(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while words := read_command(stream.readline, stream.read):
                received_ns = time.time_ns()
                self._reply(connection, words, received_ns)

    def _reply(self, connection: socket.socket, words: list[bytes], received_ns: int) -> None:
        if words[0] == b"STREAM":
            size = int(words[2])
            self.served.append(Served(received_ns, time.time_ns()))
            connection.sendall(b"$%d\r\nx" % size)
            time.sleep(int(words[1]) / 1000)
            connection.sendall(b"x" * (size - 1) + b"\r\n")
            return
        if words[0] == b"DELAY":
            time.sleep(int(words[1]) / 1000)
        self.served.append(Served(received_ns, time.time_ns()))
        connection.sendall(b"+OK\r\n")


def read_command(line: Callable[[], bytes], read: Callable[[int], bytes]) -> list[bytes]:
    """The words of a RESP request; empty at the end of the connection."""
    words: list[bytes] = []
    try:
        for _ in range(int(line()[1:])):
            size = int(line()[1:])
            words.append(read(size))
            read(2)
    except (OSError, ValueError):
        return []
    return words


def command_bytes(*words: str | bytes) -> bytes:
    """A RESP request.

    >>> command_bytes("PING")
    b'*1\\r\\n$4\\r\\nPING\\r\\n'
    """
    parts = [word.encode() if isinstance(word, str) else word for word in words]
    head = b"*%d\r\n" % len(parts)
    return head + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


@contextmanager
def resp_server(
    address: str = "127.0.0.1", port: int = 0, make: SocketMaker | None = None
) -> Iterator[RespServer]:
    """A server at `address`; `make` makes its socket of a family, where that matters."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = make(family) if make is not None else socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen()
    server = RespServer(listener)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(DEADLINE_S)


class Client:
    """One connection; `ask` sends a request and takes the whole of its reply."""

    def __init__(self, address: str, port: int, make: SocketMaker | None = None) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = make(family) if make is not None else socket.socket(family)
        self.socket.settimeout(DEADLINE_S)
        self.socket.connect((address, port))
        self._stream = self.socket.makefile("rb")

    @property
    def name(self) -> str:
        """As it stands in the log."""
        host, port = self.socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def send(self, *words: str | bytes) -> None:
        self.socket.sendall(command_bytes(*words))

    def reply(self) -> bytes:
        """One simple or bulk reply."""
        line = self._stream.readline()
        if line.startswith(b"$") and line != b"$-1\r\n":
            line += self._stream.read(int(line[1:]) + 2)
        return line

    def ask(self, *words: str | bytes) -> bytes:
        self.send(*words)
        return self.reply()

    def close(self) -> None:
        self._stream.close()
        self.socket.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
