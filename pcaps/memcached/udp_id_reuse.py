"""One number for several requests over UDP: one after the other, at once, on two sockets."""

from pcaps.lab import Lab
from pcaps.memcached_client import GET, PORT, UDP, Datagrams, binary, serve


def make(lab: Lab) -> None:
    serve(lab, "-U", str(PORT))
    with lab.capture(only=UDP):
        client, other = Datagrams(), Datagrams()
        client.ask(7, b"set a 0 0 1\r\n1\r\n")
        client.ask(7, b"get a\r\n")
        client.ask(7, b"get a\r\n")
        client.ask(7, b"incr a 1\r\n")
        other.ask(7, b"get a\r\n")
        # Three that differ, under one number, before the first is answered.
        client.send(8, b"get a\r\n")
        client.send(8, b"get nothing\r\n")
        client.send(8, b"incr a 1\r\n")
        for _ in range(3):
            client.reply()
        # Two clients, one number, at once.
        client.send(9, b"get a\r\n")
        other.send(9, b"get nothing\r\n")
        client.reply()
        other.reply()
        # A number whose first request has no reply.
        client.send(10, b"set b 0 0 1 noreply\r\nx\r\n")
        client.ask(10, b"get b\r\n")
        # Only the opaque tells these apart.
        client.send(11, binary(GET, b"a", opaque=1))
        client.send(11, binary(GET, b"b", opaque=2))
        for _ in range(2):
            client.reply()
        # All numbers are 0: a client that does not count.
        for _ in range(5):
            client.ask(0, b"get a\r\n")
        client.close()
        other.close()
