"""Bodies in chunks, with extensions and trailers, up and down; chunks that look like messages."""

from pcaps.http_client import SERVER, Connection, curl, get, request
from pcaps.http_servers import SERVER_PORT, start_server
from pcaps.lab import SERVER_HOST, Lab

SITE = f"http://{SERVER_HOST}:{SERVER_PORT}"
CHUNKED = "Transfer-Encoding: chunked"


def make(lab: Lab) -> None:
    start_server(lab)
    with lab.capture(only=SERVER):
        curl("-T", "-", "-H", "Expect:", f"{SITE}/up", stdin=b"y" * 5000)
        curl(f"{SITE}/trailers", f"{SITE}/after")
        client = Connection(SERVER_PORT)
        client.ask(
            request("POST /up HTTP/1.1", CHUNKED)
            + b"5\r\nhello\r\n"
            + b"1C;name=value\r\nGET /inside HTTP/1.1\r\n\r\nabcd\r\n"
            + b"0\r\nDigest: none\r\nX-Other: 1\r\n\r\n"
        )
        client.write(request("PUT /slowly HTTP/1.1", "transfer-encoding: Chunked"))
        for piece in (b"3\r", b"\nab", b"c\r\n2\r\nde", b"\r\n0\r\n", b"\r\n"):
            lab.pause(0.002)
            client.write(piece)
        client.reply()
        client.write(get("/trailers"), get("/trailers"), get("/after"))
        for _ in range(3):
            client.reply()
        client.close()
