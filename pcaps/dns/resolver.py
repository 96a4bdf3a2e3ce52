"""A resolver from both sides: clients ask unbound, unbound asks nsd; one host asks and is asked."""

from pcaps.dns_client import TcpClient, UdpClient, dig, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, serve_unbound, zone
from pcaps.lab import CLIENT_HOST, SERVER_HOST_6, Lab


def make(lab: Lab) -> None:
    """nsd is on the client's host: its packets and the clients' differ in the ports alone."""
    records = [f'long TXT "{number} {"t" * 100}"' for number in range(20)]
    records += ["www A 192.0.2.1", "alias CNAME www", "sub NS ns.sub", f"ns.sub A {CLIENT_HOST}"]
    zones = {
        "example.": zone("example.", *records),
        "sub.example.": zone("sub.example.", "deep A 192.0.2.2"),
    }
    serve_nsd(lab, zones, host="client")
    # The letters of unbound's questions are a nonce: wWw.ExaMPle.
    serve_unbound(lab, {"example.": f"{CLIENT_HOST}@53"}, options=("use-caps-for-id: yes",))
    with lab.capture(only=DNS_TRAFFIC):
        for name in ("www.example", "alias.example", "nowhere.example", "deep.sub.example"):
            dig(name)
            dig(name)
        # Too long for UDP on both sides.
        dig("long.example", "TXT")
        dig("www.example", "AAAA", host=SERVER_HOST_6)
        # nsd does not answer for it: SERVFAIL.
        dig("other.test")
        client = UdpClient()
        for ident in range(20):
            client.send(query(f"h{ident}.example", "A", ident))
        client.replies(20)
        client.close()
        connection = TcpClient()
        for ident in range(10):
            connection.send(query(f"t{ident}.example", "A", ident))
        connection.replies(10)
        connection.close()
