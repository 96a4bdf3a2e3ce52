"""CLIENT TRACKING in RESP3: invalidation pushes before, between and after pipelined replies."""

from pcaps.client import Client, encode
from pcaps.lab import Lab


def answered(client: Client, count: int) -> None:
    """Read on until the server has answered ECHO `count`, whatever is pushed before."""
    while client.reply() != b"%d" % count:
        pass


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        reader = lab.connect()
        writer = lab.connect()
        reader.call("HELLO", 3)
        reader.call("CLIENT", "TRACKING", "ON")
        for turn in range(8):
            reader.write(b"".join(encode("GET", f"key:{i}") for i in range(4)))
            reader.replies(4)
            # The reader's own write invalidates too: that push comes amid the replies.
            reader.write(
                b"".join((
                    encode("GET", "key:0"),
                    encode("SET", "key:1", turn),
                    encode("GET", "key:1"),
                    encode("SET", "key:1", turn, "EX", 100),
                    encode("GET", "key:2"),
                ))
            )  # fmt: skip
            writer.call("MSET", "key:0", turn, "key:2", turn, "key:3", turn)
            reader.send("ECHO", turn)
            answered(reader, turn)
        writer.call("FLUSHALL")
        lab.pause(0.005)
        reader.send("ECHO", 99)
        answered(reader, 99)
        reader.call("CLIENT", "TRACKING", "OFF")
        reader.call("GET", "key:0")
        reader.close()
        writer.close()
