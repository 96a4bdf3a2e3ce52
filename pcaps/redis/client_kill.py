"""CLIENT KILL ends a connection that waits for a blocking command, and one that is idle."""

from pcaps.lab import CLIENT_HOST, Lab


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        idle = lab.connect(source_port=40001)
        blocked = lab.connect(source_port=40002)
        killer = lab.connect(source_port=40003)
        idle.call("PING")
        blocked.call("PING")
        blocked.send("BLPOP", "jobs", 0)
        lab.pause(0.01)
        killer.call("CLIENT", "KILL", "ADDR", f"{CLIENT_HOST}:40001")
        killer.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        assert idle.at_end()
        assert blocked.at_end()
        idle.close()
        blocked.close()
        # It may end itself: the reply comes first.
        killer.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
        assert killer.at_end()
        killer.close()
