"""Answers that nobody asked for before the true ones: other ids, names, types; twice; empty."""

import sys

from pcaps.dns_client import TcpClient, UdpClient, query
from pcaps.dns_forger import READY
from pcaps.dns_servers import DNS_TRAFFIC
from pcaps.lab import SERVER_HOST, Lab

LABELS = "true ids names types opcodes twice nothing queries short several true".split()


def make(lab: Lab) -> None:
    """The server is a script: none that is honest does this."""
    lab.serve(sys.executable, "-m", "pcaps.dns_forger", SERVER_HOST, ready=READY)
    with lab.capture(only=DNS_TRAFFIC):
        client = UdpClient()
        for ident, label in enumerate(LABELS, 100):
            client.send(query(f"{label}.test", "A", ident))
            lab.pause(0.01)
        # One waits whose id the answers to another one guess.
        client.send(query("silence.test", "A", 303))
        client.send(query("ids.test", "A", 300))
        lab.pause(0.01)
        client.close()
        connection = TcpClient()
        for ident, label in enumerate(LABELS, 100):
            if label != "short":
                connection.send(query(f"{label}.test", "A", ident))
                lab.pause(0.01)
        for ident, label in ((200, "silence"), (201, "true")):
            connection.send(query(f"{label}.test", "A", ident))
        lab.pause(0.01)
        connection.close()
        connection = TcpClient()
        for ident, label in ((300, "true"), (301, "short"), (302, "true")):
            connection.send(query(f"{label}.test", "A", ident))
            lab.pause(0.01)
        connection.close()
