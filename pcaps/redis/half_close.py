"""A client that ends its own direction after a pipeline: the replies still come."""

from pcaps.client import encode
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        client.write(b"".join(encode("INCR", "counter") for _ in range(5)))
        client.finish_writing()
        client.replies(5)
        assert client.at_end()
        client.close()
        # The server is held up, so that the FIN is there before the first reply.
        other = lab.connect()
        late = lab.connect()
        other.send("DEBUG", "SLEEP", "0.02")
        lab.pause(0.005)
        late.write(encode("INCR", "counter") + encode("ECHO", "after the FIN"))
        late.finish_writing()
        late.replies(2)
        assert late.at_end()
        late.close()
        other.reply()
        other.close()
