"""The same query sent again: the query was lost, the answer was lost, or both were only late."""

import signal

from pcaps.dns_client import UdpClient, query, run
from pcaps.dns_servers import DNS_TRAFFIC, serve_unbound
from pcaps.lab import SERVER_HOST, Lab

WAIT_S = 0.05


def make(lab: Lab) -> None:
    server = serve_unbound(lab)
    with lab.capture(only=DNS_TRAFFIC):
        client = UdpClient()
        client.ask(query("here.", ident=1))
        # The server does not hear the first two.
        with lab.deaf("server"):
            for _ in range(2):
                client.send(query("here.", ident=2))
                lab.pause(WAIT_S)
        client.ask(query("here.", ident=2))
        # The client does not hear the first answer, and asks once more.
        server.send_signal(signal.SIGSTOP)
        client.send(query("here.", ident=3))
        with lab.deaf("client"):
            server.send_signal(signal.SIGCONT)
            lab.pause(WAIT_S)
        client.ask(query("here.", ident=3))
        # The server is late: both queries are answered.
        server.send_signal(signal.SIGSTOP)
        client.send(query("here.", ident=4))
        lab.pause(WAIT_S)
        client.send(query("here.", ident=4))
        lab.pause(WAIT_S)
        server.send_signal(signal.SIGCONT)
        client.replies(2)
        # Other questions between the two, of another id and of the same.
        server.send_signal(signal.SIGSTOP)
        for ident, kind in ((5, "A"), (6, "A"), (5, "AAAA"), (5, "A"), (6, "A")):
            client.send(query("here.", kind, ident))
            lab.pause(WAIT_S / 10)
        server.send_signal(signal.SIGCONT)
        client.replies(5)
        client.close()
        with lab.deaf("server"):
            run("dig", "+tries=2", "+time=1", f"@{SERVER_HOST}", "here.", "TXT")
            run("kdig", "+retry=1", "+timeout=1", f"@{SERVER_HOST}", "here.", "MX")
        run("dig", "+tries=2", "+time=1", f"@{SERVER_HOST}", "here.", "TXT")
