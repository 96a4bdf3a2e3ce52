"""MULTI and EXEC, DISCARD, WATCH that fails, errors inside and before EXEC, pipelined too."""

from pcaps.client import encode
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        other = lab.connect()
        client.call("MULTI")
        client.call("SET", "a", 1)
        client.call("INCR", "a")
        client.call("GET", "a")
        client.call("EXEC")
        client.call("MULTI")
        client.call("SET", "a", 5)
        client.call("DISCARD")
        client.call("WATCH", "a")
        other.call("SET", "a", 7)
        client.call("MULTI")
        client.call("GET", "a")
        client.call("EXEC")
        client.call("MULTI")
        client.call("NOSUCHCOMMAND")
        client.call("GET", "a")
        client.call("EXEC")
        client.call("MULTI")
        client.call("LPUSH", "a", "wrong type")
        client.call("GET", "a")
        client.call("EXEC")
        client.call("MULTI")
        client.call("EXEC")
        client.call("MULTI")
        client.call("MULTI")
        client.call("DISCARD")
        client.call("DISCARD")
        block = (("MULTI",), ("INCR", "a"), ("LRANGE", "none", "0", "-1"), ("INCR", "a"), ("EXEC",))
        client.write(b"".join(encode(*each) for each in (*block, ("GET", "a"))))
        client.replies(6)
        client.call("GET", "a")
        client.close()
        other.close()
