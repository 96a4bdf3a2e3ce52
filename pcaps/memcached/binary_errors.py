"""Binary requests that are refused, many with the connection; and text where binary was."""

from pcaps.lab import Lab
from pcaps.memcached_client import (
    COUNT,
    DELETE,
    GET,
    GETQ,
    INCR,
    INCRQ,
    NOOP,
    SASL_LIST,
    SET,
    SETQ,
    STORE,
    TCP,
    binary,
    connect,
    serve,
)

# The server answers and closes.
REFUSED = (
    binary(SET, b"a", b"no extras"),
    binary(GET),
    binary(GET, b"k" * 251),
    binary(GETQ, b"key", b"and a value"),
    binary(DELETE, b"key", b"and a value"),
    binary(INCR, b"no extras"),
    binary(NOOP, b"key"),
)
# The server answers and goes on.
WRONG = (
    binary(0x1F),
    binary(0x99, opaque=5),
    binary(SASL_LIST),
    binary(INCR, b"text", extras=COUNT.pack(1, 0, 0)),
    binary(INCRQ, b"text", extras=COUNT.pack(1, 0, 0)),
    binary(SET, b"text", b"x", STORE.pack(0, 0), cas=999),
    binary(SETQ, b"text", b"x", STORE.pack(0, 0), cas=999),
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        client.call(binary(SET, b"text", b"x", STORE.pack(0, 0)))
        for request in WRONG:
            client.call(request)
            client.call(binary(GET, b"text"))
        # What the server does not know it does not answer until as many bytes more have come as
        # the body has, and it is out of step from then on: this NOOP is lost.
        client.write(binary(0x99, b"body"))
        lab.pause(0.01)
        client.call(binary(NOOP))
        client.close()
        for request in REFUSED:
            client = connect(lab)
            client.call(binary(NOOP))
            client.call(request)
            client.close()
        # Text on a binary connection: closed without an answer, or never answered.
        client = connect(lab)
        client.call(binary(NOOP))
        client.write(b"get a\r\n" * 4)
        lab.pause(0.01)
        client.close()
        # A reply's magic makes a text connection of it.
        client = connect(lab)
        client.write(b"\x81" + binary(NOOP)[1:] + b"\r\n")
        client.reply()
        client.close()
