"""Binary over UDP: with the number of the datagram, and an opaque that may be the same for all."""

from pcaps.lab import Lab
from pcaps.memcached_client import (
    COUNT,
    DELETE,
    GAT,
    GET,
    GETK,
    INCR,
    NOOP,
    PORT,
    SET,
    STORE,
    TIME,
    TOUCH,
    UDP,
    VERSION,
    Datagrams,
    binary,
    serve,
)


def make(lab: Lab) -> None:
    serve(lab, "-U", str(PORT))
    with lab.capture(only=UDP):
        client = Datagrams()
        number = 0
        for opaque in (0, 1000):
            for request in (
                binary(NOOP, opaque=opaque),
                binary(VERSION, opaque=opaque + 1),
                binary(GET, b"a", opaque=opaque),
                binary(SET, b"a", b"value", STORE.pack(0, 0), opaque=opaque),
                binary(GET, b"a", opaque=opaque + 2),
                binary(GETK, b"a", opaque=opaque),
                binary(INCR, b"n", extras=COUNT.pack(1, 5, 0), opaque=opaque),
                binary(INCR, b"a", extras=COUNT.pack(1, 5, 0), opaque=opaque),
                binary(TOUCH, b"a", extras=TIME.pack(60), opaque=opaque),
                binary(GAT, b"a", extras=TIME.pack(60), opaque=opaque),
                binary(DELETE, b"n", opaque=opaque),
                binary(0x99, opaque=opaque),
            ):
                client.ask(number, request)
                number += 1
        for opaque in range(4):
            client.send(100 + opaque, binary(GET, b"a", opaque=opaque))
        for _ in range(4):
            client.reply()
        client.close()
