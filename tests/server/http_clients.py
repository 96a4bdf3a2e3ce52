"""Clients of the HTTP server in the test's own event loop, and loops to run both in."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

import h11

from tcpkit.server.http_answer import TEXT, answer
from tcpkit.server.http_route import Route, fixed
from tcpkit.server.http_server import HttpServer, Limits

Run = Callable[[Coroutine[None, None, None]], None]
HOST: Final = "127.0.0.1"
LARGE_BYTES: Final = 32 << 20  # more than the kernel buffers on both sides can hold
GET: Final = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
PATIENT: Final = Limits(request_s=100, answer_s=100, idle_s=100, leave_s=100)
SHORT: Final = Limits(request_s=0.05, answer_s=0.05, idle_s=0.05, leave_s=0.05)


class Reply(NamedTuple):
    code: int
    headers: dict[str, str]
    body: bytes


class Client:
    """A socket, and h11 as the one who judges what comes back."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._http = h11.Connection(h11.CLIENT)

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def get(self, target: str = "/", method: str = "GET", **headers: str) -> Reply:
        """A request of a well-behaved client; the connection can be used again."""
        fields = [("Host", "localhost"), *headers.items()]
        request = h11.Request(method=method, target=target, headers=fields)
        await self.send(
            (self._http.send(request) or b"") + (self._http.send(h11.EndOfMessage()) or b"")
        )
        reply = await self._reply()
        self._http.start_next_cycle()
        return reply

    async def _reply(self) -> Reply:
        response: h11.Response | None = None
        body = b""
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                piece = await asyncio.get_running_loop().sock_recv(self.socket, 1 << 20)
                self._http.receive_data(piece)
            elif isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                assert isinstance(event, h11.EndOfMessage), event
                assert response is not None
                headers = {name.decode(): value.decode() for name, value in response.headers}
                return Reply(response.status_code, headers, body)

    async def rest(self) -> bytes:
        """What comes until the server's end; closes the client."""
        pieces = []
        with self.socket:
            while piece := await asyncio.get_running_loop().sock_recv(self.socket, 1 << 20):
                pieces.append(piece)
        return b"".join(pieces)

    async def ended(self) -> None:
        """The server has ended the connection, by whatever way, without a word."""
        with self.socket, suppress(ConnectionResetError):
            assert await asyncio.get_running_loop().sock_recv(self.socket, 1) == b""


async def connect(server: HttpServer, receive_buffer: int = 0) -> Client:
    client = socket.socket()
    client.setblocking(False)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(client, (HOST, server.port))
    return Client(client)


async def asked(server: HttpServer, raw: bytes) -> bytes:
    """The whole answer to `raw`, behind which the server ends the connection."""
    client = await connect(server)
    await client.send(raw)
    return await client.rest()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop run until `condition` holds."""
    while not condition():
        await asyncio.sleep(0)


def text(body: bytes) -> Route:
    return fixed(answer(TEXT, body))


def with_server(
    body: Callable[[HttpServer], Awaitable[None]],
    routes: Mapping[str, Route] | None = None,
    limits: Limits = PATIENT,
) -> Coroutine[None, None, None]:
    async def main() -> None:
        server = HttpServer(routes or {"/": text(b"here\n")}, limits)
        server.start(HOST, 0)
        try:
            await body(server)
        finally:
            server.close()
            await until(lambda: server.open_connections == 0)

    return main()
