"""WATCH: OK, then a line for what others do; nothing that is asked behind it is answered."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, Connection, connect, serve

SETTLE_S = 0.3  # the server's logger writes a few times a second


def busy(client: Connection, turns: int) -> None:
    for turn in range(turns):
        client.ask(b"set key:%d 0 0 1\r\nx\r\n" % turn)
        client.ask(b"get key:%d nothing\r\n" % turn)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        other = connect(lab)
        watchers = [connect(lab) for _ in range(3)]
        watchers[0].ask(b"get before\r\n")
        watchers[0].ask(b"watch nonsense\r\n")
        watchers[0].ask(b"watch fetchers mutations\r\n")
        watchers[1].ask(b"watch\r\n")
        # Not the first of what was sent at once: refused, and the connection goes on.
        watchers[2].write(b"version\r\nwatch mutations\r\n")
        watchers[2].replies(2)
        watchers[2].ask(b"get key:1\r\n")
        busy(other, 5)
        lab.pause(SETTLE_S)
        # Neither of these is answered.
        watchers[0].write(b"version\r\n")
        watchers[1].write(b"get key:1\r\n")
        busy(other, 5)
        lab.pause(SETTLE_S)
        for client in (*watchers, other):
            client.close()
