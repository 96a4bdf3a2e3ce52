"""Bodies of 30 KB captured with a snap length of 256 bytes: most of each segment is cut off."""

from pcaps.http_client import NGINX, Connection, get, request
from pcaps.http_servers import start_nginx
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    start_nginx(lab)
    post = request("POST /echo-upstream HTTP/1.1", "Content-Length: 30000")
    with lab.capture("-s", "256", only=NGINX):
        client = Connection()
        client.ask(get("/text"))
        client.write(post)
        lab.pause(0.002)
        client.write(b"b" * 30000)
        client.reply()
        client.ask(get("/text"))
        client.ask(get("/large.txt"))
        client.ask(get("/text"))
        client.close()
