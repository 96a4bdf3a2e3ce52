"""Text and binary over IPv6."""

from pcaps.lab import SERVER_HOST_6, Lab
from pcaps.memcached_client import GET, GETKQ, NOOP, TCP, binary, connect, serve


def make(lab: Lab) -> None:
    serve(lab, "-l", "::")
    with lab.capture(only=TCP):
        client = connect(lab, SERVER_HOST_6)
        client.ask(b"set a 0 0 1\r\nx\r\n")
        client.ask(b"get a b\r\n")
        client.write(b"incr n 1\r\n" * 5)
        client.replies(5)
        client.close()
        client = connect(lab, SERVER_HOST_6)
        client.call(binary(GET, b"a"))
        client.write(binary(GETKQ, b"b"), binary(GETKQ, b"a"), binary(NOOP))
        client.packets(2)
        client.close()
