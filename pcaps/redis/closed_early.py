"""Clients that close before their replies come: RSTs answer those, or pass them on the way."""

from pcaps.client import encode
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        # One request, and several whose replies come one by one.
        for requests in (
            [("DEBUG", "SLEEP", "0.02")],
            [("DEBUG", "SLEEP", "0.02"), ("GET", "key"), ("DEBUG", "SLEEP", "0.02"), ("PING",)],
        ):
            client = lab.connect()
            client.call("SET", "key", "value")
            client.write(b"".join(encode(*request) for request in requests))
            lab.pause(0.005)
            client.close()
            lab.pause(0.1)
        for _ in range(3):
            client = lab.connect()
            client.call("SET", "key", "value")
            client.write(encode("GET", "key"))
            client.reset()
            lab.pause(0.02)
