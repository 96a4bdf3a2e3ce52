"""Requests and replies that one host missed, though the capture has them, sent once more by TCP."""

import signal

from pcaps.lab import Lab
from pcaps.memcached_client import (
    COUNT,
    GET,
    GETQ,
    INCR,
    NOOP,
    TCP,
    binary,
    connect,
    serve,
    stop,
)

# Between the first copy and the second, which TCP sends after 200 ms or more.
OUTAGE_S = 0.1


def make(lab: Lab) -> None:
    server = serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        client.ask(b"set a 0 0 1\r\n1\r\n")
        with lab.deaf("server"):
            client.write(b"get a\r\n")
            lab.pause(OUTAGE_S)
        client.reply()
        with lab.deaf("server"):
            client.write(b"incr a 1\r\n")
            lab.pause(OUTAGE_S / 10)
            client.write(b"incr a 1\r\n", b"get a nothing\r\n")
            lab.pause(OUTAGE_S)
        client.replies(3)
        # The server is held up until nobody listens: the replies are lost, the requests are not.
        stop(server)
        client.write(b"incr a 1\r\nget a\r\n")
        lab.pause(OUTAGE_S / 2)
        with lab.deaf("client"):
            server.send_signal(signal.SIGCONT)
            lab.pause(OUTAGE_S)
        client.replies(2)
        client.ask(b"get a\r\n")
        client.close()
        client = connect(lab)
        client.call(binary(GET, b"a"))
        with lab.deaf("server"):
            client.write(binary(INCR, b"a", extras=COUNT.pack(1, 0, 0)))
            lab.pause(OUTAGE_S / 10)
            client.write(binary(GETQ, b"nothing"), binary(GETQ, b"a"), binary(NOOP))
            lab.pause(OUTAGE_S)
        client.packets(3)
        client.close()
