"""The listening socket. Clients are let in at a bounded rate: the rest waits in the kernel."""

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Final

from tcpkit.errors import TcpkitError
from tcpkit.server.budget import Budget
from tcpkit.wire.address import endpoint_text

BACKLOG: Final = 128
ACCEPTS_PER_S: Final = 100.0
MAX_BURST: Final = 100.0
RETRY_S: Final = 1.0  # when the process has no descriptor left for a client


class Listener:
    """Makes a protocol for each client of `address`, IPv4 or IPv6, and `port`."""

    def __init__(self, make: Callable[[], asyncio.Protocol]) -> None:
        self._make = make
        self._socket: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._budget = Budget(ACCEPTS_PER_S, MAX_BURST)
        self._opening: set[asyncio.Task[None]] = set()

    def start(self, address: str, port: int) -> None:
        """Listen; port 0 takes a free one.

        Raises TcpkitError, `cannot listen on 127.0.0.1:9100: Address already in use`.
        """
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.setblocking(False)
            listening.bind((address, port))
            listening.listen(BACKLOG)
        except OSError as error:
            listening.close()
            where = endpoint_text(address, port)
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise TcpkitError(f"cannot listen on {where}: {reason}") from None
        self._socket = listening
        asyncio.get_running_loop().add_reader(listening, self._ready)

    @property
    def port(self) -> int:
        """The port that is listened on; 0 while there is none."""
        if self._socket is None:
            return 0
        number: int = self._socket.getsockname()[1]
        return number

    def close(self) -> None:
        """Stop listening."""
        if self._socket is None:
            return
        asyncio.get_running_loop().remove_reader(self._socket)
        if self._timer is not None:
            self._timer.cancel()
        self._socket.close()
        self._socket = None

    def _ready(self) -> None:
        """One client a turn of the loop, so that the capture is served in between."""
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        wait_s = self._budget.wait_s(loop.time())
        if wait_s:
            self._rest(wait_s)
            return
        try:
            client, _ = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:
            self._rest(RETRY_S)
            return
        self._budget.spend(1)
        client.setblocking(False)
        task = loop.create_task(self._open(client))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, client: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._make, client)
        except OSError:
            client.close()

    def _rest(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        assert self._socket is not None
        loop.remove_reader(self._socket)
        self._timer = loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._ready)
