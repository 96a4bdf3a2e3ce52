"""Answers too long for UDP: TC, and then dig and kdig ask again over TCP; some do not."""

from pcaps.dns_client import UdpClient, dig, kdig, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    records = [f'long TXT "{number} {"t" * 100}"' for number in range(20)]
    records += [f"many A 192.0.2.{number}" for number in range(1, 100)]
    serve_nsd(lab, {"example.": zone("example.", *records)})
    with lab.capture(only=DNS_TRAFFIC):
        dig("+noedns", "long.example", "TXT")
        dig("+bufsize=1232", "many.example", "A")
        dig("+ignore", "+noedns", "long.example", "TXT")
        kdig("long.example", "TXT")
        kdig("+ignore", "long.example", "TXT")
        client = UdpClient()
        client.ask(query("long.example", "TXT", 1))
        client.ask(query("long.example", "TXT", 2, payload=4096))
        client.ask(query("many.example", "A", 3))
        client.close()
