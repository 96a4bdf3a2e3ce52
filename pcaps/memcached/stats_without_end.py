"""STATS SIZES_ENABLE and SIZES_DISABLE, whose replies lack the end that others have."""

from pcaps.lab import Lab
from pcaps.memcached_client import GET, NOOP, STAT, TCP, binary, connect, serve

REQUESTS = (b"stats sizes_enable\r\n", b"stats sizes_disable\r\n")


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        for request in REQUESTS:
            client.write(request)
            client.lines(1)
            client.ask(b"stats sizes\r\n")
            client.ask(b"get a\r\n")
        client.write(*REQUESTS, b"get a\r\n")
        client.lines(len(REQUESTS))
        client.reply()
        client.ask(b"version\r\n")
        client.close()
        client = connect(lab)
        for name in (b"sizes_enable", b"sizes_disable"):
            client.call(binary(STAT, name))
            client.write(binary(STAT, b"sizes"))
            client.packets_to(STAT)
            client.call(binary(GET, b"a"))
        client.call(binary(NOOP))
        client.close()
