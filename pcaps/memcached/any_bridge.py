"""Captured on `any` on a host with a bridge: link type SLL2, and every packet is there twice."""

from pcaps.lab import Lab
from pcaps.memcached_client import GET, GETQ, NOOP, TCP, binary, connect, serve


def make(lab: Lab) -> None:
    lab.bridge_the_server()
    serve(lab)
    with lab.capture(interface="any", only=TCP):
        client = connect(lab)
        client.ask(b"set a 0 0 1\r\nx\r\n")
        client.ask(b"get a b\r\n")
        client.write(b"set n 0 0 1\r\n1\r\n", b"incr n 1\r\n" * 10)
        client.replies(11)
        client.close()
        client = connect(lab)
        client.call(binary(GET, b"a"))
        client.write(binary(GETQ, b"b"), binary(GETQ, b"a"), binary(NOOP))
        client.packets(2)
        client.close()
