"""Names with bytes of every kind, of every length, in mixed case; dots and blanks in labels."""

import dns.name

from pcaps.dns_client import TcpClient, UdpClient, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import Lab

LABEL = 16
RECORDS = (
    "* A 192.0.2.1",
    "WwW A 192.0.2.2",
    "a\\.b A 192.0.2.3",
    "a\\032b A 192.0.2.4",
    "a\\\\b A 192.0.2.5",
    "a\\000b A 192.0.2.6",
)


def make(lab: Lab) -> None:
    serve_nsd(lab, {"example.": zone("example.", *RECORDS)})
    names: list[tuple[bytes, ...]] = [
        (bytes(range(first, first + LABEL)), b"example", b"") for first in range(0, 256, LABEL)
    ]
    names += [(label, b"example", b"") for label in (b"a.b", b"a b", b"a\\b", b"a\0b", b"-", b"*")]
    names += [(label, b"eXaMpLe", b"") for label in (b"www", b"WWW", b"wWw", b"WwW")]
    names += [(b"\xc3\xa4\xc3\xb6", b"example", b""), (b"\x1b[31m", b"example", b"")]
    # A label of 63 octets, a name of 255, and one of as many labels as there can be.
    names += [(b"x" * 63, b"example", b"")]
    names += [(b"x" * 63, b"y" * 63, b"z" * 63, b"w" * 53, b"example", b"")]
    names += [(*(b"1",) * 123, b"example", b"")]
    with lab.capture(only=DNS_TRAFFIC):
        client = UdpClient()
        for ident, labels in enumerate(names):
            client.ask(query(dns.name.Name(labels), ident=ident))
        client.close()
        connection = TcpClient()
        for ident, labels in enumerate(names[::4]):
            connection.ask(query(dns.name.Name(labels), "TXT", ident))
        connection.close()
