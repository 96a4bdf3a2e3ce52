"""Captured with a snap length of 128 bytes: answers are cut, and questions with long names."""

import dns.edns

from pcaps.dns_client import TcpClient, UdpClient, dig, framed, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import SERVER_HOST_6, Lab

PADDING = dns.edns.GenericOption(dns.edns.OptionType.PADDING, bytes(100))
LONG = f"{'x' * 60}.{'y' * 60}.example"


def make(lab: Lab) -> None:
    hosts = [f"h{number} A 192.0.2.{number}" for number in range(100)]
    records = [f'long TXT "{number} {"t" * 200}"' for number in range(12)]
    serve_nsd(
        lab,
        {"example.": zone("example.", *hosts, *records)},
        options=("ipv4-edns-size: 4096",),
    )
    with lab.capture("-s", "128", only=DNS_TRAFFIC):
        dig("h1.example")
        dig("+noedns", "h2.example", host=SERVER_HOST_6)
        dig("+bufsize=4096", "long.example", "TXT")
        dig("example", "AXFR")
        client = UdpClient()
        client.ask(query(LONG, ident=1))
        client.ask(query("h3.example", ident=2, options=[PADDING]))
        client.ask(query("h4.example", ident=3))
        client.close()
        connection = TcpClient()
        connection.ask(query("h5.example", ident=4))
        connection.ask(query(LONG, ident=5))
        connection.ask(query("h6.example", ident=6, options=[PADDING]))
        connection.ask(query("long.example", "TXT", 7))
        # Several in a segment: only the first is there to be read.
        connection.write(b"".join(framed(query(f"h{n}.example", ident=n)) for n in range(10, 20)))
        connection.replies(10)
        connection.ask(query("h7.example", ident=8))
        connection.close()
