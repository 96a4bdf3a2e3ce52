"""The echo service, asked for a few lines: at once, late, and with an empty one."""

import socket
import sys

from pcaps.lab import SERVER_HOST, Lab

PORT = 7

_SERVER = f"""
import socket, time
listener = socket.create_server(("", {PORT}))
print("listening", flush=True)
with listener.accept()[0] as connection:
    for line in connection.makefile("rb"):
        if line.startswith(b"slow"):
            time.sleep(0.03)
        connection.sendall(line)
"""


def make(lab: Lab) -> None:
    lab.serve(sys.executable, "-c", _SERVER, ready="listening")
    with (
        lab.capture(only=f"tcp port {PORT}"),
        socket.create_connection((SERVER_HOST, PORT)) as client,
        client.makefile("rb") as replies,
    ):
        for line in (b"hello\n", b"slow line\r\n", b"\n", b"x" * 3000 + b"\n"):
            client.sendall(line)
            replies.readline()
