"""Replies of many datagrams over UDP: large values, statistics, text and binary."""

from pcaps.lab import Lab
from pcaps.memcached_client import GET, PORT, STAT, UDP, Datagrams, binary, connect, serve

SIZE = 4500


def make(lab: Lab) -> None:
    serve(lab, "-U", str(PORT))
    setup = connect(lab)
    value = b"END\r\n" * (SIZE // 5)
    setup.ask(b"set large 0 0 %d\r\n%s\r\n" % (len(value), value))
    setup.ask(b"set small 0 0 1\r\nx\r\n")
    setup.close()
    with lab.capture(only=UDP):
        client = Datagrams()
        client.ask(1, b"get large\r\n")
        client.ask(2, b"get small large small\r\n")
        client.ask(3, b"stats\r\n")
        client.ask(4, binary(GET, b"large", opaque=9))
        client.ask(5, binary(STAT, opaque=9))
        # Two at once.
        client.send(6, b"get large\r\n")
        client.send(7, b"get small\r\n")
        client.reply()
        client.reply()
        client.close()
