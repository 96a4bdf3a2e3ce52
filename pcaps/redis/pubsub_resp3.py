"""Publish and subscribe in RESP3: confirmations are pushes, ordinary commands go on."""

from pcaps.client import encode
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        reader = lab.connect()
        writer = lab.connect()
        reader.call("HELLO", 3)
        reader.send("SUBSCRIBE", "news", "weather")
        reader.replies(2)
        reader.call("SET", "key", "while subscribed")
        writer.call("PUBLISH", "news", "first")
        reader.reply()
        reader.call("PING")
        reader.call("GET", "key")
        # A message to itself: the push comes before the reply to PUBLISH.
        reader.send("PUBLISH", "weather", "sun")
        reader.replies(2)
        reader.write(encode("GET", "key") + encode("PSUBSCRIBE", "a*", "b*") + encode("GET", "key"))
        reader.replies(4)
        writer.write(b"".join(encode("PUBLISH", "apple", f"pie {i}") for i in range(3)))
        writer.replies(3)
        reader.replies(3)
        reader.send("PUNSUBSCRIBE")
        reader.replies(2)
        reader.send("UNSUBSCRIBE")
        reader.replies(2)
        reader.call("UNSUBSCRIBE")
        reader.call("GET", "key")
        reader.close()
        writer.close()
