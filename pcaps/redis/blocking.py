"""BLPOP and its relatives: answered by a push, by a timeout, and at once."""

from pcaps.client import encode
from pcaps.lab import Lab

PAUSE_S = 0.03


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        waiter = lab.connect()
        worker = lab.connect()
        waiter.send("BLPOP", "jobs", 0)
        lab.pause(PAUSE_S)
        worker.call("RPUSH", "jobs", "one")
        waiter.reply()
        waiter.call("BLPOP", "jobs", "more", "0.05")
        worker.call("RPUSH", "jobs", "two", "three")
        waiter.call("BRPOP", "jobs", 1)
        waiter.call("BLMOVE", "jobs", "done", "LEFT", "RIGHT", 1)
        waiter.send("BRPOPLPUSH", "jobs", "done", 1)
        lab.pause(PAUSE_S)
        worker.call("LPUSH", "jobs", "four")
        waiter.reply()
        waiter.call("BLMPOP", "0.02", 2, "jobs", "more", "LEFT")
        waiter.send("BZPOPMIN", "queue", 0)
        lab.pause(PAUSE_S)
        worker.call("ZADD", "queue", 1, "task")
        waiter.reply()
        waiter.call("BZPOPMAX", "queue", "0.02")
        waiter.call("BZMPOP", "0.02", 1, "queue", "MIN")
        waiter.call("XADD", "stream", "1-1", "f", "v")
        waiter.send("XREAD", "BLOCK", 0, "STREAMS", "stream", "$")
        lab.pause(PAUSE_S)
        worker.call("XADD", "stream", "1-2", "f", "w")
        waiter.reply()
        waiter.call("XREAD", "COUNT", 1, "STREAMS", "stream", 0)
        waiter.call("XREAD", "BLOCK", 20, "STREAMS", "stream", "$")
        waiter.call("WAIT", 1, 20)
        # What is pipelined behind a blocking command waits with it.
        waiter.write(encode("BLPOP", "jobs", 0) + encode("GET", "key"))
        lab.pause(PAUSE_S)
        worker.call("RPUSH", "jobs", "five")
        waiter.replies(2)
        waiter.call("BLPOP", "key", "not a number")
        # Inside a transaction nothing blocks.
        waiter.call("MULTI")
        waiter.call("BLPOP", "jobs", 0)
        waiter.call("EXEC")
        waiter.close()
        worker.close()
