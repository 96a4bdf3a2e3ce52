"""Requests at the edge of the protocol: what the server forgives, and what it closes for."""

from pcaps.client import encode
from pcaps.lab import Lab

PAUSE_S = 0.01
FORGIVEN = (
    b"*2\r\n$4\r\nECHO\r\n$5\r\nhelloXX" + encode("PING"),  # it trusts the length
    b"*2\rX$4\rYECHO\r\n$5\r\nhello\r\n",  # and steps over what is behind a CR
    b"*0\r\n*-1\r\n*-5\r\n\r\n\n" + encode("PING"),
    b"PING\nECHO 'it\\'s' \r\n",
    b"ECHO " + b"x" * 1000 + b"\r\n",
)
CLOSED_FOR = (
    b"*x\r\n",
    b"*01\r\n$4\r\nPING\r\n",
    b"*2147483648\r\n",
    b"*1\r\n$-1\r\n",
    b"*1\r\n$04\r\nPING\r\n",
    b"*1\r\n$536870913\r\n",
    b"*1\r\n:4\r\n",
    b'ECHO "abc\r\n',
    b'ECHO "abc"d\r\n',
    b"ECHO " + b"x" * 70_000,
    b"POST / HTTP/1.1\r\n\r\n",  # without a word
)


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        for data in FORGIVEN:
            client.write(data)
            lab.pause(PAUSE_S)
        client.close()
        for data in CLOSED_FOR:
            client = lab.connect()
            client.call("ECHO", "first")
            client.write(data)
            lab.pause(PAUSE_S)
            client.close()
        # Behind a zero in a line the server sees nothing any more, and says nothing.
        client = lab.connect()
        client.call("ECHO", "first")
        client.write(b"ECHO a\0b\r\n")
        client.send("PING")
        lab.pause(PAUSE_S)
        client.close()
