"""Connections that end while requests wait: RST by the client, QUIT, RST by a dying server."""

from pcaps.client import encode
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        client.call("SET", "key", "value")
        client.write(encode("DEBUG", "SLEEP", "0.03") + encode("GET", "key"))
        lab.pause(0.01)
        client.reset()
        lab.pause(0.03)
        # QUIT is answered, what stands behind it never is: the server's FIN says so.
        client = lab.connect()
        client.call("GET", "key")
        client.write(encode("QUIT") + encode("GET", "key") * 3)
        lab.pause(0.01)
        client.close()
        client = lab.connect()
        client.write(encode("DEBUG", "SLEEP", "0.02") + encode("SHUTDOWN", "NOSAVE", "NOW"))
        client.write(encode("GET", "key"))
        lab.pause(0.05)
        client.close()
