"""Requests and replies that one host missed, though the capture has them, sent once more by TCP."""

from pcaps.client import encode
from pcaps.lab import Lab

# Between the first copy and the second, which TCP sends after 200 ms or more.
OUTAGE_S = 0.1


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        client.call("SET", "key", "value")
        with lab.deaf("server"):
            client.send("GET", "key")
            lab.pause(OUTAGE_S)
        client.reply()
        with lab.deaf("server"):
            client.send("INCR", "n")
            lab.pause(OUTAGE_S / 10)
            client.write(encode("INCR", "n") + encode("ECHO", "third"))
            lab.pause(OUTAGE_S)
        client.replies(3)
        # The server is held up until nobody listens: the replies are lost, the requests are not.
        client.write(encode("DEBUG", "SLEEP", "0.1") + encode("GET", "key"))
        lab.pause(OUTAGE_S / 2)
        with lab.deaf("client"):
            lab.pause(OUTAGE_S)
        client.replies(2)
        client.call("GET", "n")
        client.close()
