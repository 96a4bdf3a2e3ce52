"""CONNECT refused and granted, Upgrade: behind the reply something else is spoken."""

from pcaps.http_client import SERVER, Connection, get, request
from pcaps.http_servers import SERVER_PORT, start_server
from pcaps.lab import Lab

UPGRADE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
FRAME = b"\x81\x85\x01\x02\x03\x04igohn"


def make(lab: Lab) -> None:
    start_server(lab)
    with lab.capture(only=SERVER):
        client = Connection(SERVER_PORT)
        client.ask(request("CONNECT refused.example:443 HTTP/1.1", host="refused.example:443"))
        client.ask(request("CONNECT granted.example:443 HTTP/1.1", host="granted.example:443"))
        client.write(get("/inside-the-tunnel"))
        client.rest()
        client.close()
        client = Connection(SERVER_PORT)
        client.ask(get("/before"))
        client.ask(request("GET /upgrade HTTP/1.1", *UPGRADE))
        client.write(FRAME)
        client.rest()
        client.close()
