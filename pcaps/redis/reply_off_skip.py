"""CLIENT REPLY OFF, SKIP and ON: requests, errors among them, that get no reply at all."""

from pcaps.client import encode
from pcaps.lab import Lab

PAUSE_S = 0.002


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        client.call("SET", "key", "before")
        client.send("CLIENT", "REPLY", "SKIP")
        client.send("SET", "key", "skipped")
        client.call("GET", "key")
        # One write: only the last of the four is answered.
        silent = (("CLIENT", "REPLY", "SKIP"), ("INCR", "key"), ("CLIENT", "REPLY", "SKIP"))
        client.write(b"".join(encode(*each) for each in (*silent, ("GET", "key"), ("PING",))))
        client.reply()
        client.send("CLIENT", "REPLY", "OFF")
        client.send("SET", "key", "off")
        client.send("NOSUCHCOMMAND")
        client.send("CLIENT", "REPLY", "SKIP")
        client.send("GET", "key")
        lab.pause(PAUSE_S)
        client.call("CLIENT", "REPLY", "ON")
        client.call("GET", "key")
        client.send("CLIENT", "REPLY", "OFF")
        client.send("GET", "key")
        # RESET is answered, and turns replies on again.
        client.call("RESET")
        client.call("ECHO", "heard again")
        # Twice in a row: the second SKIP is what the first one hides.
        client.send("CLIENT", "REPLY", "SKIP")
        client.send("CLIENT", "REPLY", "SKIP")
        client.send("GET", "key")
        client.call("ECHO", "end")
        client.close()
