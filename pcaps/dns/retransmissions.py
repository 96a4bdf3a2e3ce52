"""Segments that one host missed, though the capture has them, sent once more by TCP."""

from pcaps.dns_client import TcpClient, framed, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import Lab

# Between the first copy and the second, which TCP sends after 200 ms or more.
OUTAGE_S = 0.1


def make(lab: Lab) -> None:
    hosts = [f"h{number} A 192.0.2.{number}" for number in range(200)]
    serve_nsd(lab, {"example.": zone("example.", *hosts)})
    with lab.capture(only=DNS_TRAFFIC):
        client = TcpClient()
        client.ask(query("h1.example", ident=1))
        with lab.deaf("server"):
            client.send(query("h2.example", ident=2))
            lab.pause(OUTAGE_S)
        client.reply()
        with lab.deaf("server"):
            client.send(query("h3.example", ident=3))
            lab.pause(OUTAGE_S / 10)
            client.write(
                framed(query("h4.example", ident=4)) + framed(query("h5.example", ident=5))
            )
            lab.pause(OUTAGE_S)
        client.replies(3)
        # A question in two pieces, the second of them lost.
        message = framed(query("h6.example", "TXT", 6))
        client.write(message[:10])
        with lab.deaf("server"):
            client.write(message[10:])
            lab.pause(OUTAGE_S)
        client.reply()
        # The transfer is lost on its way back, or a part of it.
        with lab.deaf("client"):
            client.send(query("example", "AXFR", 7))
            lab.pause(OUTAGE_S)
        client.reply()
        client.ask(query("h8.example", ident=8))
        client.close()
