"""EDNS options; cookies, also with no question at all; BADVERS and BADCOOKIE: RCODEs over 15."""

import dns.edns
import dns.message

from pcaps.dns_client import TcpClient, UdpClient, dig, kdig, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_named, zone
from pcaps.lab import Lab

CLIENT_COOKIE = b"\x01\x02\x03\x04\x05\x06\x07\x08"


def cookie_only(cookie: bytes, ident: int) -> bytes:
    """A query without a question, which asks for a cookie (RFC 7873, section 5.4)."""
    message = dns.message.Message(ident)
    message.use_edns(
        0, 0, 1232, options=[dns.edns.GenericOption(dns.edns.OptionType.COOKIE, cookie)]
    )
    return message.to_wire()


def make(lab: Lab) -> None:
    serve_named(
        lab,
        {"example.": zone("example.", "www A 192.0.2.1")},
        options=("answer-cookie yes; require-server-cookie yes;",),
    )
    with lab.capture(only=DNS_TRAFFIC):
        dig("+nocookie", "www.example")
        dig("+noedns", "www.example")
        dig("+cookie", "+nobadcookie", "www.example")
        # BADCOOKIE, and then dig asks again with the cookie that came with it.
        dig("+cookie", "+badcookie", "www.example")
        dig("+nocookie", "+edns=1", "+noednsneg", "www.example")
        dig("+nocookie", "+edns=100", "+noednsneg", "+tcp", "www.example")
        dig("+nocookie", "+nsid", "+subnet=198.51.100.0/24", "+expire", "www.example")
        dig("+nocookie", "+dnssec", "+bufsize=512", "www.example", "TXT")
        dig("+nocookie", "+ednsopt=65001:cafe", "www.example", "AAAA")
        kdig("+edns", "+padding=200", "www.example")
        kdig("+edns=2", "www.example")
        kdig("+tcp", "+keepopen", "+edns", "www.example", "A", "www.example", "AAAA")
        client = UdpClient()
        reply = dns.message.from_wire(client.ask(cookie_only(CLIENT_COOKIE, 7)))
        (option,) = reply.options
        cookie = option.to_wire()
        assert cookie is not None
        client.ask(cookie_only(cookie, 8))
        client.ask(cookie_only(cookie, 8))
        client.ask(query("www.example", ident=9))
        client.close()
        connection = TcpClient()
        connection.ask(cookie_only(CLIENT_COOKIE, 10))
        connection.ask(query("www.example", ident=11))
        connection.close()
