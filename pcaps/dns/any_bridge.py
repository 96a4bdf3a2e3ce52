"""Captured on `any` on a host with a bridge: link type SLL2, and every packet is there twice."""

from pcaps.dns_client import TcpClient, UdpClient, dig, framed, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import SERVER_HOST_6, Lab


def make(lab: Lab) -> None:
    lab.bridge_the_server()
    records = [f'long TXT "{number} {"t" * 200}"' for number in range(12)]
    serve_nsd(
        lab,
        {"example.": zone("example.", "www A 192.0.2.1", *records)},
        options=("ipv4-edns-size: 4096",),
    )
    with lab.capture(interface="any", only=DNS_TRAFFIC):
        dig("www.example")
        dig("www.example", "AAAA", host=SERVER_HOST_6)
        dig("+bufsize=4096", "long.example", "TXT")
        client = UdpClient()
        for ident in range(10):
            client.send(query("www.example", ("A", "TXT")[ident % 2], ident))
        client.replies(10)
        # A question that is sent again after its answer, for once not by the bridge.
        client.ask(query("www.example", "A", 100))
        client.ask(query("www.example", "A", 100))
        client.close()
        connection = TcpClient()
        connection.write(b"".join(framed(query("www.example", ident=n)) for n in range(10)))
        connection.replies(10)
        connection.close()
