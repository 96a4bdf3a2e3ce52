"""Connections older than the capture: idle, waiting, in a body, in a pipeline."""

from pcaps.http_client import SERVER, Connection, get, request
from pcaps.http_servers import SERVER_PORT, start_server
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    start_server(lab)
    idle, waiting, inside, piped = (Connection(SERVER_PORT) for _ in range(4))
    idle.ask(get("/before"))
    inside.write(request("POST /up HTTP/1.1", "Content-Length: 400") + b"a" * 200)
    with lab.capture(only=SERVER):
        inside.write(b"z" * 200)
        inside.reply()
        for number in range(6):
            idle.ask(get(f"/idle/{number}"))
            lab.pause(0.03)
            inside.ask(get(f"/inside/{number}"))
        waiting.ask(get("/slow"))
        waiting.ask(request("HEAD /slow HTTP/1.1"))
        waiting.ask(get("/waiting"))
        piped.write(*(get(f"/piped/{number}") for number in range(5)))
        for _ in range(5):
            piped.reply()
        for client in (idle, waiting, inside, piped):
            client.close()
