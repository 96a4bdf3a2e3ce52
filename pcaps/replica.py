"""A second redis-server that copies the lab's: it runs on the client's host."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from pcaps.client import Client, Reply
from pcaps.lab import CLIENT_HOST, REDIS_PORT, SERVER_HOST, Lab

_PORT = 6390  # not captured
_PATIENCE_S = 15.0


class Replica:
    """A redis-server that is to copy the lab's."""

    def __init__(self) -> None:
        self._control = Client(CLIENT_HOST, _PORT)

    def call(self, *arguments: "str | bytes | int") -> Reply:
        return self._control.call(*arguments)

    def in_step(self) -> None:
        """Wait until the replica's link to its master is up."""
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            said = self.call("INFO", "replication")
            if isinstance(said, bytes) and b"master_link_status:up" in said:
                return
            time.sleep(0.02)
        raise RuntimeError("the replica did not get in step")


@contextmanager
def replica_of(lab: Lab) -> Iterator[Replica]:
    """A replica of the lab's redis, which ends with the block."""
    command = (
        *("redis-server", "--port", str(_PORT), "--bind", CLIENT_HOST, "--protected-mode", "no"),
        *("--save", "", "--appendonly", "no", "--dir", str(lab.folder())),
        *("--replicaof", SERVER_HOST, str(REDIS_PORT)),
    )
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    for line in server.stdout:
        if "Ready to accept connections" in line:
            break
    drain = Thread(target=server.stdout.read, daemon=True)
    drain.start()
    try:
        yield Replica()
    finally:
        server.kill()
        drain.join()
        with server:
            pass
