"""A replica of a master with a password: refused without it, then AUTH in its handshake."""

from pcaps.lab import Lab
from pcaps.replica import replica_of


def make(lab: Lab) -> None:
    lab.redis(
        *(
            "--repl-diskless-sync",
            "no",
            "--requirepass",
            "master secret",
            "--dir",
            str(lab.folder()),
        ),
    )
    with lab.capture(), replica_of(lab) as replica:
        lab.pause(0.005)  # -NOAUTH, and it tries again at once
        replica.call("CONFIG", "SET", "masterauth", "master secret")
        replica.in_step()
        client = lab.connect()
        client.call("AUTH", "master secret")
        client.call("SET", "key", "value")
        client.call("WAIT", 1, 1000)
        client.close()
