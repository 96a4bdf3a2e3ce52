"""Captured on `any` on a host with a bridge: link type SLL2, and every packet is there twice."""

from pcaps.client import encode
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.bridge_the_server()
    lab.redis()
    with lab.capture(interface="any"):
        client = lab.connect()
        client.call("SET", "key", "value")
        client.call("GET", "key")
        client.write(b"".join(encode("INCR", "n") for _ in range(10)))
        client.replies(10)
        client.call("LPUSH", "n", "an error")
        client.close()
