"""ECHO and PING with texts of their own, in step and pipelined: every reply proves its request."""

from pcaps.client import encode
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        for turn in range(20):
            client.call("ECHO", f"step-{turn:03}")
            client.call("PING", f"ping-{turn:03}")
        for turn in range(5):
            names = [f"batch-{turn}-{i:02}" for i in range(10)]
            client.write(b"".join(encode("ECHO", name) for name in names))
            client.replies(10)
        client.close()
