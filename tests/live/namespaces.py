"""Two network namespaces joined by a veth pair: traffic that nobody else is near.

client namespace: `wire` 10.99.0.1, fd99::1
server namespace: `wire`, the other end, is a port of `bridge` 10.99.0.2, fd99::2

Sockets are made inside a namespace by a thread that enters it, and stay there.
"""

import ctypes
import os
import socket
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

LINK: Final = "wire"
BRIDGE: Final = "bridge"
_CLONE_NEWNET: Final = 0x40000000  # linux/sched.h


def ip(*arguments: str) -> None:
    """Run ip(8)."""
    subprocess.run(["ip", *arguments], check=True, stdin=subprocess.DEVNULL)


@dataclass(frozen=True)
class Namespace:
    """A network namespace with an end of the veth pair, LINK; `host` is its number."""

    name: str
    host: int

    @property
    def prefix(self) -> list[str]:
        """Goes before a command line to run it here."""
        return ["ip", "netns", "exec", self.name]

    def ip(self, *arguments: str) -> None:
        ip("-netns", self.name, *arguments)

    def address(self, family: int) -> str:
        """The own address."""
        network = "fd99::" if family == socket.AF_INET6 else "10.99.0."
        return f"{network}{self.host}"

    def configure(self, interface: str) -> None:
        """Give `interface` the own addresses and set it up."""
        six = f"{self.address(socket.AF_INET6)}/64"
        self.ip("address", "add", f"{self.address(socket.AF_INET)}/24", "dev", interface)
        self.ip("address", "add", six, "dev", interface, "nodad")
        self.ip("link", "set", interface, "up")

    def open_socket(self, family: int, kind: int = socket.SOCK_STREAM) -> socket.socket:
        return self._inside(lambda: socket.socket(family, kind))

    def open_wire(self, interface: str = LINK) -> socket.socket:
        """A socket that sends whole frames out of `interface`, and receives none."""
        made = self._inside(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
        made.bind((interface, 0))
        return made

    def _inside(self, make: Callable[[], socket.socket]) -> socket.socket:
        made: list[socket.socket] = []
        thread = threading.Thread(target=lambda: made.append(self._entered(make)))
        thread.start()
        thread.join()
        return made[0]

    def _entered(self, make: Callable[[], socket.socket]) -> socket.socket:
        """Enter the namespace for the rest of the calling thread's life."""
        libc = ctypes.CDLL(None, use_errno=True)
        namespace = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            if libc.setns(namespace, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"cannot enter the namespace {self.name}")
        finally:
            os.close(namespace)
        return make()


@dataclass(frozen=True)
class Lab:
    """Both ends."""

    client: Namespace
    server: Namespace


@contextmanager
def lab_with() -> Iterator[Lab]:
    """A lab of its own; gone in the end, whatever happens."""
    unique = uuid.uuid4().hex[:8]
    client = Namespace(f"tcpkit-{unique}-c", 1)
    server = Namespace(f"tcpkit-{unique}-s", 2)
    made: list[str] = []
    try:
        for end in (client, server):
            ip("netns", "add", end.name)
            made.append(end.name)
            end.ip("link", "set", "lo", "up")
        peer = ("peer", "name", LINK, "netns", server.name)
        client.ip("link", "add", LINK, "type", "veth", *peer)
        server.ip("link", "add", BRIDGE, "type", "bridge")
        server.ip("link", "set", LINK, "master", BRIDGE, "up")
        client.configure(LINK)
        server.configure(BRIDGE)
        yield Lab(client, server)
    finally:
        for name in made:
            ip("netns", "delete", name)
