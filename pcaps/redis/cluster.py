"""A cluster's node: CLUSTERDOWN, then MOVED, ASK and TRYAGAIN while a slot goes elsewhere."""

from pcaps.client import encode
from pcaps.lab import Lab

ELSEWHERE_PORT = 6391
SLOT = 12182  # of "foo"


def make(lab: Lab) -> None:
    folder = lab.folder()
    cluster = ("--cluster-enabled", "yes", "--dir", str(folder), "--cluster-config-file")
    lab.redis(*cluster, "here.conf")
    lab.redis(*cluster, "elsewhere.conf", port=ELSEWHERE_PORT)
    elsewhere = lab.connect(port=ELSEWHERE_PORT)
    with lab.capture():
        client = lab.connect()
        client.call("GET", "foo")
        client.call("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        name = elsewhere.call("CLUSTER", "MYID")
        assert isinstance(name, bytes)
        elsewhere.call("CLUSTER", "MEET", "10.0.0.2", 6379)
        until_ok = 0
        while b"cluster_state:ok" not in _bytes(client.call("CLUSTER", "INFO")) or (
            name not in _bytes(client.call("CLUSTER", "NODES"))
        ):
            lab.pause(0.3)
            until_ok += 1
            assert until_ok < 40
        client.call("SET", "foo", "here")
        client.call("MSET", "foo", 1, "bar", 2)
        client.call("CLUSTER", "SETSLOT", SLOT, "MIGRATING", name)
        client.call("GET", "foo")
        client.call("GET", "foo{foo}")
        client.call("MGET", "foo", "other{foo}")
        client.call("ASKING")
        client.call("GET", "foo{foo}")
        client.call("DEL", "foo")
        client.call("CLUSTER", "SETSLOT", SLOT, "NODE", name)
        client.call("GET", "foo")
        client.write(encode("GET", "foo") + encode("GET", "bar") + encode("SET", "foo", 3))
        client.replies(3)
        client.call("READONLY")
        client.call("READWRITE")
        client.call("SPUBLISH", "foo", "elsewhere")
        client.call("SSUBSCRIBE", "foo")
        client.call("SSUBSCRIBE", "bar", "foo")
        client.call("MULTI")
        client.call("GET", "foo")
        client.call("EXEC")
        client.close()
    elsewhere.close()


def _bytes(reply: object) -> bytes:
    assert isinstance(reply, bytes)
    return reply
