"""Requests over UDP too large for a packet: they come in IP fragments, IPv4 and IPv6."""

from pcaps.lab import SERVER_HOST, SERVER_HOST_6, Lab
from pcaps.memcached_client import PORT, Datagrams, serve


def make(lab: Lab) -> None:
    serve(lab, "-U", str(PORT), "-l", "0.0.0.0,::")
    # Later fragments have no port.
    with lab.capture(only="udp"):
        for host in (SERVER_HOST, SERVER_HOST_6):
            client = Datagrams(host)
            client.ask(1, b"get a\r\n")
            client.ask(2, b"set a 0 0 3000\r\n" + b"x" * 3000 + b"\r\n")
            client.ask(3, b"get a\r\n")
            client.ask(4, b"get " + b" ".join(b"%0100d" % number for number in range(20)) + b"\r\n")
            client.ask(5, b"delete a\r\n")
            client.close()
