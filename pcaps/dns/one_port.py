"""A client that asks all its questions from one port, many at once, over IPv4."""

import signal

from pcaps.dns_client import UdpClient, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_unbound
from pcaps.lab import Lab

AT_ONCE = 40
KINDS = ("A", "AAAA", "TXT")


def make(lab: Lab) -> None:
    server = serve_unbound(lab)
    with lab.capture(only=DNS_TRAFFIC):
        client = UdpClient()
        # Held up, so that all wait at the same time.
        server.send_signal(signal.SIGSTOP)
        for ident in range(AT_ONCE):
            client.send(query(f"host{ident % 7}.here", KINDS[ident % 3], ident))
        lab.pause(0.01)
        server.send_signal(signal.SIGCONT)
        client.replies(AT_ONCE)
        for ident in range(AT_ONCE):
            client.ask(query("here", KINDS[ident % 3], ident))
        client.close()
