"""dig, one question at a time, over UDP and TCP: every common type, NXDOMAIN, NODATA, the root."""

from pcaps.dns_client import dig
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import Lab

RECORDS = (
    "@ A 192.0.2.1",
    "@ AAAA 2001:db8::1",
    "@ MX 10 mail",
    "@ MX 20 mail2",
    "mail A 192.0.2.25",
    "mail2 A 192.0.2.26",
    '@ TXT "v=spf1 -all" "a text"',
    "_sip._tcp SRV 1 2 5060 sip",
    "sip A 192.0.2.60",
    '@ CAA 0 issue "ca.example.net"',
    "@ HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1",
    "www CNAME example.",
    "many A 192.0.2.11",
    "many A 192.0.2.12",
    "many A 192.0.2.13",
    "*.wild A 192.0.2.99",
    '@ NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example!" .',
    "strange TYPE65280 \\# 4 01020304",
    "sub NS ns.sub",
    "ns.sub A 192.0.2.53",
)


def make(lab: Lab) -> None:
    serve_nsd(lab, {"example.": zone("example.", *RECORDS), ".": zone(".", serial=2)})
    with lab.capture(only=DNS_TRAFFIC):
        for kind in "A AAAA MX TXT CAA HTTPS NS SOA ANY NAPTR PTR".split():
            dig("+noedns", "example", kind)
        for name in ("www.example", "many.example", "any.wild.example", "host.sub.example"):
            dig(name, "A")
        dig("_sip._tcp.example", "SRV")
        dig("strange.example", "TYPE65280")
        dig("nowhere.example", "A")
        dig("nowhere.example", "AAAA")
        dig(".", "NS")
        dig(".", "SOA")
        dig("version.bind", "TXT", "-c", "CH")
        dig("+tcp", "example", "A")
        dig("+tcp", "example", "TXT")
        dig("+tcp", "nowhere.example", "A")
