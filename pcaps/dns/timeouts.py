"""Nobody answers for longer than ten seconds: once, three times asked, then a late answer."""

import signal

from pcaps.dns_client import TcpClient, UdpClient, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_unbound
from pcaps.lab import Lab

LONGER_THAN_TIMEOUT_S = 10.5


def make(lab: Lab) -> None:
    server = serve_unbound(lab)
    connection = TcpClient()
    with lab.capture(only=DNS_TRAFFIC):
        client = UdpClient()
        client.ask(query("here.", ident=1))
        connection.ask(query("here.", ident=1))
        # These are lost: they never get an answer.
        with lab.deaf("server"):
            client.send(query("once.here.", ident=2))
            for _ in range(3):
                client.send(query("thrice.here.", ident=3))
                lab.pause(0.1)
        # These wait in the server's buffer until it goes on.
        server.send_signal(signal.SIGSTOP)
        client.send(query("late.here.", ident=4))
        connection.send(query("late.here.", ident=4))
        lab.pause(LONGER_THAN_TIMEOUT_S)
        client.send(query("waiting.here.", ident=5))
        connection.send(query("waiting.here.", ident=5))
        lab.pause(0.05)
        server.send_signal(signal.SIGCONT)
        client.replies(2)
        connection.replies(2)
        client.ask(query("late.here.", ident=4))
        client.ask(query("here.", ident=6))
        client.send(query("here.", ident=7))
        client.reply()
        connection.close()
        with lab.deaf("server"):
            client.send(query("unanswered.here.", ident=8))
        client.close()
