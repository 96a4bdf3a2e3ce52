"""Requests that arrive in pieces: cut in the header, in the length, in the value, before LF."""

from pcaps.client import encode
from pcaps.lab import Lab

PAUSE_S = 0.002


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        request = encode("SET", "split", "0123456789")
        for cuts in ((1,), (5,), (14, 15), (22, 27), (len(request) - 5,), (len(request) - 1,)):
            for start, end in zip((0, *cuts), (*cuts, len(request)), strict=True):
                client.write(request[start:end])
                lab.pause(PAUSE_S)
            client.reply()
        for byte in encode("GET", "split"):
            client.write(bytes((byte,)))
            lab.pause(PAUSE_S / 10)
        client.reply()
        # The end of one request and the beginning of the next in one segment.
        two = encode("GET", "split") + encode("STRLEN", "split")
        client.write(two[:40])
        client.reply()
        client.write(two[40:])
        client.reply()
        client.close()
