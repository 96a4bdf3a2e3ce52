"""One binary client that waits for each reply: every opcode that is answered, hits and misses."""

from pcaps.lab import Lab
from pcaps.memcached_client import (
    ADD,
    APPEND,
    COUNT,
    DECR,
    DELETE,
    FLUSH,
    GAT,
    GATK,
    GET,
    GETK,
    INCR,
    NOOP,
    PREPEND,
    QUIT,
    REPLACE,
    SET,
    STORE,
    TCP,
    TIME,
    TOUCH,
    VERSION,
    binary,
    connect,
    serve,
)

FLAGS = STORE.pack(7, 0)
ONE = COUNT.pack(1, 41, 0)
NO_FIRST = COUNT.pack(1, 0, 0xFFFFFFFF)  # this expiration time: do not create it
MINUTE = TIME.pack(60)


def make(lab: Lab) -> None:
    serve(lab)
    requests = [
        binary(NOOP),
        binary(VERSION),
        binary(GET, b"a"),
        binary(GETK, b"a"),
        binary(SET, b"a", b"first", FLAGS),
        binary(GET, b"a"),
        binary(GETK, b"a"),
        binary(ADD, b"a", b"second", FLAGS),
        binary(ADD, b"b", b"second", FLAGS),
        binary(REPLACE, b"a", b"third", FLAGS),
        binary(REPLACE, b"c", b"third", FLAGS),
        binary(APPEND, b"a", b"-end"),
        binary(PREPEND, b"a", b"begin-"),
        binary(APPEND, b"c", b"x"),
        binary(PREPEND, b"c", b"x"),
        binary(SET, b"a", b"x", FLAGS, cas=999_999),
        binary(SET, b"c", b"x", FLAGS, cas=999_999),
        binary(SET, b"\x80\x00\r\n key", b"\x81" + bytes(40), FLAGS),
        binary(GETK, b"\x80\x00\r\n key"),
        binary(INCR, b"n", extras=ONE),
        binary(INCR, b"n", extras=ONE),
        binary(DECR, b"n", extras=COUNT.pack(100, 0, 0)),
        binary(DECR, b"nothing", extras=NO_FIRST),
        binary(INCR, b"a", extras=ONE),
        binary(TOUCH, b"a", extras=MINUTE),
        binary(TOUCH, b"nothing", extras=MINUTE),
        binary(GAT, b"a", extras=MINUTE),
        binary(GAT, b"nothing", extras=MINUTE),
        binary(GATK, b"a", extras=MINUTE),
        binary(GATK, b"nothing", extras=MINUTE),
        binary(DELETE, b"b"),
        binary(DELETE, b"b"),
        binary(SET, b"empty", b"", FLAGS),
        binary(GET, b"empty"),
        binary(FLUSH, extras=TIME.pack(100)),
        binary(FLUSH),
        binary(GET, b"a"),
    ]
    with lab.capture(only=TCP):
        client = connect(lab)
        for request in requests:
            client.call(request)
        client.call(binary(QUIT))
        assert client.at_end()
        client.close()
        # The same with an opaque of its own for each, and all at once.
        client = connect(lab)
        client.write(
            *(
                request[:12] + TIME.pack(at + 1) + request[16:]
                for at, request in enumerate(requests)
            )
        )
        client.packets(len(requests))
        client.close()
