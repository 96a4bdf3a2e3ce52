"""Bodies of 30 KB up and down: many segments each way."""

from pcaps.http_client import NGINX, Connection, get, request
from pcaps.http_servers import start_nginx
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    start_nginx(lab)
    post = request("POST /echo-upstream HTTP/1.1", body=b"GET / HTTP/1.1\r\n\r\n" * 1600)
    with lab.capture(only=NGINX):
        client = Connection()
        client.ask(get("/large.txt"))
        client.ask(post)
        client.ask(get("/text"))
        client.close()
