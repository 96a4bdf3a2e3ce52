"""A server that cannot serve: LOADING, BUSY, MISCONF, MASTERDOWN, READONLY, NOREPLICAS, OOM."""

from pcaps.client import encode
from pcaps.lab import Lab

LOOP = "while true do end"


def make(lab: Lab) -> None:
    folder = lab.folder() / "snapshots"
    folder.mkdir()
    lab.redis(
        *("--dir", str(folder), "--loading-process-events-interval-bytes", "1024"),
        *("--busy-reply-threshold", "20"),
    )
    other = lab.connect()
    other.call("DEBUG", "POPULATE", 300)
    with lab.capture():
        client = lab.connect()
        other.call("CONFIG", "SET", "key-load-delay", 1000)
        other.send("DEBUG", "RELOAD")
        lab.pause(0.1)
        client.call("GET", "key:1")
        client.write(encode("PING") + encode("CLIENT", "ID") + encode("SET", "key", 1))
        client.replies(3)
        other.reply()
        other.send("EVAL", LOOP, 0)
        lab.pause(0.1)
        client.call("GET", "key:1")
        client.call("SCRIPT", "KILL")
        other.reply()
        for name in folder.iterdir():
            name.unlink()
        folder.rmdir()
        client.call("CONFIG", "SET", "save", "3600 100000")
        client.call("BGSAVE")
        lab.pause(0.3)
        client.call("SET", "key", 2)
        client.call("GET", "key:2")
        client.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
        client.call("CONFIG", "SET", "maxmemory", 1)
        client.call("SET", "key", 3)
        client.call("CONFIG", "SET", "maxmemory", 0)
        client.call("CONFIG", "SET", "min-replicas-to-write", 1)
        client.call("SET", "key", 4)
        client.call("CONFIG", "SET", "min-replicas-to-write", 0)
        client.call("REPLICAOF", "10.0.0.1", 1)
        client.call("SET", "key", 5)
        client.call("CONFIG", "SET", "replica-serve-stale-data", "no")
        client.call("GET", "key")
        client.call("PSYNC", "?", -1)
        client.call("REPLICAOF", "NO", "ONE")
        client.call("CONFIG", "SET", "save", "")  # or it would not stop without a snapshot
        client.call("GET", "key:3")
        client.close()
        other.close()
