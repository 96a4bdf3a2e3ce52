"""A client that always keeps two requests waiting, and every one is a GET of another key."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

ROUNDS = 40


def make(lab: Lab) -> None:
    serve(lab)
    setup = connect(lab)
    for turn in range(ROUNDS):
        setup.ask(b"set key:%d 0 0 5\r\nvalue\r\n" % turn)
    setup.close()
    with lab.capture(only=TCP):
        client = connect(lab)
        client.write(b"get key:0\r\n")
        for turn in range(1, ROUNDS):
            client.write(b"get key:%d\r\n" % turn)
            client.reply()
        client.reply()
        client.close()
