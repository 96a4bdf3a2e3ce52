"""The same client port three times over: closed, reset, and with a request left waiting."""

from pcaps.client import encode
from pcaps.lab import Lab

PORT = 40000


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        first = lab.connect(source_port=PORT)
        first.call("SET", "turn", 1)
        first.reset()
        second = lab.connect(source_port=PORT)
        second.call("GET", "turn")
        second.write(encode("DEBUG", "SLEEP", "0.02"))
        lab.pause(0.005)
        second.reset()
        third = lab.connect(source_port=PORT)
        third.call("GET", "turn")
        third.close()
