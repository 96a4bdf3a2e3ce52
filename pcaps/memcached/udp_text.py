"""Text over UDP: a request and a reply a datagram; several requests in one datagram."""

from pcaps.lab import Lab
from pcaps.memcached_client import PORT, UDP, Datagrams, framed, serve

REQUESTS = (
    b"version\r\n",
    b"get a\r\n",
    b"set a 0 0 5\r\nvalue\r\n",
    b"get a\r\n",
    b"get a nothing a\r\n",
    b"gets a\r\n",
    b"add a 0 0 1\r\nx\r\n",
    b"incr n 1\r\n",
    b"set n 0 0 1\r\n1\r\n",
    b"incr n 1\r\n",
    b"touch a 60\r\n",
    b"gat 60 a\r\n",
    b"delete n\r\n",
    b"mg a v k O77\r\n",
    b"ms a 2\r\nAB\r\n",
    b"mn\r\n",
    b"nonsense\r\n",
    b"get " + b"k" * 251 + b"\r\n",
    b"set a 0 0 x\r\n",
    b"flush_all\r\n",
)


def make(lab: Lab) -> None:
    serve(lab, "-U", str(PORT))
    with lab.capture(only=UDP):
        client, other = Datagrams(), Datagrams()
        for number, request in enumerate(REQUESTS):
            client.ask(number, request)
            other.ask(number, b"get a\r\n")
        # Four requests under four numbers, before the first reply is read.
        for number in range(100, 104):
            client.send(number, b"get a\r\n")
        for _ in range(4):
            client.reply()
        # Two in one datagram are answered by two datagrams, each the first of one.
        client.send(200, b"set a 0 0 1\r\nx\r\nget a\r\n")
        for _ in range(2):
            client.reply()
        # A request in several datagrams is not answered.
        client.socket.send(framed(300, b"get ", 0, 2))
        client.socket.send(framed(300, b"a\r\n", 1, 2))
        # What is no request: a piece of a header, nothing in it, nothing at all.
        client.socket.send(b"\x01\x02")
        client.socket.send(framed(301, b""))
        client.socket.send(b"")
        client.ask(302, b"version\r\n")
        client.close()
        other.close()
