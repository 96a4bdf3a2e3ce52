"""One client that waits for each reply: strings, lists, sets, hashes, sorted sets, streams."""

from pcaps.client import Argument
from pcaps.lab import Lab

COMMANDS: tuple[tuple[Argument, ...], ...] = (
    ("PING",),
    ("SET", "user:1", "anna"),
    ("GET", "user:1"),
    ("get", "user:2"),
    ("SET", "user:2", "", "EX", 100, "NX"),
    ("SET", "user:2", "b", "NX"),
    ("GET", "user:2"),
    ("INCR", "visits"),
    ("IncrBy", "visits", 41),
    ("MSET", "a", 1, "b", 2, "c", 3),
    ("MGET", "a", "b", "nothing", "c"),
    ("APPEND", "a", "0" * 300),
    ("STRLEN", "a"),
    ("GETRANGE", "a", 0, 9),
    ("SET", b"binary\x00key", b"\r\n+OK\r\n$-1\r\n\xff\x00"),
    ("GET", b"binary\x00key"),
    ("LPUSH", "jobs", "one", "two", "three"),
    ("RPUSH", "jobs", "zero"),
    ("LRANGE", "jobs", 0, -1),
    ("LRANGE", "nothing", 0, -1),
    ("LPOP", "jobs"),
    ("SADD", "tags", "red", "green", "blue"),
    ("SMEMBERS", "tags"),
    ("HSET", "profile", "name", "anna", "city", "Oslo"),
    ("HGETALL", "profile"),
    ("HGET", "profile", "age"),
    ("ZADD", "scores", 1, "a", "2.5", "b", "inf", "c"),
    ("ZRANGE", "scores", 0, -1, "WITHSCORES"),
    ("ZRANGEBYSCORE", "scores", "-inf", "+inf"),
    ("XADD", "events", "1-1", "kind", "login"),
    ("XADD", "events", "1-2", "kind", "logout"),
    ("XRANGE", "events", "-", "+"),
    ("PFADD", "unique", "a", "b"),
    ("GEOADD", "places", "10.75", "59.91", "Oslo"),
    ("BITCOUNT", "user:1"),
    ("EVAL", "return {KEYS[1], ARGV[1], {1, 2}}", 1, "key", "argument"),
    ("CONFIG", "GET", "maxmemory"),
    ("CLIENT", "SETNAME", "ordinary"),
    ("OBJECT", "ENCODING", "jobs"),
    ("COMMAND", "COUNT"),
    ("SCAN", 0, "COUNT", 100),
    ("EXPIRE", "a", 60),
    ("TTL", "nothing"),
    ("TYPE", "profile"),
    ("EXISTS", "a", "b", "nothing"),
    ("DEL", "a", "b", "c"),
    ("DBSIZE",),
    ("FLUSHALL",),
    ("QUIT",),
)


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        for command in COMMANDS:
            client.call(*command)
        assert client.at_end()
        client.close()
