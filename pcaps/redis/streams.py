"""Streams and consumer groups: XREADGROUP that blocks, and that does not; WAIT between."""

from pcaps.client import encode
from pcaps.lab import Lab

PAUSE_S = 0.03


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        worker, other, source = lab.connect(), lab.connect(), lab.connect()
        source.call("XGROUP", "CREATE", "tasks", "group", "$", "MKSTREAM")
        read = ("XREADGROUP", "GROUP", "group", "worker", "COUNT", 2)
        worker.send(*read, "BLOCK", 0, "STREAMS", "tasks", ">")
        lab.pause(PAUSE_S)
        source.call("XADD", "tasks", "1-1", "job", "first")
        worker.reply()
        worker.call("XACK", "tasks", "group", "1-1")
        worker.call(*read, "STREAMS", "tasks", ">")
        worker.call(*read, "BLOCK", 20, "STREAMS", "tasks", ">")
        source.write(b"".join(encode("XADD", "tasks", f"2-{n}", "job", n) for n in range(1, 4)))
        source.replies(3)
        worker.call(*read, "BLOCK", 0, "NOACK", "STREAMS", "tasks", ">")
        worker.call(*read, "BLOCK", 0, "STREAMS", "tasks", 0)
        # Both wait; the group gives each entry to one of them.
        worker.send(*read, "BLOCK", 500, "STREAMS", "tasks", ">")
        worker.reply()
        for client in (worker, other):
            client.send(
                "XREADGROUP", "GROUP", "group", "block", "BLOCK", 200, "STREAMS", "tasks", ">"
            )
        lab.pause(PAUSE_S)
        source.call("XADD", "tasks", "3-1", "job", "for one of them")
        worker.reply()
        other.reply()
        worker.call("XREADGROUP", "GROUP", "none", "me", "BLOCK", 0, "STREAMS", "tasks", ">")
        worker.send(*read, "BLOCK", 0, "STREAMS", "tasks", ">")
        lab.pause(PAUSE_S)
        source.call("DEL", "tasks")  # who waits is told that the group is gone
        worker.reply()
        source.call("WAIT", 0, 100)
        source.call("WAIT", 1, 30)
        for client in (worker, other, source):
            client.close()
