"""Requests in pieces: cut in the line, in a field, before LF, in the body; LF; a folded field."""

import itertools

from pcaps.http_client import SERVER, Connection, get, request
from pcaps.http_servers import SERVER_PORT, start_server
from pcaps.lab import Lab

PAUSE_S = 0.002


def make(lab: Lab) -> None:
    start_server(lab)
    post = request("POST /up HTTP/1.1", "X-Long: " + "l" * 2000, body=b"b" * 50)
    with lab.capture(only=SERVER):
        client = Connection(SERVER_PORT)
        for data in (get("/text?first"), post):
            for cuts in ((3, 20), (len(data) - 1,), (len(data) - 30, len(data) - 2)):
                edges = [0, *cuts, len(data)]
                for start, end in itertools.pairwise(edges):
                    client.write(data[start:end])
                    lab.pause(PAUSE_S)
                client.reply()
        for byte in get("/text?bytes"):
            client.write(bytes((byte,)))
            lab.pause(PAUSE_S / 2)
        client.reply()
        client.ask(b"GET /text?lf HTTP/1.1\nHost: www.example\nX-Folded: one\n two\n\n")
        client.close()
