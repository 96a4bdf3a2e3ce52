"""Five clients, and now and then one holds up all: DEBUG SLEEP, KEYS, SORT, a Lua loop."""

from threading import Thread

from pcaps.client import Argument
from pcaps.lab import Lab

CLIENTS = 5
ROUNDS = 45
PAUSE_S = 0.004
KEYS = 300_000
LOOP = "local n = 0 while n < tonumber(ARGV[1]) do n = n + 1 end return n"
CULPRITS: dict[tuple[int, int], tuple[Argument, ...]] = {
    (0, 8): ("DEBUG", "SLEEP", "0.05"),
    (1, 14): ("KEYS", "session:*:expired"),
    (2, 20): ("EVAL", LOOP, 0, 2_000_000),
    (3, 26): ("SORT", "queue", "BY", "nosort:*", "LIMIT", 0, 5),
    (4, 32): ("DEBUG", "SLEEP", "0.12"),
    (0, 38): ("KEYS", "user:[0-9]*:cart"),
}


def talk(lab: Lab, number: int) -> None:
    client = lab.connect()
    for turn in range(ROUNDS):
        user = f"user:{number * 1000 + turn % 9}"
        culprit = CULPRITS.get((number, turn))
        if culprit is not None:
            client.call(*culprit)
        elif turn % 3 == 0:
            client.call("SET", user, f"seen in round {turn}", "EX", 3600)
        elif turn % 3 == 1:
            client.call("GET", user)
        else:
            client.call("HINCRBY", f"{user}:stats", "requests", 1)
        lab.pause(PAUSE_S * (1 + number / 10))
    client.close()


def make(lab: Lab) -> None:
    lab.redis()
    setup = lab.connect()
    setup.call("DEBUG", "POPULATE", KEYS, "session")
    for _ in range(20):
        setup.call("RPUSH", "queue", *range(1000))
    setup.close()
    with lab.capture():
        threads = [Thread(target=talk, args=(lab, number)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
