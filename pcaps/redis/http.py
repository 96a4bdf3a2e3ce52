"""An HTTP client on Redis's port: the server closes without a word, and calls it an attack."""

from pcaps.lab import Lab

PAUSE_S = 0.01


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        for request in (
            b"GET / HTTP/1.1\r\nHost: 10.0.0.2:6379\r\nAccept: */*\r\n\r\n",
            b"POST /set/key HTTP/1.1\r\nHost: 10.0.0.2:6379\r\nContent-Length: 0\r\n\r\n",
            b"GET /key\r\n",
        ):
            client = lab.connect()
            client.write(request)
            lab.pause(PAUSE_S)
            client.close()
        client = lab.connect()
        client.call("GET", "key")
        client.close()
