"""Text and binary over UDP and IPv6."""

from pcaps.lab import SERVER_HOST_6, Lab
from pcaps.memcached_client import GET, NOOP, PORT, UDP, Datagrams, binary, serve


def make(lab: Lab) -> None:
    serve(lab, "-U", str(PORT), "-l", "::")
    with lab.capture(only=UDP):
        client = Datagrams(SERVER_HOST_6)
        client.ask(1, b"set a 0 0 1380\r\n" + b"x" * 1380 + b"\r\n")
        client.ask(2, b"get a\r\n")
        client.ask(3, b"get nothing\r\n")
        client.ask(4, binary(GET, b"a", opaque=5))
        client.ask(5, binary(NOOP))
        client.close()
