"""Retrievals of many keys: all there, none, some, one twice, more than fit into a segment."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

KEYS = [b"key:%d" % number for number in range(60)]


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        for key in KEYS[::2]:
            client.ask(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(key) * 3, key * 3))
        for keys in (KEYS[:6:2], KEYS[1:7:2], KEYS[:7], KEYS, KEYS[:1] * 5):
            for command in (b"get", b"gets", b"gat 60", b"gats 60"):
                client.ask(command + b" " + b" ".join(keys) + b"\r\n")
        client.ask(b"get " + b" ".join(KEYS * 2) + b"\r\n")
        client.write(*(b"get %s %s\r\n" % (key, KEYS[1]) for key in KEYS[:20]))
        client.replies(20)
        client.close()
