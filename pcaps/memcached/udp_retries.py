"""Requests sent again over UDP: the server was deaf, the client was deaf, the server was slow."""

import signal

from pcaps.lab import Lab
from pcaps.memcached_client import GET, PORT, UDP, Datagrams, binary, serve, stop

WAIT_S = 0.05


def make(lab: Lab) -> None:
    server = serve(lab, "-U", str(PORT))
    with lab.capture(only=UDP):
        client = Datagrams()
        client.ask(1, b"set a 0 0 1\r\n1\r\n")
        for number, request in ((2, b"get a\r\n"), (3, binary(GET, b"a", opaque=3))):
            # The first copy never reaches the server: one reply.
            with lab.deaf("server"):
                client.send(number, request)
                lab.pause(WAIT_S)
            client.ask(number, request)
        # The reply does not reach the client: two requests, two replies.
        stop(server)
        client.send(4, b"incr a 1\r\n")
        with lab.deaf("client"):
            server.send_signal(signal.SIGCONT)
            lab.pause(WAIT_S)
        client.ask(4, b"incr a 1\r\n")
        # Both wait at the server, which answers both.
        stop(server)
        client.send(5, b"get a\r\n")
        lab.pause(WAIT_S)
        client.send(5, b"get a\r\n")
        client.send(6, b"get nothing\r\n")
        lab.pause(WAIT_S)
        server.send_signal(signal.SIGCONT)
        for _ in range(3):
            client.reply()
        client.ask(7, b"get a\r\n")
        client.close()
