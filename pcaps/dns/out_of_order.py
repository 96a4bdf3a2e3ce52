"""Answers in another order than the questions: unbound has to ask for some and knows the others."""

from pcaps.dns_client import TcpClient, UdpClient, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, serve_unbound, zone
from pcaps.lab import CLIENT_HOST, Lab

WAIT_S = 0.01


def make(lab: Lab) -> None:
    serve_nsd(
        lab, {"example.": zone("example.", "*.slow A 192.0.2.7", "*.slow TXT slow")}, host="client"
    )
    serve_unbound(lab, {"example.": f"{CLIENT_HOST}@53"})
    with lab.capture(only=DNS_TRAFFIC):
        first = TcpClient()
        for turn in range(5):
            for ident, name in ((1, f"{turn}.slow.example"), (2, "here"), (3, f"x{turn}.here")):
                first.send(query(name, "A", 10 * turn + ident))
            first.replies(3)
        # The server that unbound asks does not hear it, so it has to ask again. One id is for
        # two questions, and both are asked again.
        datagrams = UdpClient()
        clients = (first, datagrams)
        with lab.deaf("client"):
            for client in clients:
                client.send(query("very.slow.example", "TXT", 100))
                client.send(query("also.slow.example", "A", 101))
            lab.pause(WAIT_S)
        for client in clients:
            client.send(query("here", "TXT", 100))
            client.send(query("here", "A", 102))
            client.send(query("here", "AAAA", 103))
        for client in clients:
            client.replies(5)
        # All in one segment; the same question under three ids.
        questions = [query("last.slow.example", "A", 200), query("here", "A", 201)]
        questions += [query("last.slow.example", "A", 202), query("LAST.slow.example", "A", 203)]
        first.write(b"".join(len(each).to_bytes(2, "big") + each for each in questions))
        first.replies(4)
        first.close()
        datagrams.close()
