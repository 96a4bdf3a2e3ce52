"""Answers that are errors: REFUSED, SERVFAIL, FORMERR, NOTIMP, and queries that are not whole."""

import struct

from pcaps.dns_client import TcpClient, UdpClient, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import Lab

STATUS = 2
UNASSIGNED = 15


def with_opcode(message: bytes, opcode: int) -> bytes:
    return message[:2] + bytes((opcode << 3,)) + message[3:]


def with_counts(message: bytes, *counts: int) -> bytes:
    """Another number of questions, answers, authority and additional records in the header."""
    return message[:4] + struct.pack("!4H", *counts) + message[12:]


def make(lab: Lab) -> None:
    serve_nsd(lab, {"example.": zone("example.", "www A 192.0.2.1"), "broken.": ""})
    with lab.capture(only=DNS_TRAFFIC):
        client = UdpClient()
        client.ask(query("www.example", ident=1))
        client.ask(query("elsewhere.test", ident=2))
        client.ask(query("www.broken", ident=3))
        client.ask(query("nowhere.example", ident=4))
        client.ask(with_opcode(query("www.example", ident=5), STATUS))
        client.ask(with_opcode(query("www.example", ident=6), UNASSIGNED))
        two = query("www.example", ident=7) + query("www.example", "AAAA")[12:]
        client.ask(with_counts(two, 2, 0, 0, 0))
        client.ask(with_counts(query("www.example", ident=8), 0, 0, 0, 0))
        client.ask(query("www.example", "TYPE0", 9))
        client.ask(query("www.example", "MAILB", 10))
        client.ask(query("www.example", "AXFR", 11))
        # A name that does not end, one that points to itself, and a record that is not there.
        client.ask(query("www.example", ident=12)[:-8])
        client.ask(query("a", ident=13)[:12] + b"\xc0\x0c\0\x01\0\x01")
        client.ask(with_counts(query("www.example", ident=14), 1, 0, 0, 1))
        # Shorter than a header, and an answer where a query should be: neither gets an answer.
        client.send(query("www.example", ident=15)[:11])
        client.send(query("www.example", ident=16)[:2] + b"\x80" + query("www.example")[3:])
        client.ask(query("www.example", ident=17, kind_class="CH"))
        client.ask(query("www.example", ident=18))
        client.close()
        connection = TcpClient()
        connection.ask(query("elsewhere.test", ident=21))
        connection.ask(query("www.broken", ident=22))
        connection.ask(with_opcode(query("www.example", ident=23), STATUS))
        connection.ask(with_counts(query("www.example", ident=24), 0, 0, 0, 0))
        connection.ask(query("elsewhere.test", "AXFR", 25))
        connection.ask(query("www.example", ident=26))
        connection.close()
