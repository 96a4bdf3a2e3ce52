"""MONITOR: +OK, then a line for what others do; commands are answered between; RESET ends it."""

from pcaps.lab import Lab


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        watcher = lab.connect()
        other = lab.connect()
        watcher.call("SET", "key", "value")
        watcher.call("MONITOR")
        for turn in range(3):
            other.call("SET", "key", turn)
            watcher.reply()
        # A watcher may not read keys, and is shown its own commands after their replies.
        watcher.call("GET", "key")
        other.call("GET", "key")
        watcher.reply()
        for command in (("PING",), ("ECHO", "+OK")):
            watcher.send(*command)
            watcher.replies(2)
        watcher.call("RESET")
        lab.pause(0.01)
        other.call("SET", "unseen", 1)
        watcher.call("GET", "key")
        watcher.close()
        other.close()
