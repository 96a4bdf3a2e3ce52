"""The stats port: whoever connects gets one line of JSON and the connection ends.

It shares the event loop with the capture, so nothing here waits: each connection has
a deadline, their number is bounded, and what clients send is thrown away.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

import orjson

from tcpkit.errors import TcpkitError
from tcpkit.wire.address import endpoint_text

MAX_CONNECTIONS: Final = 256  # more than any monitoring asks at once; a bound on memory
DEADLINE_S: Final = 2.0  # for a client to take its line and to close
MAX_DISCARDED: Final = 65536  # bytes; a client that sends more is not read any more
SNAPSHOT_LIFE_S: Final = 0.01  # a flood of clients costs 100 snapshots a second at most
DIVIDED_LIFE_S: Final = 0.2  # or 5, where each has hundreds of commands and servers

Snapshot = Callable[[], Sequence[Mapping[str, object]]]


class StatsCounts:
    """What became of the connections."""

    __slots__ = ("connections", "lost", "overdue", "refused", "served")

    def __init__(self) -> None:
        self.connections = 0
        self.served = 0  # the kernel took the whole line
        self.lost = 0  # ended before it did
        self.overdue = 0  # those of `lost` that had not made room for it by the deadline
        self.refused = 0  # came while MAX_CONNECTIONS were open


class StatsServer:
    """Serves what `snapshot` returns, as one line of JSON that is at most `life_s` old.

    `snapshot` is called in the event loop. `deadline_s` and `max_connections` are there
    for tests; the defaults suit a server.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        deadline_s: float = DEADLINE_S,
        max_connections: int = MAX_CONNECTIONS,
        life_s: float = SNAPSHOT_LIFE_S,
    ) -> None:
        self.counts = StatsCounts()
        self._snapshot = snapshot
        self.deadline_s = deadline_s
        self._max_connections = max_connections
        self._life_s = life_s
        self._open: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._line = b""
        self._line_until = 0.0  # by the loop's clock

    async def start(self, bind: str, port: int) -> None:
        """Listen on the address `bind`, IPv4 or IPv6; port 0 takes a free one.

        Raises TcpkitError, `cannot listen on 0.0.0.0:33333: Address already in use`.
        """
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _Connection(self), bind, port)
        except (OSError, UnicodeError) as error:
            where = endpoint_text(bind, port)
            raise TcpkitError(f"cannot listen on {where}: {_reason(error)}") from None

    @property
    def port(self) -> int:
        """The port that is listened on; 0 while there is none."""
        if self._server is None or not self._server.sockets:
            return 0
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    @property
    def open_connections(self) -> int:
        return len(self._open)

    def close(self) -> None:
        """Stop listening and drop who is connected."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._open):
            connection.abort()

    def admit(self, connection: "_Connection") -> bool:
        """Whether there is room for one more client."""
        self.counts.connections += 1
        if len(self._open) >= self._max_connections:
            self.counts.refused += 1
            return False
        self._open.add(connection)
        return True

    def release(self, connection: "_Connection") -> None:
        self._open.discard(connection)

    def line(self, now: float) -> bytes:
        """The answer at `now` of the loop's clock."""
        if now >= self._line_until:
            self._line = orjson.dumps(self._snapshot(), option=orjson.OPT_APPEND_NEWLINE)
            self._line_until = now + self._life_s
        return self._line


class _Connection(asyncio.Protocol):
    """One client: the line, the end of our side, then whatever it sends until its end.

    The rest is read since closing with unread bytes sends a reset, which can destroy a
    line that the client has not read yet.
    """

    def __init__(self, server: StatsServer) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None  # None: not admitted, or over
        self._timer: asyncio.TimerHandle | None = None
        self._unsent = False
        self._discarded = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)
        if not self._server.admit(self):
            stream.abort()
            return
        self._transport = stream
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._server.deadline_s, self._deadline)
        stream.set_write_buffer_limits(high=0)  # pause_writing: the kernel has not got it all
        stream.write(self._server.line(loop.time()))
        stream.write_eof()

    def pause_writing(self) -> None:
        self._unsent = True

    def resume_writing(self) -> None:
        self._unsent = False

    def data_received(self, data: bytes) -> None:
        self._discarded += len(data)
        if self._discarded > MAX_DISCARDED and self._transport is not None:
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is None:
            return
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
        if self._unsent:
            self._server.counts.lost += 1
        else:
            self._server.counts.served += 1
        self._server.release(self)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _deadline(self) -> None:
        if self._unsent:
            self._server.counts.overdue += 1
        self.abort()


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):
        return "not an address"
    if isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    # The event loops put sentences of their own around the system's words; asyncio
    # leaves out even the number where no address could be bound.
    return os.strerror(error.errno or errno.EADDRNOTAVAIL)
