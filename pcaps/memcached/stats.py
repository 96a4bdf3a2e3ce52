"""STATS and all that may follow it: many lines, one line, no line, errors."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

NAMES = (
    b"",
    b" settings",
    b" items",
    b" slabs",
    b" sizes",
    b" conns",
    b" extstore",
    b" cachedump 1 0",
    b" cachedump 1 1",
    b" detail on",
    b" detail dump",
    b" detail off",
    b" nonsense",
    b" cachedump",
    b" cachedump 99 1",
    b" reset",
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        client.ask(b"set user:1 0 0 1\r\nx\r\n")
        for name in NAMES:
            client.ask(b"stats" + name + b"\r\n")
            client.ask(b"get user:1\r\n")
        client.write(*(b"stats" + name + b"\r\nget user:1\r\n" for name in NAMES))
        client.replies(2 * len(NAMES))
        client.close()
