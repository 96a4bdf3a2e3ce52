"""Secrets: Authorization, cookies, users in absolute URIs, tokens in queries; nginx as a proxy."""

from pcaps.http_client import NGINX, SERVER, Connection, curl, request
from pcaps.http_servers import SERVER_PORT, start_nginx, start_server
from pcaps.lab import SERVER_HOST, Lab

SITE = f"http://{SERVER_HOST}"


def make(lab: Lab) -> None:
    start_nginx(lab)
    start_server(lab)
    with lab.capture(only=f"{NGINX} or {SERVER}"):
        curl("-u", "user:hidden-1", f"{SITE}/text")
        curl("-b", "session=hidden-2", f"{SITE}/text?access_token=hidden-3&page=2&pwd=hidden-4")
        curl("-x", f"{SITE}:80", "http://www.example/text?q=a")
        client = Connection(SERVER_PORT)
        for target in (
            "http://user:hidden-5@www.example/text",
            "http://user:hid@den-6@www.example:8080/text?a=1",
            "/text?url=http://user:hidden-7@inner.example/&API_KEY=hidden-8;Password=hidden-9#x",
            "/text?url=http%3A%2F%2Fuser%3Ahidden-10%40inner.example%2F&signature=",
            "/text/http://user:hidden-11@inner.example/",
        ):
            client.ask(request(f"GET {target} HTTP/1.1", "Proxy-Authorization: Basic aGlkZGVu"))
        client.close()
