"""Zone transfers by dig and kdig: a zone of many records in a few messages, small ones in one."""

from pcaps.dns_client import TcpClient, dig, framed, kdig, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import Lab

HOSTS = 1600


def make(lab: Lab) -> None:
    hosts = [f"h{number} A 192.0.2.{number % 256}" for number in range(HOSTS)]
    serve_nsd(lab, {"large.": zone("large.", *hosts), "example.": zone("example.", *hosts[:20])})
    with lab.capture(only=DNS_TRAFFIC):
        dig("example", "AXFR")
        dig("large", "AXFR")
        kdig("example", "AXFR")
        dig("+tcp", "elsewhere.test", "AXFR")
        # Between ordinary questions on one connection, which wait until it is through.
        client = TcpClient()
        questions = [query("example", "SOA", 1), query("example", "AXFR", 2)]
        questions += [query("h1.example", "A", 3), query("example", "AXFR", 4)]
        client.write(b"".join(map(framed, questions)))
        client.replies(4)
        client.ask(query("example", "AXFR", 4))
        client.close()
