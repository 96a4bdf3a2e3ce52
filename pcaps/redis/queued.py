"""Requests that wait behind others of their connection: KEYS, Lua loops, MIGRATE, BLPOP."""

from pcaps.client import encode
from pcaps.lab import Lab

KEYS = 200_000
LOOP = "local n = 0 while n < tonumber(ARGV[1]) do n = n + 1 end return n"
NOBODY = "10.0.0.9"  # no host has this address
GETS = [encode("GET", f"key:{i}") for i in range(5)]
LATER_S = 0.003  # the server is at work by then


def make(lab: Lab) -> None:
    lab.redis()
    setup = lab.connect()
    setup.call("DEBUG", "POPULATE", KEYS, "session")
    setup.call("SET", "key", "value")
    setup.close()
    with lab.capture():
        client = lab.connect()
        client.send("KEYS", "absent:*")
        lab.pause(LATER_S)
        client.write(*GETS)
        client.replies(6)
        # What the server reads at once it answers at once: who took the time is not to be seen.
        client.write(GETS[0], encode("KEYS", "absent:*"), GETS[1])
        client.replies(3)
        # Two slow ones: the last request waits for the second only, that one for the first.
        client.send("EVAL", LOOP, 0, 100_000)
        lab.pause(LATER_S)
        client.send("EVAL", LOOP, 0, 300_000)
        client.reply()
        lab.pause(LATER_S)
        client.write(GETS[2])
        client.replies(2)
        # None of these is to blame alone.
        client.write(b"".join(encode("EVAL", LOOP, 0, 30_000) for _ in range(6)))
        lab.pause(LATER_S)
        client.write(GETS[3])
        client.replies(7)
        client.send("MIGRATE", NOBODY, 6379, "key", 0, 30, "AUTH2", "user", "hush")
        lab.pause(LATER_S)
        client.write(GETS[4])
        client.replies(2)
        client.send("BLPOP", "nothing", "0.05")
        lab.pause(LATER_S)
        client.write(GETS[0])
        client.replies(2)
        client.close()
