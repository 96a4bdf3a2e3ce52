"""PSYNC and SYNC by hand: refused for several reasons, answered, pipelined, and broken off."""

from pcaps.client import Failure, encode
from pcaps.lab import Lab

NOWHERE = "8" * 40


def make(lab: Lab) -> None:
    lab.redis(
        *("--repl-diskless-sync", "no", "--rdb-key-save-delay", "0", "--dir", str(lab.folder())),
    )
    with lab.capture():
        client = lab.connect()
        assert isinstance(client.call("PSYNC", "?", "not a number"), Failure)
        assert isinstance(client.call("PSYNC", "?"), Failure)
        assert isinstance(client.call("PSYNC", NOWHERE, 1, "FAILOVER"), Failure)
        client.call("REPLCONF", "listening-port", 7777)
        client.call("REPLCONF", "no-such-option", 1)
        # Neither ACK nor GETACK is answered, whoever sends it.
        client.send("REPLCONF", "ACK", 0)
        client.send("REPLCONF", "GETACK", "*")
        client.call("GET", "key")
        # What waits to be sent stands in the way of a synchronization.
        client.write(encode("REPLCONF", "capa", "psync2") + encode("PSYNC", "?", -1))
        client.replies(2)
        client.call("MULTI")
        assert isinstance(client.call("PSYNC", "?", -1), Failure)
        client.call("DISCARD")
        client.call("SET", "key", "value")
        client.call("PSYNC", "?", -1)
        client.snapshot()
        client.send("REPLCONF", "ACK", 1)
        client.send("PING")  # a replica may not ask: the link is closed
        client.at_end()
        client.close()
        old = lab.connect()
        old.send("SYNC")
        old.snapshot()
        old.close()
        # The link breaks while the snapshot is made.
        client = lab.connect()
        client.call("DEBUG", "POPULATE", 200)
        client.call("CONFIG", "SET", "rdb-key-save-delay", 20000)
        broken = lab.connect()
        broken.call("PSYNC", "?", -1)
        broken.reset()
        client.call("PING")
        client.close()
