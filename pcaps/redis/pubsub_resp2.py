"""Publish and subscribe in RESP2: confirmations, messages, PING while subscribed, RESET."""

from pcaps.client import encode
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        reader = lab.connect()
        writer = lab.connect()
        reader.call("GET", "before")
        reader.send("SUBSCRIBE", "news", "weather", "sport")
        reader.replies(3)
        reader.send("PSUBSCRIBE", "n*")
        reader.reply()
        reader.call("SSUBSCRIBE", "shard")
        writer.call("PUBLISH", "news", "first")
        reader.replies(2)
        reader.call("PING")
        reader.call("PING", "still there")
        reader.call("GET", "refused")
        writer.call("SPUBLISH", "shard", "to the shard")
        reader.reply()
        # A message may come between two confirmations that one request gets.
        writer.write(b"".join(encode("PUBLISH", "weather", f"rain {i}") for i in range(3)))
        writer.replies(3)
        reader.replies(3)
        reader.send("UNSUBSCRIBE", "news", "nothing")
        reader.replies(2)
        reader.send("UNSUBSCRIBE")
        reader.replies(2)
        reader.call("SUNSUBSCRIBE")
        reader.call("PUNSUBSCRIBE")
        reader.call("GET", "after")
        reader.call("UNSUBSCRIBE")
        reader.call("PUNSUBSCRIBE", "nothing")
        reader.call("SUBSCRIBE", "again")
        reader.call("RESET")
        reader.call("GET", "after the reset")
        reader.call("SUBSCRIBE", "last")
        reader.call("QUIT")
        assert reader.at_end()
        reader.close()
        writer.close()
