"""Requests written before the first reply, with HEAD, 404, 204 and bodies among them."""

from pcaps.http_client import NGINX, Connection, get, request
from pcaps.http_servers import start_nginx
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    start_nginx(lab)
    with lab.capture(only=NGINX):
        client = Connection()
        client.write(*(get(f"/text?n={number}") for number in range(20)))
        for _ in range(20):
            client.reply()
        client.write(
            request("HEAD /hello.txt HTTP/1.1"),
            get("/nothing"),
            request("POST /text HTTP/1.1", body=b"GET /inside HTTP/1.1\r\n\r\n"),
            b"\r\n",  # as some clients send behind a body
            request("HEAD /large.txt HTTP/1.1"),
            get("/missing"),
            request("OPTIONS * HTTP/1.1"),
        )
        for head in (True, False, False, True, False, False):
            client.reply(head)
        client.close()
        # The last one says that it is the last.
        client = Connection()
        client.write(get("/large.txt") * 2, request("GET /text HTTP/1.1", "Connection: close"))
        client.write(get("/never-read"))
        for _ in range(3):
            client.reply()
        client.rest()
        client.close()
