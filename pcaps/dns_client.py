"""A DNS client that sends exactly what a maker says: no retry, no cache, no fallback."""

import socket
import struct
import subprocess
from collections.abc import Sequence

import dns.edns
import dns.message
import dns.name

from pcaps.dns_servers import DNS_PORT
from pcaps.lab import SERVER_HOST
from pcaps.tcp_client import ATTEMPT_TIMEOUT_S, TcpConnection

LARGEST = 65535


def query(
    name: "str | dns.name.Name",
    kind: str = "A",
    ident: int = 0,
    *,
    payload: int = 0,
    options: "Sequence[dns.edns.Option]" = (),
    kind_class: str = "IN",
) -> bytes:
    """A question; with `payload`, the size of answers that may come over UDP, by EDNS.

    The letters of the name stay as they are.
    """
    edns = 0 if payload or options else -1
    message = dns.message.make_query(
        name, kind, kind_class, use_edns=edns, payload=payload or 1232, options=[*options], id=ident
    )
    return message.to_wire()


def framed(message: bytes) -> bytes:
    """A message as it stands on a TCP stream.

    >>> framed(b"abc")
    b'\\x00\\x03abc'
    """
    return struct.pack("!H", len(message)) + message


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class UdpClient:
    """One socket; `source_port` 0 leaves the choice to the kernel."""

    def __init__(self, host: str = SERVER_HOST, source_port: int = 0, port: int = DNS_PORT) -> None:
        self.socket = socket.socket(_family(host), socket.SOCK_DGRAM)
        self.socket.settimeout(ATTEMPT_TIMEOUT_S)
        self.socket.bind(("", source_port))
        self.socket.connect((host, port))

    def send(self, message: bytes) -> None:
        self.socket.send(message)

    def reply(self) -> bytes:
        return self.socket.recv(LARGEST)

    def replies(self, count: int) -> list[bytes]:
        return [self.reply() for _ in range(count)]

    def ask(self, message: bytes) -> bytes:
        self.send(message)
        return self.reply()

    def close(self) -> None:
        self.socket.close()


class TcpClient(TcpConnection):
    """One connection; `source_port` 0 leaves the choice to the kernel."""

    def __init__(self, host: str = SERVER_HOST, source_port: int = 0, port: int = DNS_PORT) -> None:
        super().__init__(host, port, source_port)

    def send(self, message: bytes) -> None:
        self.write(framed(message))

    def reply(self) -> bytes:
        """The next message. Raises EOFError when the server has closed the connection."""
        length = self._stream.read(2)
        if len(length) < 2:
            raise EOFError
        return self._stream.read(int.from_bytes(length, "big"))

    def replies(self, count: int) -> list[bytes]:
        return [self.reply() for _ in range(count)]

    def ask(self, message: bytes) -> bytes:
        self.send(message)
        return self.reply()


def run(*command: str, text: str | None = None) -> str:
    """Run a program that asks, on the client's host. Returns what it said.

    Its exit status is not looked at: a query that fails may be what is wanted.
    """
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def dig(*arguments: str, host: str = SERVER_HOST) -> str:
    return run("dig", "+tries=1", "+time=5", f"@{host}", *arguments)


def kdig(*arguments: str, host: str = SERVER_HOST) -> str:
    return run("kdig", "+retry=0", "+timeout=5", f"@{host}", *arguments)
