"""Questions from port 53 to port 53, as old resolvers send them; a host that asks and is asked."""

from pcaps.dns_client import TcpClient, UdpClient, query
from pcaps.dns_servers import DNS_PORT, DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import SERVER_HOST, SERVER_HOST_6, Lab


def make(lab: Lab) -> None:
    serve_nsd(lab, {"example.": zone("example.", "www A 192.0.2.1")})
    with lab.capture(only=DNS_TRAFFIC):
        for host in (SERVER_HOST, SERVER_HOST_6):
            client = UdpClient(host, DNS_PORT)
            for ident in range(5):
                client.ask(query("www.example", "A", ident))
            for ident in range(5):
                client.send(query("www.example", "AAAA", ident))
            client.replies(5)
            client.close()
            connection = TcpClient(host, DNS_PORT)
            for ident in range(5):
                connection.ask(query("www.example", "A", ident))
            connection.reset()
