"""QUIT with commands behind it, which nobody answers, and SHUTDOWN, which answers nothing."""

from pcaps.client import encode
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        client.call("SET", "key", "value")
        client.write(b"".join(encode(*each) for each in (("QUIT",), ("GET", "key"), ("PING",))))
        client.reply()
        client.at_end()
        client.close()
        client = lab.connect()
        client.call("MULTI")
        client.call("QUIT", "now")
        client.at_end()
        client.close()
        client = lab.connect()
        client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
        client.close()
        client = lab.connect()
        client.call("SHUTDOWN", "ABORT")
        client.call("SHUTDOWN", "nonsense")
        idle = lab.connect()
        idle.call("GET", "key")
        # It goes at once: the reply to GET is lost with it.
        client.write(encode("GET", "key") + encode("SHUTDOWN", "NOSAVE") + encode("PING"))
        client.at_end()
        client.close()
        idle.close()
