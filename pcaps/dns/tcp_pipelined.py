"""Many questions on one connection before the first answer: in one segment, then in many."""

from pcaps.dns_client import TcpClient, framed, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    records = [f"host{number} A 192.0.2.{number}" for number in range(20)]
    serve_nsd(lab, {"example.": zone("example.", *records)})
    with lab.capture(only=DNS_TRAFFIC):
        client = TcpClient()
        questions = [query(f"host{number}.example", ident=number) for number in range(20)]
        client.write(b"".join(map(framed, questions)))
        client.replies(20)
        for question in questions:
            client.send(question)
        client.replies(20)
        # More than a segment holds: questions stand across the borders.
        many = [query(f"host{n % 25}.example", ("A", "AAAA")[n % 2], 100 + n) for n in range(60)]
        client.write(b"".join(map(framed, many)))
        client.replies(60)
        # One id for all of them, which only the questions tell apart.
        client.write(b"".join(framed(query(f"host{n}.example", ident=7)) for n in range(10)))
        client.replies(10)
        client.close()
