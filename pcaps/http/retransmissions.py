"""Requests and replies that one host missed, though the capture has them, sent once more by TCP."""

from pcaps.http_client import SERVER, Connection, get, request
from pcaps.http_servers import SERVER_PORT, start_server
from pcaps.lab import Lab

# Between the first copy and the second, which TCP sends after 200 ms or more.
OUTAGE_S = 0.1


def make(lab: Lab) -> None:
    start_server(lab)
    with lab.capture(only=SERVER):
        client = Connection(SERVER_PORT)
        client.ask(get("/first"))
        with lab.deaf("server"):
            client.write(get("/unheard"))
            lab.pause(OUTAGE_S)
        client.reply()
        with lab.deaf("server"):
            client.write(request("POST /up HTTP/1.1", "Content-Length: 6"))
            lab.pause(OUTAGE_S / 10)
            client.write(b"abcdef" + get("/behind"))
            lab.pause(OUTAGE_S)
        client.reply()
        client.reply()
        # The server sleeps for 50 ms, and by then nobody listens: the reply is lost.
        client.write(get("/slow"))
        lab.pause(OUTAGE_S / 4)
        with lab.deaf("client"):
            lab.pause(OUTAGE_S)
        client.reply()
        client.ask(get("/last"))
        client.close()
