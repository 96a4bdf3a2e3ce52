"""Fifty requests in one write, three times; the third mixes commands and sizes of replies."""

from pcaps.client import encode
from pcaps.lab import Lab

DEPTH = 50


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        client.write(b"".join(encode("SET", f"key:{i}", f"value {i}") for i in range(DEPTH)))
        client.replies(DEPTH)
        client.write(b"".join(encode("GET", f"key:{i}") for i in range(DEPTH)))
        client.replies(DEPTH)
        mixed = (
            ("RPUSH", "list", "x" * 40),
            ("LRANGE", "list", "0", "-1"),
            ("GET", "list"),
            ("GET", "nothing"),
            ("ECHO", "+OK"),
        )
        client.write(b"".join(encode(*mixed[i % len(mixed)]) for i in range(DEPTH)))
        client.replies(DEPTH)
        client.close()
