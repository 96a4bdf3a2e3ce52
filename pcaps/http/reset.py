"""Connections that end while requests wait: RST, FIN by both, a body that never ends."""

from pcaps.http_client import SERVER, Connection, get, request
from pcaps.http_servers import SERVER_PORT, start_server
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    start_server(lab)
    with lab.capture(only=SERVER):
        client = Connection(SERVER_PORT)
        client.ask(get("/first"))
        client.write(get("/slow"))
        lab.pause(0.01)
        client.reset()
        lab.pause(0.08)
        # It ends its own direction first: the replies still come.
        client = Connection(SERVER_PORT)
        client.write(get("/slow"), get("/second"))
        client.finish_writing()
        client.rest()
        client.close()
        client = Connection(SERVER_PORT)
        client.write(request("POST /up HTTP/1.1", "Content-Length: 100") + b"half")
        lab.pause(0.01)
        client.close()
