"""The same as everywhere, over IPv6."""

from pcaps.dns_client import TcpClient, UdpClient, dig, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import SERVER_HOST_6, Lab


def make(lab: Lab) -> None:
    serve_nsd(lab, {"example.": zone("example.", "www AAAA 2001:db8::1", "www A 192.0.2.1")})
    with lab.capture(only=DNS_TRAFFIC):
        for kind in ("A", "AAAA", "MX"):
            dig("www.example", kind, host=SERVER_HOST_6)
        dig("nowhere.example", host=SERVER_HOST_6)
        dig("+tcp", "www.example", "AAAA", host=SERVER_HOST_6)
        dig("example", "AXFR", host=SERVER_HOST_6)
        client = UdpClient(SERVER_HOST_6)
        for ident in range(5):
            client.send(query("www.example", "AAAA", ident))
        client.replies(5)
        client.close()
        connection = TcpClient(SERVER_HOST_6)
        for ident in range(5):
            connection.send(query("www.example", "A", ident))
        connection.replies(5)
        connection.close()
