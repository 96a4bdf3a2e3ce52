"""Five connections older than the capture: idle, waiting, blocked, subscribed, asleep."""

from pcaps.client import encode
from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis()
    idle = lab.connect()
    idle.call("SET", "key", "value")
    waiting = lab.connect()
    blocked = lab.connect()
    blocked.send("BLPOP", "jobs", 0)
    subscribed = lab.connect()
    subscribed.call("SUBSCRIBE", "news")
    busy = lab.connect()
    # The two replies come when the capture has begun; their requests came before.
    busy.send("DEBUG", "SLEEP", "1.5")
    lab.pause(0.02)
    waiting.send("GET", "key")
    with lab.capture():
        waiting.write(encode("INCR", "counter") + encode("GET", "key"))
        busy.reply()
        waiting.replies(3)
        waiting.call("INCR", "counter")
        waiting.call("GET", "counter")
        waiting.call("ECHO", "a proof")
        waiting.call("GET", "counter")
        for turn in range(3):
            idle.call("GET", "key")
            idle.call("SET", "key", turn)
        idle.call("RPUSH", "jobs", "at last")
        blocked.reply()
        blocked.call("GET", "key")
        idle.call("PUBLISH", "news", "for the subscribed")
        subscribed.reply()
        subscribed.call("PING")
        for client in (idle, waiting, blocked, subscribed, busy):
            client.close()
