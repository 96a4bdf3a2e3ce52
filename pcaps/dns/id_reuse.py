"""One id again and again: other names and types, the same question, other ports, other servers."""

import signal

from pcaps.dns_client import TcpClient, UdpClient, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_unbound
from pcaps.lab import SERVER_HOST_6, Lab

IDENT = 0x1234


def make(lab: Lab) -> None:
    server = serve_unbound(lab)
    with lab.capture(only=DNS_TRAFFIC):
        client = UdpClient()
        # One after another: each is answered before the next is sent.
        for name, kind in (("here", "A"), ("here", "AAAA"), ("a.here", "A"), ("here", "A")):
            client.ask(query(name, kind, IDENT))
        # All at once.
        server.send_signal(signal.SIGSTOP)
        for name in ("a.here", "b.here", "c.here"):
            for kind in ("A", "AAAA", "MX"):
                client.send(query(name, kind, IDENT))
        other = UdpClient()
        other.send(query("a.here", "A", IDENT))
        six = UdpClient(SERVER_HOST_6)
        six.send(query("a.here", "A", IDENT))
        connections = [TcpClient(), TcpClient(SERVER_HOST_6)]
        for connection in connections:
            for name in ("a.here", "b.here"):
                connection.send(query(name, "A", IDENT))
        lab.pause(0.02)
        server.send_signal(signal.SIGCONT)
        client.replies(9)
        other.reply()
        six.reply()
        for connection in connections:
            connection.replies(2)
            connection.close()
        # The port of a client that is gone, with its id, and its question.
        port: int = other.socket.getsockname()[1]
        other.close()
        third = UdpClient(source_port=port)
        third.ask(query("a.here", "A", IDENT))
        for each in (client, six, third):
            each.close()
