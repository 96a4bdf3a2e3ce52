"""Requests without a reply over UDP: noreply, q, quiet binary; empty datagrams."""

from pcaps.lab import Lab
from pcaps.memcached_client import (
    DELETEQ,
    GETKQ,
    GETQ,
    NOOP,
    PORT,
    SETQ,
    STORE,
    UDP,
    Datagrams,
    binary,
    serve,
)

WAIT_S = 0.01
SILENT = (
    b"set a 0 0 1 noreply\r\nx\r\n",
    b"delete nothing noreply\r\n",
    b"mg nothing v q\r\n",
    b"ms a 1 q\r\nx\r\n",
    b"ms a 1 q O5\r\nx\r\n",
    # These are answered by a datagram that holds nothing, numbered 0 of 0.
    binary(GETQ, b"nothing"),
    binary(GETKQ, b"nothing"),
    binary(SETQ, b"b", b"x", STORE.pack(0, 0)),
    binary(DELETEQ, b"b"),
)


def make(lab: Lab) -> None:
    serve(lab, "-U", str(PORT))
    with lab.capture(only=UDP):
        client = Datagrams()
        for number, request in enumerate(SILENT):
            client.send(number, request)
            lab.pause(WAIT_S)
        # A run in one datagram, closed by what is answered.
        client.send(100, b"mg nothing v q\r\nmg a v q\r\nmn\r\n")
        lab.pause(WAIT_S)
        client.send(101, binary(GETQ, b"nothing") + binary(GETQ, b"a") + binary(NOOP))
        lab.pause(WAIT_S)
        client.send(102, b"set a 0 0 1 noreply\r\nx\r\nget a\r\n")
        lab.pause(WAIT_S)
        # Quiet, and yet there is an answer.
        client.send(103, binary(GETKQ, b"a", opaque=5))
        client.send(104, b"mg a v q k\r\n")
        client.send(105, b"nonsense noreply\r\n")
        client.send(106, b"quit\r\n")
        lab.pause(WAIT_S)
        client.close()
