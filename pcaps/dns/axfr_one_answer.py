"""A zone transfer of named with one record in each message, as old secondaries want it."""

from pcaps.dns_client import TcpClient, dig, framed, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_named, zone
from pcaps.lab import Lab

HOSTS = 40


def make(lab: Lab) -> None:
    hosts = [f"h{number} A 192.0.2.{number % 256}" for number in range(HOSTS)]
    serve_named(
        lab, {"example.": zone("example.", *hosts)}, options=("transfer-format one-answer;",)
    )
    with lab.capture(only=DNS_TRAFFIC):
        dig("example", "AXFR")
        # named lets the questions behind a transfer wait, or answers them between its messages.
        client = TcpClient()
        questions = [query("example", "AXFR", 1), query("h1.example", "A", 2)]
        client.write(b"".join(map(framed, questions)))
        client.replies(HOSTS + 6)
        client.close()
