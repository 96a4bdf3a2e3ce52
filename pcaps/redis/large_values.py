"""A value of 50 KiB up and down, one request behind another: many segments each way."""

from pcaps.client import encode
from pcaps.lab import Lab

SIZE = 50 * 1024


def make(lab: Lab) -> None:
    lab.redis()
    value = bytes(range(32, 127)) * (SIZE // 95)
    with lab.capture():
        client = lab.connect()
        client.call("SET", "large", value)
        client.call("STRLEN", "large")
        client.write(encode("GET", "large") + encode("PING") + encode("EXISTS", "large"))
        client.replies(3)
        client.close()
