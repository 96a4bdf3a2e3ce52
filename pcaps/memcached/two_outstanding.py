"""Clients that always keep two requests waiting; commands and shapes of replies vary."""

from pcaps.lab import Lab
from pcaps.memcached_client import (
    COUNT,
    GET,
    GETK,
    INCR,
    NOOP,
    SET,
    STORE,
    TCP,
    VERSION,
    binary,
    connect,
    serve,
)

ROUNDS = 40
TEXT = (
    b"incr n 1\r\n",
    b"get a\r\n",
    b"get nothing\r\n",
    b"set a 0 0 1\r\nx\r\n",
    b"gets a nothing a\r\n",
    b"mg a v\r\n",
    b"version\r\n",
    b"delete nothing\r\n",
)
BINARY = (
    binary(INCR, b"n", extras=COUNT.pack(1, 0, 0)),
    binary(GET, b"a"),
    binary(GET, b"nothing"),
    binary(SET, b"a", b"x", STORE.pack(0, 0)),
    binary(GETK, b"a"),
    binary(NOOP),
    binary(VERSION),
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        client.write(TEXT[0])
        for turn in range(1, ROUNDS):
            client.write(TEXT[turn % len(TEXT)])
            client.reply()
        client.reply()
        client.close()
        client = connect(lab)
        client.write(BINARY[0])
        for turn in range(1, ROUNDS):
            client.write(BINARY[turn % len(BINARY)])
            client.packet()
        client.packet()
        client.close()
