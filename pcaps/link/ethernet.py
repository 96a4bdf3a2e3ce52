"""A short conversation over IPv4 and one over IPv6: what the other files here are made from."""

from pcaps.client import encode
from pcaps.lab import SERVER_HOST, SERVER_HOST_6, Lab


def make(lab: Lab) -> None:
    lab.redis("--bind", "0.0.0.0", "::")
    with lab.capture():
        for host in (SERVER_HOST, SERVER_HOST_6):
            client = lab.connect(host)
            client.call("SET", "key", "value" * 20)
            client.call("GET", "key")
            client.write(encode("INCR", "n") + encode("GET", "nothing") + encode("LPOP", "key"))
            client.replies(3)
            client.call("DEBUG", "SLEEP", "0.012")
            client.close()
