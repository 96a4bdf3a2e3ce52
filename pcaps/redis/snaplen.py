"""Values of 300 KB captured with a snap length of 128 bytes: most of each segment is cut off."""

from pcaps.client import encode
from pcaps.lab import Lab

SIZE = 300_000


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture("-s", "128"):
        client = lab.connect()
        client.call("SET", "small", "x" * 40)
        client.call("GET", "small")
        client.call("SET", "large", "v" * SIZE)
        client.call("STRLEN", "large")
        client.call("GET", "large")
        client.call("GET", "small")
        client.call("SET", "medium", "m" * 500)
        client.call("GET", "medium")
        # Here a cut goes through the headers of requests and replies that follow one another.
        client.write(b"".join(encode("SET", f"key:{i}", "p" * 20) for i in range(12)))
        client.replies(12)
        client.write(b"".join(encode("GET", f"key:{i}") for i in range(12)))
        client.replies(12)
        client.call("PING")
        client.close()
