"""Datagrams longer than the cable's packets, IPv4 and IPv6: answers, and questions with padding."""

import dns.edns

from pcaps.dns_client import UdpClient, dig, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import SERVER_HOST, SERVER_HOST_6, Lab

PADDING = dns.edns.GenericOption(dns.edns.OptionType.PADDING, bytes(2000))


def make(lab: Lab) -> None:
    records = [f'long TXT "{number} {"t" * 200}"' for number in range(12)]
    records += [f'longer TXT "{number} {"u" * 230}"' for number in range(16)]
    serve_nsd(
        lab,
        {"example.": zone("example.", "www A 192.0.2.1", *records)},
        options=("ipv4-edns-size: 4096", "ipv6-edns-size: 4096"),
    )
    with lab.capture(only=DNS_TRAFFIC):
        for host in (SERVER_HOST, SERVER_HOST_6):
            dig("+bufsize=4096", "long.example", "TXT", host=host)
            client = UdpClient(host)
            client.ask(query("www.example", "A", 1, payload=4096))
            client.ask(query("longer.example", "TXT", 2, payload=4096))
            client.ask(query("www.example", "A", 3, payload=4096, options=[PADDING]))
            # Two whose fragments come one behind the other, and a short answer between.
            client.send(query("long.example", "TXT", 4, payload=4096))
            client.send(query("www.example", "AAAA", 5))
            client.send(query("long.example", "TXT", 6, payload=4096, options=[PADDING]))
            client.replies(3)
            client.close()
