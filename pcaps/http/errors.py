"""nginx fails or refuses: 500, 502, 503, 400 for what is no HTTP, 505; a header without an end."""

from pcaps.http_client import NGINX, Connection, curl, get, request
from pcaps.http_servers import start_nginx
from pcaps.lab import SERVER_HOST, Lab

SITE = f"http://{SERVER_HOST}"


def make(lab: Lab) -> None:
    start_nginx(lab)
    with lab.capture(only=NGINX):
        curl(f"{SITE}/broken", f"{SITE}/gone", f"{SITE}/busy", f"{SITE}/hello.txt/more")
        # No Host: nginx answers 400 and closes.
        client = Connection()
        client.ask(get("/text"))
        client.ask(b"GET /text HTTP/1.1\r\n\r\n")
        client.rest()
        client.close()
        for nonsense in (b"hello, is this a server?\r\n\r\n", request("GET /text HTTP/3.0")):
            client = Connection()
            client.write(nonsense)
            client.rest()
            client.close()
        # A second later nginx closes without a word.
        client = Connection()
        client.ask(get("/text"))
        client.write(b"GET /text HTTP/1.1\r\nHost: www")
        client.rest()
        client.close()
