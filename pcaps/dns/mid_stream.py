"""Connections and questions older than the capture: idle, waiting, half a question."""

import signal

from pcaps.dns_client import TcpClient, UdpClient, framed, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_unbound
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    server = serve_unbound(lab)
    idle, waiting, halfway = TcpClient(), TcpClient(), TcpClient()
    datagrams = UdpClient()
    idle.ask(query("here", ident=1))
    half = framed(query("here", ident=2))
    halfway.write(half[:15])
    server.send_signal(signal.SIGSTOP)
    # These are answered when the capture has begun.
    waiting.send(query("here", ident=3))
    waiting.send(query("here", "AAAA", 4))
    datagrams.send(query("here", ident=5))
    with lab.capture(only=DNS_TRAFFIC):
        waiting.send(query("here", "TXT", 6))
        datagrams.send(query("here", "TXT", 6))
        server.send_signal(signal.SIGCONT)
        waiting.replies(3)
        datagrams.replies(2)
        halfway.write(half[15:])
        halfway.reply()
        for client in (idle, waiting, halfway):
            for ident in range(10, 15):
                client.ask(query("here", ("A", "AAAA")[ident % 2], ident))
            for ident in range(20, 25):
                client.send(query(f"n{ident}.here", "A", ident))
            client.replies(5)
            client.close()
        datagrams.ask(query("here", ident=5))
        datagrams.close()
