"""An HTTP client that sends exactly the bytes it is told, and curl on the client's host."""

import subprocess
from typing import Final

from pcaps.http_servers import NGINX_PORT, SERVER_PORT
from pcaps.lab import SERVER_HOST
from pcaps.tcp_client import ATTEMPT_TIMEOUT_S, TcpConnection

NGINX: Final = f"tcp port {NGINX_PORT}"  # what is captured
SERVER: Final = f"tcp port {SERVER_PORT}"


def request(line: str, *fields: str, body: bytes = b"", host: str = "www.example") -> bytes:
    """A request with a Host, other fields, and a body, whose length is told if there is one.

    >>> request("GET /a HTTP/1.1", "Accept: */*")
    b'GET /a HTTP/1.1\\r\\nHost: www.example\\r\\nAccept: */*\\r\\n\\r\\n'
    """
    lines = [line, f"Host: {host}", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def get(path: str) -> bytes:
    return request(f"GET {path} HTTP/1.1")


def curl(*arguments: str, stdin: bytes = b"") -> bytes:
    """What curl prints; it may fail, as some servers make it. No file of the user is read."""
    command = ("curl", "-q", "-s", "--max-time", str(ATTEMPT_TIMEOUT_S), *arguments)
    return subprocess.run(command, input=stdin, capture_output=True, check=False).stdout


class Connection(TcpConnection):
    """One connection."""

    def __init__(self, port: int = NGINX_PORT, host: str = SERVER_HOST) -> None:
        super().__init__(host, port)

    def ask(self, data: bytes) -> bytes:
        """Send a request and wait for its reply, 1xx or other. Returns the status line."""
        self.write(data)
        return self.reply(head=data.startswith(b"HEAD"))

    def reply(self, head: bool = False) -> bytes:
        """Read a reply whose end is known by its header. Returns its status line."""
        status = self._stream.readline()
        size, chunked = 0, False
        while (line := self._stream.readline().lower()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name == b"content-length":
                size = int(value)
            chunked = chunked or (name == b"transfer-encoding" and b"chunked" in value)
        if not head and chunked:
            self._chunks()
        elif not head:
            self._stream.read(size)
        return status.rstrip()

    def _chunks(self) -> None:
        while size := int(self._stream.readline().partition(b";")[0], 16):
            self._stream.read(size + 2)
        while self._stream.readline() not in (b"\r\n", b""):
            pass

    def rest(self) -> bytes:
        """Everything until the server closes."""
        return self._stream.read()
