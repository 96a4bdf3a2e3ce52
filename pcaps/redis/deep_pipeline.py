"""A thousand requests written before the first reply is read: many segments each way."""

from pcaps.client import encode
from pcaps.lab import Lab

DEPTH = 1000


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        client.write(b"".join(encode("INCR", f"counter:{i % 7}") for i in range(DEPTH)))
        client.replies(DEPTH)
        client.close()
