"""A replica's link that is older than the capture: commands flow, and get no replies."""

from pcaps.lab import Lab
from pcaps.replica import replica_of


def make(lab: Lab) -> None:
    lab.redis("--repl-diskless-sync", "no", "--dir", str(lab.folder()))
    client = lab.connect()
    with replica_of(lab) as replica:
        replica.in_step()
        client.call("SET", "key", "value")
        client.call("WAIT", 1, 1000)
        with lab.capture():
            for number in range(10):
                client.call("SET", f"key {number}", number)
                client.call("GET", f"key {number}")
                lab.pause(0.25)
            client.call("WAIT", 1, 1000)
            client.close()
