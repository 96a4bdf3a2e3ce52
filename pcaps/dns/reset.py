"""Connections that end: RST by the client, by a dying server, with questions waiting; idle FIN."""

import signal

from pcaps.dns_client import TcpClient, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_unbound
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    server = serve_unbound(lab, options=("tcp-idle-timeout: 400",))
    with lab.capture(only=DNS_TRAFFIC):
        client = TcpClient()
        client.ask(query("here", ident=1))
        server.send_signal(signal.SIGSTOP)
        client.send(query("here", ident=2))
        client.send(query("here", "AAAA", 3))
        lab.pause(0.01)
        client.reset()
        server.send_signal(signal.SIGCONT)
        # Idle for too long: the server ends it, and nothing waits.
        client = TcpClient()
        client.ask(query("here", ident=4))
        assert client.at_end()
        client.close()
        # The server dies with questions waiting.
        client = TcpClient()
        client.ask(query("here", ident=5))
        server.send_signal(signal.SIGSTOP)
        client.send(query("here", ident=6))
        client.send(query("www.here", ident=7))
        lab.pause(0.01)
        server.kill()
        lab.pause(0.05)
        client.close()
