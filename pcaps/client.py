"""A Redis client that does exactly what a maker says: no handshake, no buffering, no pool."""

from typing import TypeAlias

from pcaps.tcp_client import TcpConnection

Argument: TypeAlias = "str | bytes | int"
Reply: TypeAlias = "bool | int | float | bytes | str | list[Reply] | None"


class Failure(str):
    """An error reply, without its `-`."""

    __slots__ = ()


def encode(*arguments: Argument) -> bytes:
    """A command as an array of bulk strings.

    >>> encode("GET", "k")
    b'*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\nk\\r\\n'
    """
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        value = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(value), value))
    return b"".join(parts)


class Client(TcpConnection):
    """One connection."""

    def send(self, *arguments: Argument) -> None:
        self.write(encode(*arguments))

    def call(self, *arguments: Argument) -> Reply:
        """Send a command and wait for the next message, whatever it is."""
        self.send(*arguments)
        return self.reply()

    def replies(self, count: int) -> list[Reply]:
        return [self.reply() for _ in range(count)]

    def reply(self) -> Reply:
        """The next message. Maps and attributes are flat lists; a push is a list.

        Raises EOFError when the server has closed the connection.
        """
        line = self._stream.readline()
        if not line:
            raise EOFError
        kind, text = line[:1], line[1:-2]
        if kind in b"+,(":
            return text.decode()
        if kind == b"-":
            return Failure(text.decode())
        if kind == b":":
            return int(text)
        if kind == b"#":
            return text == b"t"
        if kind == b"_" or text == b"-1":
            return None
        if kind in b"$=!":
            return self._stream.read(int(text) + 2)[:-2]
        if kind in b"*~>":
            return self.replies(int(text))
        if kind in b"%|":
            return self.replies(2 * int(text))
        raise ValueError(f"not a reply: {line!r}")

    def snapshot(self) -> bytes:
        """What a replica is sent: LFs, a length, and as many bytes without an end of line."""
        line = self._stream.readline()
        while line == b"\n":
            line = self._stream.readline()
        return self._stream.read(int(line[1:-2]))
