"""A client that does not read for a while: its window closes, and two replies wait for that."""

import socket

from pcaps.lab import Lab

SIZE = 100_000
RECEIVE_BUFFER = 4096
NOT_READING_S = 0.3


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        client.call("SETRANGE", "large", SIZE, "end")
        client.call("SET", "small", "value")
        client.send("GET", "large")
        lab.pause(NOT_READING_S / 3)
        client.send("GET", "small")
        lab.pause(NOT_READING_S * 2 / 3)
        client.replies(2)
        client.call("GET", "small")
        client.close()
