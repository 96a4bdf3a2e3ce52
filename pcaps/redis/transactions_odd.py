"""EXEC whose array disagrees with its header: SUBSCRIBE, CLIENT REPLY, REPLCONF, HELLO inside."""

from pcaps.client import encode
from pcaps.lab import Lab

PAUSE_S = 0.005
INSIDE = (
    ("SUBSCRIBE", "a", "b"),
    ("UNSUBSCRIBE",),
    ("SSUBSCRIBE", "a"),
    ("CLIENT", "REPLY", "OFF"),
    ("CLIENT", "REPLY", "SKIP"),
    ("CLIENT", "REPLY", "ON"),
    ("REPLCONF", "ACK", 1),
    ("HELLO", 3),
    ("MONITOR",),
)


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        for version in (2, 3):
            for command in INSIDE:
                client = lab.connect()
                client.call("HELLO", version)
                for each in (("MULTI",), command, ("PING",), ("EXEC",), ("ECHO", "behind it")):
                    client.send(*each)
                    lab.pause(PAUSE_S)
                behind = (("GET", "key"), ("CLIENT", "REPLY", "ON"), ("ECHO", "at the end"))
                client.write(b"".join(encode(*each) for each in behind))
                lab.pause(PAUSE_S)
                client.close()
