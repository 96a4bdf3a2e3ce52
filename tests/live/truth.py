"""What a redis-server itself says about the requests that it was sent."""

import re
import socket
from collections import Counter
from pathlib import Path

from tests.live.resp_server import command_bytes
from tests.program import DEADLINE_S
from tests.servers import RedisServer


class TruthfulRedis:
    """Asks over the Unix socket at `path`, which is not seen on any interface."""

    def __init__(self, server: RedisServer, path: Path) -> None:
        self.port = server.port
        self.process = server.process
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE_S)
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rb")

    def forget(self) -> None:
        """Count the commands anew."""
        assert self._ask("CONFIG", "RESETSTAT") == b"+OK\r\n"

    def commands(self) -> Counter[str]:
        """How often each command came since `forget`, by the name it has in the log.

        A command that was refused before it was run counts too.
        """
        text = self._ask("INFO", "commandstats").decode()
        found: Counter[str] = Counter()
        pattern = r"cmdstat_(\S+):calls=(\d+),.*,rejected_calls=(\d+),"
        for name, calls, rejected in re.findall(pattern, text):
            found[name.upper().replace("|", " ")] += int(calls) + int(rejected)
        found.subtract(["CONFIG RESETSTAT"])
        return +found

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _ask(self, *words: str) -> bytes:
        self._socket.sendall(command_bytes(*words))
        line = self._stream.readline()
        if line.startswith(b"$"):
            return self._stream.read(int(line[1:]) + 2)
        return line
