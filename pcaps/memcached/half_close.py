"""A client that ends its own direction after a pipeline: the replies still come."""

from pcaps.lab import Lab
from pcaps.memcached_client import (
    GET,
    GETQ,
    NOOP,
    SET,
    STORE,
    TCP,
    binary,
    connect,
    serve,
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        client.ask(b"set a 0 0 1\r\nx\r\n")
        client.write(b"get a\r\nget no\r\nincr n 1\r\nversion\r\n")
        client.finish_writing()
        client.replies(4)
        assert client.at_end()
        client.close()
        client = connect(lab)
        client.call(binary(SET, b"a", b"x", STORE.pack(0, 0)))
        client.write(binary(GETQ, b"no"), binary(GET, b"a"), binary(NOOP))
        client.finish_writing()
        client.packets(2)
        assert client.at_end()
        client.close()
        # The end of a request is missing: it is never answered.
        client = connect(lab)
        client.write(b"get a\r\nset b 0 0 10\r\n0123")
        client.finish_writing()
        client.reply()
        assert client.at_end()
        client.close()
