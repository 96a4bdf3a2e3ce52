"""Hundreds of requests written before the first reply is read, in text and in binary."""

from pcaps.lab import Lab
from pcaps.memcached_client import GET, GETQ, NOOP, SET, STORE, TCP, binary, connect, serve

COUNT = 160


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        client.write(
            *(b"set k:%d 0 0 1\r\nx\r\nget k:%d\r\n" % (at, at * 2) for at in range(COUNT // 2))
        )
        client.replies(COUNT)
        client.close()
        client = connect(lab)
        client.write(
            *(
                binary(SET, b"k:%d" % at, b"x", STORE.pack(0, 0), opaque=at)
                + binary(GETQ, b"k:%d" % (at * 2), opaque=at)
                + binary(GET, b"k:%d" % (at * 2), opaque=at)
                for at in range(COUNT // 4)
            ),
            binary(NOOP),
        )
        client.packets_to(NOOP)
        client.close()
