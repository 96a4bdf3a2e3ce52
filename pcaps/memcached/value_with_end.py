"""Values that look like replies and like requests: END, VALUE lines, STORED, a get, a set."""

from pcaps.lab import Lab
from pcaps.memcached_client import TCP, connect, serve

VALUES = (
    b"END\r\n",
    b"\r\nEND\r\n",
    b"VALUE a 0 100\r\nx\r\nEND\r\n",
    b"STORED\r\nSTORED\r\n",
    b"x\r\nget a\r\nquit\r\n",
    b"set b 0 0 1 noreply\r\nx\r\n",
    b"ERROR\r\n" * 20,
    b"\x80\x00\x00\x01" + bytes(20),
    b"\r\n" * 10,
    bytes(range(256)),
)


def make(lab: Lab) -> None:
    serve(lab)
    with lab.capture(only=TCP):
        client = connect(lab)
        for number, value in enumerate(VALUES):
            client.ask(b"set %d 0 0 %d\r\n%s\r\n" % (number, len(value), value))
            client.ask(b"get %d nothing %d\r\n" % (number, number))
            client.ask(b"mg %d v k\r\n" % number)
        client.ask(b"get " + b" ".join(b"%d" % number for number in range(len(VALUES))) + b"\r\n")
        for number, value in enumerate(VALUES):
            client.write(
                b"set %d 0 0 %d\r\n%s\r\n" % (number, len(value), value),
                b"gets %d\r\n" % number,
                b"ms %d %d q\r\n%s\r\nmn\r\n" % (number, len(value), value),
            )
        client.replies(3 * len(VALUES))
        client.close()
