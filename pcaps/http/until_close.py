"""Replies without a length, which end with the connection: HTTP/1.1 and HTTP/1.0."""

import sys

from pcaps.http_client import NGINX, SERVER, Connection, get, request
from pcaps.http_servers import NGINX_PORT, SERVER_PORT, start_server
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    start_server(lab)
    folder = lab.folder()
    (folder / "hello.txt").write_text("hello\n")
    # As a user starts it: HTTP/1.0, a connection for each request.
    command = (sys.executable, "-u", "-m", "http.server", "-d", str(folder), str(NGINX_PORT))
    lab.serve(*command, ready="Serving HTTP")
    with lab.capture(only=f"{NGINX} or {SERVER}"):
        for path in ("/hello.txt", "/", "/missing"):
            client = Connection()
            client.write(request(f"GET {path} HTTP/1.0"))
            client.rest()
            client.close()
        client = Connection(SERVER_PORT)
        client.ask(get("/before"))
        client.write(get("/until-close"))
        client.rest()
        client.close()
        # What stands behind it is never answered.
        client = Connection(SERVER_PORT)
        client.write(get("/until-close"), get("/behind"))
        client.rest()
        client.close()
