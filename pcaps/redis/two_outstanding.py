"""A client that always keeps two requests waiting; commands and shapes of replies vary."""

from pcaps.client import Argument
from pcaps.lab import Lab

ROUNDS = 60
COMMANDS: tuple[tuple[Argument, ...], ...] = (
    ("INCR", "counter"),
    ("LRANGE", "list", 0, 3),
    ("GET", "counter"),
    ("SET", "key", "value"),
    ("HGETALL", "hash"),
    ("GET", "list"),
    ("ECHO", "echo"),
    ("GET", "nothing"),
)


def make(lab: Lab) -> None:
    lab.redis()
    setup = lab.connect()
    setup.call("RPUSH", "list", "a", "b", "c", "d")
    setup.call("HSET", "hash", "field", "value")
    setup.close()
    with lab.capture():
        client = lab.connect()
        client.send(*COMMANDS[0])
        for turn in range(1, ROUNDS):
            client.send(*COMMANDS[turn % len(COMMANDS)])
            client.reply()
        client.reply()
        client.close()
