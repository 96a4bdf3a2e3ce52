"""HELLO 3: maps, sets, doubles, nulls, booleans, big numbers, verbatim strings, attributes."""

from pcaps.lab import Lab

KINDS = ("string", "integer", "double", "null", "array", "set", "map", "verbatim", "true", "false",
         "bignum")  # fmt: skip


def make(lab: Lab) -> None:
    lab.redis()
    with lab.capture():
        client = lab.connect()
        client.call("HELLO", 4)
        client.call("PING")
        client.call("HELLO", 3, "SETNAME", "three")
        client.call("GET", "nothing")
        client.call("HSET", "h", "name", "anna", "city", "Oslo")
        client.call("HGETALL", "h")
        client.call("HMGET", "h", "name", "age")
        client.call("SADD", "s", "a", "b", "c")
        client.call("SMEMBERS", "s")
        client.call("ZADD", "z", "1.5", "a", "inf", "b", "-inf", "c")
        client.call("ZSCORE", "z", "a")
        client.call("ZRANGE", "z", 0, -1, "WITHSCORES")
        client.call("XADD", "x", "1-1", "f", "v")
        client.call("XREAD", "STREAMS", "x", 0)
        client.call("EVAL", "redis.setresp(3) return true", 0)
        client.call("EVAL", "redis.setresp(3) return redis.call('ZSCORE', 'z', 'a')", 0)
        client.call("EVAL", "return {1, {2, {3, {4}}}, false, {err='ERR inner'}}", 0)
        client.call("CONFIG", "GET", "save*")
        client.call("INFO", "keyspace")
        client.call("MEMORY", "STATS")
        for kind in KINDS:
            client.call("DEBUG", "PROTOCOL", kind)
        # An attribute stands before its reply, a push before another.
        client.send("DEBUG", "PROTOCOL", "attrib")
        client.replies(2)
        client.send("DEBUG", "PROTOCOL", "push")
        client.replies(2)
        client.call("GET", "h")
        client.call("HELLO", 2)
        client.call("HGETALL", "h")
        client.close()
