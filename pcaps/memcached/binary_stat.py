"""STAT in binary: many replies, the last of them without a key; one that is an error."""

from pcaps.lab import Lab
from pcaps.memcached_client import GET, NOOP, SET, STAT, STORE, TCP, binary, connect, serve

NAMES = (
    b"",
    b"settings",
    b"items",
    b"slabs",
    b"sizes",
    b"detail on",
    b"detail dump",
    b"detail off",
    b"reset",
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        client.call(binary(SET, b"user:1", b"x", STORE.pack(0, 0)))
        for name in NAMES:
            client.write(binary(STAT, name))
            client.packets_to(STAT)
            client.call(binary(GET, b"user:1"))
        # Not found, and done.
        client.call(binary(STAT, b"nonsense"))
        client.write(*(binary(STAT, name, opaque=7) for name in NAMES), binary(NOOP, opaque=8))
        client.packets_to(NOOP)
        client.close()
