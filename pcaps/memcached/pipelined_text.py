"""Many requests in one write: of one kind, mixed, with blocks, with hits and misses."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

MIXED = (
    b"set a 0 0 3\r\nabc\r\n",
    b"get a\r\n",
    b"get nothing\r\n",
    b"incr n 1\r\n",
    b"delete nothing\r\n",
    b"get a nothing a\r\n",
    b"add a 0 0 1\r\nx\r\n",
    b"touch a 60\r\n",
    b"version\r\n",
    b"replace a 0 0 200\r\n" + b"r" * 200 + b"\r\n",
    b"nonsense\r\n",
    b"gets a\r\n",
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        client.write(*(b"set n 0 0 1\r\n%d\r\n" % (number % 10) for number in range(50)))
        client.replies(50)
        client.write(b"get n\r\n" * 50)
        client.replies(50)
        for _ in range(5):
            client.write(*MIXED)
            client.replies(len(MIXED))
        client.write(*(b"incr n 1\r\n" if number % 2 else b"get no\r\n" for number in range(60)))
        client.replies(60)
        client.close()
