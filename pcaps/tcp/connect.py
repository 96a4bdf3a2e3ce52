"""Connections made, refused, left unanswered: closed port, full backlog, lost SYN and SYN-ACK."""

import socket
import sys

from pcaps.lab import CLIENT_HOST, SERVER_HOST, SERVER_HOST_6, Lab

OPEN_PORT, CLOSED_PORT, FULL_PORT = 80, 81, 82
CLIENT_PORT = 40000
DEAF_S = 0.5  # less than the second after which a SYN is sent again
UNANSWERED_S = 10.5  # more than a script waits before it says so

# One port on which connections are let in, one where a single one fits and is never taken.
_SERVER = f"""
import socket
listeners = [
    socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=backlog)
    for port, backlog in (({OPEN_PORT}, 50), ({FULL_PORT}, 0))
]
print("listening", flush=True)
while True:
    listeners[0].accept()[0].close()
"""


class Caller:
    """A socket with a port of its own that does not wait for the answer."""

    _ports = iter(range(CLIENT_PORT, CLIENT_PORT + 1000))

    def __init__(self, port: int, host: str = SERVER_HOST, own: str = CLIENT_HOST) -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.socket.bind((own, next(self._ports)))
        self.socket.setblocking(False)
        self.socket.connect_ex((host, port))

    def close(self) -> None:
        self.socket.close()


def make(lab: Lab) -> None:
    lab.serve(sys.executable, "-c", _SERVER, ready="listening")
    with lab.capture(only="tcp"):
        callers = [Caller(OPEN_PORT), Caller(OPEN_PORT, SERVER_HOST_6, "fd00::1")]
        lab.pause(0.1)
        callers += [Caller(CLOSED_PORT), Caller(CLOSED_PORT, SERVER_HOST_6, "fd00::1")]
        lab.pause(0.1)
        callers += [Caller(FULL_PORT) for _ in range(2)]
        with lab.deaf("server"):
            callers.append(Caller(OPEN_PORT))
            lab.pause(DEAF_S)
        lab.pause(1)
        with lab.deaf("client"):
            callers.append(Caller(OPEN_PORT))
            lab.pause(DEAF_S)
        lab.pause(1)
        # The client has gone when the SYN-ACK comes: RST.
        with lab.deaf("client"):
            Caller(OPEN_PORT).close()
            lab.pause(DEAF_S)
        lab.pause(UNANSWERED_S)
        for caller in callers:
            caller.close()
