"""Requests in pieces: cut in the line, in a field, before LF, in the body; bare LF; a folded field."""

from pcaps.http_client import NGINX, Connection, get, request
from pcaps.http_servers import start_nginx
from pcaps.lab import Lab

PAUSE_S = 0.002


def make(lab: Lab) -> None:
    start_nginx(lab)
    post = request("POST /echo-upstream HTTP/1.1", "X-Long: " + "l" * 2000, body=b"b" * 50)
    with lab.capture(only=NGINX):
        client = Connection()
        for data in (get("/text?first"), post):
            for cuts in ((3, 20), (len(data) - 1,), (len(data) - 30, len(data) - 2)):
                edges = [0, *cuts, len(data)]
                for start, end in zip(edges, edges[1:], strict=False):
                    client.write(data[start:end])
                    lab.pause(PAUSE_S)
                client.reply()
        for byte in get("/text?bytes"):
            client.write(bytes((byte,)))
            lab.pause(PAUSE_S / 2)
        client.reply()
        client.ask(b"GET /text?lf HTTP/1.1\nHost: www.example\n\n")
        client.ask(b"\r\n\r\n" + get("/text?blank-lines"))
        client.close()
