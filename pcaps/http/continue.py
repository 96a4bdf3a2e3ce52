"""Expect: 100-continue granted, refused, not waited for; 103; a reply before the upload's end."""

from pcaps.http_client import NGINX, SERVER, Connection, curl, get, request
from pcaps.http_servers import SERVER_PORT, start_nginx, start_server
from pcaps.lab import SERVER_HOST, Lab

SITE = f"http://{SERVER_HOST}:{SERVER_PORT}"
EXPECT = "Expect: 100-continue"


def make(lab: Lab) -> None:
    start_nginx(lab)
    start_server(lab)
    with lab.capture(only=f"{NGINX} or {SERVER}"):
        curl("-H", EXPECT, "-d", "z" * 2000, f"{SITE}/granted", f"{SITE}/again")
        curl(f"{SITE}/hints", f"{SITE}/after")
        client = Connection(SERVER_PORT)
        head, body = request("POST /slow-body HTTP/1.1", EXPECT, "Content-Length: 6"), b"abcdef"
        assert client.ask(head).startswith(b"HTTP/1.1 100")
        lab.pause(0.02)
        client.write(body[:3])
        lab.pause(0.02)
        client.write(body[3:])
        client.reply()
        client.write(head + body + get("/behind"))
        for _ in range(3):
            client.reply()
        client.close()
        # 417 comes in the place of 100, and the connection ends.
        client = Connection(SERVER_PORT)
        client.ask(request("POST /refused HTTP/1.1", EXPECT, "Content-Length: 6"))
        client.rest()
        client.close()
        # nginx says 413 as soon as it has read the header, whatever of the body has come.
        client = Connection()
        client.ask(get("/text"))
        client.write(request("POST /text HTTP/1.1", "Content-Length: 200000") + b"a" * 100)
        client.reply()
        client.close()
