"""Bodies of 30 KB up and down: many segments each way."""

from pcaps.http_client import SERVER, Connection, get, request
from pcaps.http_servers import SERVER_PORT, start_server
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    start_server(lab)
    post = request("POST /up HTTP/1.1", body=b"GET / HTTP/1.1\r\n\r\n" * 1600)
    with lab.capture(only=SERVER):
        client = Connection(SERVER_PORT)
        client.ask(get("/large"))
        client.ask(post)
        client.ask(get("/text"))
        client.close()
