"""A load for memcached: many connections, each with one request at a time."""

import select
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

_RECEIVE = 65536
_REPLIES_TO_A_REST = 2_000
_REST_S = 0.25


class ServerLeft(Exception):
    """The server closed a connection that still waited."""


@dataclass(frozen=True)
class Load:
    """`is_whole` is given all that has come since the request.

    `large`: replies that a disk hardly keeps up with, so there is a rest now and then;
    and each is acknowledged by a packet of its own, which the next request would spare.
    """

    requests: Iterable[bytes]
    is_whole: Callable[[bytes], bool]
    large: bool = False


def drive(port: int, connections: int, load: Load) -> int:
    """Send all requests, each when the reply before it is whole; how many there were.

    Raises ServerLeft.
    """
    clients = _connected(port, connections)
    waiting = iter(load.requests)
    came: dict[int, bytes] = {}
    done = 0
    with select.epoll() as poll:
        for descriptor, client in clients.items():
            if _sent(client, waiting):
                poll.register(descriptor, select.EPOLLIN)
                came[descriptor] = b""
        while came:
            for descriptor, _ in poll.poll():
                client = clients[descriptor]
                received = client.recv(_RECEIVE)
                if not received:
                    raise ServerLeft(f"port {port}, after {done} replies")
                reply = came[descriptor] + received
                if not load.is_whole(reply):
                    came[descriptor] = reply
                    continue
                done += 1
                came[descriptor] = b""
                if load.large:
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                    if done % _REPLIES_TO_A_REST == 0:
                        time.sleep(_REST_S)
                if not _sent(client, waiting):
                    poll.unregister(descriptor)
                    del came[descriptor]
    for client in clients.values():
        client.close()
    return done


def _connected(port: int, connections: int) -> dict[int, socket.socket]:
    clients: dict[int, socket.socket] = {}
    for _ in range(connections):
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        clients[client.fileno()] = client
    return clients


def _sent(client: socket.socket, requests: Iterator[bytes]) -> bool:
    """Whether there was one more to send."""
    for request in requests:
        client.sendall(request)
        return True
    return False
