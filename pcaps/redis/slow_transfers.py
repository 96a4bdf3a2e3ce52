"""A SET and a GET of 8 MB by a slow client; the frames are jumbo ones, and cut."""

from pcaps.client import encode
from pcaps.lab import Lab

SIZE = 8_000_000
PORTION = 100_000
PAUSE_S = 0.001
MTU = 60_000


def make(lab: Lab) -> None:
    lab.redis()
    lab.jumbo(MTU)
    with lab.capture("-s", "128"):
        client = lab.connect()
        request = encode("SET", "large", bytes(SIZE))
        for at in range(0, len(request), PORTION):
            client.write(request[at : at + PORTION])
            lab.pause(PAUSE_S)
        client.reply()
        client.call("STRLEN", "large")
        client.send("GET", "large")
        for _ in range(SIZE // PORTION):
            client.take(PORTION)
            lab.pause(PAUSE_S)
        client.take(len(f"${SIZE}\r\n\r\n"))
        client.call("PING")
        client.close()
