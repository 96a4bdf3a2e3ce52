"""A client that ends its own direction after its questions: nsd answers what it has, or not."""

from pcaps.dns_client import TcpClient, framed, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    serve_nsd(lab, {"example.": zone("example.", "www A 192.0.2.1")})
    with lab.capture(only=DNS_TRAFFIC):
        client = TcpClient()
        client.send(query("www.example", ident=1))
        client.finish_writing()
        client.reply()
        assert client.at_end()
        client.close()
        # Several, then half of one more: it is never answered.
        client = TcpClient()
        messages = b"".join(framed(query("www.example", ident=ident)) for ident in range(5))
        client.write(messages + framed(query("www.example", ident=9))[:20])
        client.finish_writing()
        client.replies(5)
        assert client.at_end()
        client.close()
        # A whole transfer behind the FIN.
        client = TcpClient()
        client.send(query("example", "AXFR", 1))
        client.finish_writing()
        client.reply()
        assert client.at_end()
        client.close()
