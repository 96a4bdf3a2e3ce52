"""HELLO that fails, NOPROTO and WRONGPASS, and one that succeeds; NOAUTH before it."""

from pcaps.client import encode
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis("--requirepass", "server secret")
    with lab.capture():
        client = lab.connect()
        client.call("GET", "key")
        client.call("HELLO")
        client.call("HELLO", 3)
        client.call("HELLO", 4)
        client.call("HELLO", 3, "AUTH", "default", "wrong")
        client.call("HELLO", 3, "AUTH", "default", "server secret", "SETNAME", "me")
        client.call("HELLO", "three")
        client.call("HELLO", 3, "NOSUCH")
        client.call("HGETALL", "none")
        # It fails, and what stands behind it meets the old version.
        client.write(encode("HELLO", 9) + encode("GET", "none"))
        client.replies(2)
        client.write(encode("HELLO", 2) + encode("GET", "none") + encode("PING"))
        client.replies(3)
        client.call("RESET")
        client.call("GET", "key")
        client.close()
