"""Questions over TCP in pieces: cut in the length, behind it, in the message, byte by byte."""

from pcaps.dns_client import TcpClient, framed, query
from pcaps.dns_servers import DNS_TRAFFIC, serve_nsd, zone
from pcaps.lab import Lab

PAUSE_S = 0.002


def make(lab: Lab) -> None:
    serve_nsd(lab, {"example.": zone("example.", "www A 192.0.2.1", f"big TXT {'t' * 200} " * 20)})
    with lab.capture(only=DNS_TRAFFIC):
        client = TcpClient()
        message = framed(query("www.example", ident=1))
        for cuts in ((1,), (2,), (3,), (1, 2, 3), (14,), (20,), (len(message) - 1,)):
            for start, end in zip((0, *cuts), (*cuts, len(message)), strict=True):
                client.write(message[start:end])
                lab.pause(PAUSE_S)
            client.reply()
        for byte in framed(query("www.example", "AAAA", 2)):
            client.write(bytes((byte,)))
            lab.pause(PAUSE_S / 10)
        client.reply()
        # The end of one and the beginning of the next in one segment.
        two = framed(query("www.example", ident=3)) + framed(query("nowhere.example", ident=4))
        client.write(two[:40])
        client.reply()
        client.write(two[40:])
        client.reply()
        client.ask(query("big.example", "TXT", 5))
        client.close()
