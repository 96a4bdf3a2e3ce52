"""A value of 6 KB up and down, in text, by a meta command and in binary: many segments."""

from pcaps.lab import Lab
from pcaps.memcached_client import (
    GET,
    NOOP,
    SET,
    STORE,
    TCP,
    binary,
    connect,
    serve,
)

TEXT = b"END\r\nVALUE large 0 5\r\n" * 260


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        client.ask(b"set large 0 0 %d\r\n%s\r\n" % (len(TEXT), TEXT))
        client.ask(b"get large\r\n")
        client.write(b"ms large %d\r\n%s\r\nmg large v k\r\n" % (len(TEXT), TEXT))
        client.replies(2)
        client.close()
        client = connect(lab)
        client.call(binary(SET, b"large", TEXT, STORE.pack(0, 0)))
        client.write(binary(GET, b"large"), binary(NOOP))
        client.packets(2)
        client.close()
