"""The same as everywhere, over IPv6."""

from pcaps.client import encode
from pcaps.lab import SERVER_HOST_6, Lab


def make(lab: Lab) -> None:
    lab.redis("--bind", "::")
    with lab.capture():
        client = lab.connect(SERVER_HOST_6)
        client.call("PING")
        client.call("SET", "key", "six")
        client.call("GET", "key")
        client.write(encode("GET", "key") + encode("INCR", "n") + encode("GET", "nothing"))
        client.replies(3)
        client.call("DEBUG", "SLEEP", "0.015")
        client.close()
