"""A real replica, fed without a disk: $EOF and a mark, and LFs while the snapshot is made."""

from pcaps.lab import Lab
from pcaps.replica import replica_of

RECORDS = 40


def make(lab: Lab) -> None:
    lab.redis(
        *("--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "3"),
        *("--repl-ping-replica-period", "1", "--dir", str(lab.folder())),
    )
    client = lab.connect()
    for number in range(RECORDS):
        client.call("SET", f"record {number}", f"value {number} " * 4)
    with lab.capture():
        with replica_of(lab) as replica:
            replica.in_step()
            client.call("SET", "key", "after the snapshot")
            client.call("WAIT", 1, 1000)
            lab.pause(1.1)
        client.close()
