"""Bodies of 30 KB captured with a snap length of 256 bytes: most of each segment is cut off."""

from pcaps.http_client import SERVER, Connection, get, request
from pcaps.http_servers import SERVER_PORT, start_server
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    start_server(lab)
    post = request("POST /up HTTP/1.1", "Content-Length: 30000")
    with lab.capture("-s", "256", only=SERVER):
        client = Connection(SERVER_PORT)
        client.ask(get("/text"))
        client.write(post)
        lab.pause(0.002)
        client.write(b"b" * 30000)
        client.reply()
        client.ask(get("/text"))
        client.ask(get("/large"))
        client.ask(get("/text"))
        client.close()
