"""The link to a replica is cut, and it goes on where it was: PSYNC answered by +CONTINUE."""

from pcaps.lab import Lab
from pcaps.replica import replica_of


def make(lab: Lab) -> None:
    lab.redis(
        *("--repl-diskless-sync", "no", "--repl-backlog-size", "1mb", "--dir", str(lab.folder())),
    )
    client = lab.connect()
    client.call("SET", "key", "before")
    with lab.capture():
        with replica_of(lab) as replica:
            replica.in_step()
            client.call("SET", "key", "copied")
            client.call("WAIT", 1, 1000)
            client.call("CLIENT", "KILL", "TYPE", "replica")
            client.call("SET", "key", "while the link was down")
            replica.in_step()
            client.call("INCR", "counter")
            client.call("WAIT", 1, 1000)
        client.close()
