"""A real replica, its master's snapshot on disk: +FULLRESYNC, LFs, a length, then commands."""

from pcaps.lab import Lab
from pcaps.replica import replica_of

RECORDS = 40


def make(lab: Lab) -> None:
    # The snapshot takes 2 s, and the replica is told every second that it is being made.
    slowly = ("--rdb-key-save-delay", "50000", "--repl-ping-replica-period", "1")
    lab.redis("--repl-diskless-sync", "no", *slowly, "--dir", str(lab.folder()))
    client = lab.connect()
    for number in range(RECORDS):
        client.call("SET", f"record {number}", f"value {number} " * 4)
    with lab.capture():
        with replica_of(lab) as replica:
            replica.in_step()
            client.call("SET", "key", "after the snapshot")
            # One write, a transaction among it; the replica is asked how far it is.
            client.call("MULTI")
            client.call("INCR", "counter")
            client.call("LPUSH", "list", "element")
            client.call("EXEC")
            client.call("PUBLISH", "news", "for replicas too")
            client.call("WAIT", 1, 1000)
            lab.pause(1.1)  # the replica acknowledges once a second
            client.call("SET", "large", "x" * 3000)
            lab.pause(0.1)
        client.close()
