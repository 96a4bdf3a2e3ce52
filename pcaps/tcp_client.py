"""One TCP connection that sends exactly what it is told: what the clients share."""

import socket
import struct
from typing import BinaryIO, TypeVar, cast

ATTEMPT_TIMEOUT_S = 20.0  # longer than any maker waits: a hanging one should end

_Self = TypeVar("_Self", bound="TcpConnection")


class TcpConnection:
    """One connection; `source_port` 0 leaves the choice to the kernel."""

    def __init__(self, host: str, port: int, source_port: int = 0) -> None:
        source = ("", source_port) if source_port else None
        self.socket = socket.create_connection((host, port), ATTEMPT_TIMEOUT_S, source)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = cast(BinaryIO, self.socket.makefile("rb"))

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, *data: bytes) -> None:
        """Send bytes as they are, all in one write."""
        self.socket.sendall(b"".join(data))

    def at_end(self) -> bool:
        """Wait for the server to close the connection; False if it says something instead."""
        return not self._stream.read(1)

    def take(self, size: int) -> bytes:
        """As many bytes of what the server sends, whatever they are."""
        return self._stream.read(size)

    def finish_writing(self) -> None:
        """Send FIN, and go on reading."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._close()

    def reset(self) -> None:
        """Close with RST in the place of FIN, and without a word."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close()

    def _close(self) -> None:
        self._stream.close()
        self.socket.close()
