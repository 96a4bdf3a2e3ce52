"""What a command is called, its key, and what is not shown of it."""

import socket

import pytest

from tcpkit.protocols.redis.command import Description, describe, hide_secrets, may_answer
from tests.protocols.redis.resp import command, decoded, replies
from tests.servers import RedisServer


def described(text: str) -> Description:
    """`''` stands for an empty argument."""
    arguments = words(text)
    return describe(arguments, len(arguments))


def words(text: str) -> list[bytes]:
    return [b"" if word == "''" else word.encode() for word in text.split(" ")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("get k", "GET"),
        ("config get maxmemory", "CONFIG GET"),
        ("CLIENT SETNAME x", "CLIENT SETNAME"),
        ("CLIENT", "CLIENT"),
        ("xgroup create s g 0", "XGROUP CREATE"),
        ("OBJECT encoding k", "OBJECT ENCODING"),
        ("memory usage k", "MEMORY USAGE"),
        ("acl whoami", "ACL WHOAMI"),
        ("script load x", "SCRIPT LOAD"),
        ("function list", "FUNCTION LIST"),
        ("pubsub channels", "PUBSUB CHANNELS"),
        ("latency doctor", "LATENCY DOCTOR"),
        ("slowlog get", "SLOWLOG GET"),
        ("cluster slots", "CLUSTER SLOTS"),
        ("module list", "MODULE LIST"),
        ("command count", "COMMAND COUNT"),
        ("xinfo stream s", "XINFO STREAM"),
        ("json.get doc", "JSON.GET"),
        ("set config v", "SET"),
        ("g\u00e9t k", "G\\XC3\\XA9T"),
    ],
)
def test_command_is_upper_case_and_containers_have_two_words(text: str, name: str) -> None:
    assert described(text).command == name


SECRETS = [
    ("AUTH hunter2", "AUTH ***"),
    ("auth bob hunter2", "auth *** ***"),
    ("AUTH", "AUTH"),
    ("HELLO 3 AUTH bob hunter2", "HELLO 3 AUTH bob ***"),
    ("hello 3 auth bob hunter2 SETNAME x", "hello 3 auth bob *** SETNAME x"),
    ("HELLO 3 SETNAME x AUTH bob hunter2", "HELLO 3 SETNAME x AUTH bob ***"),
    ("HELLO 3", "HELLO 3"),
    ("ACL SETUSER bob on >hunter2 ~* +@all", "ACL SETUSER bob on *** ~* +@all"),
    ("acl setuser bob <hunter2 >hunter2", "acl setuser bob *** ***"),
    ("ACL SETUSER bob #0123abcd !0123abcd", "ACL SETUSER bob *** ***"),
    ("ACL SETUSER bob nopass resetpass", "ACL SETUSER bob nopass resetpass"),
    ("ACL GETUSER bob", "ACL GETUSER bob"),
    ("CONFIG SET requirepass hunter2", "CONFIG SET requirepass ***"),
    ("config set MasterAuth hunter2", "config set MasterAuth ***"),
    ("CONFIG SET tls-key-file-pass hunter2", "CONFIG SET tls-key-file-pass ***"),
    ("CONFIG SET tls-client-key-file-pass hunter2", "CONFIG SET tls-client-key-file-pass ***"),
    (
        "CONFIG SET maxmemory 1gb requirepass hunter2 save 60",
        "CONFIG SET maxmemory 1gb requirepass *** save 60",
    ),
    ("CONFIG SET maxmemory requirepass", "CONFIG SET maxmemory requirepass"),
    ("CONFIG GET requirepass", "CONFIG GET requirepass"),
    ("MIGRATE h 6379 k 0 500 AUTH hunter2", "MIGRATE h 6379 k 0 500 AUTH ***"),
    ("MIGRATE h 6379 k 0 500 auth2 bob hunter2", "MIGRATE h 6379 k 0 500 auth2 bob ***"),
    (
        "MIGRATE h 6379 '' 0 500 COPY AUTH2 bob hunter2 KEYS a b",
        "MIGRATE h 6379  0 500 COPY AUTH2 bob *** KEYS a b",
    ),
    ("SENTINEL SET mymaster auth-pass hunter2", "SENTINEL SET mymaster auth-pass ***"),
    ("SENTINEL CONFIG SET sentinel-pass hunter2", "SENTINEL CONFIG SET sentinel-pass ***"),
    ("SET password hunter3", "SET password hunter3"),
    ("GET auth", "GET auth"),
]


@pytest.mark.parametrize(("text", "shown"), SECRETS)
def test_secrets_are_not_shown(text: str, shown: str) -> None:
    assert described(text).text == shown


@pytest.mark.parametrize(("text", "_shown"), SECRETS)
def test_secrets_are_in_no_other_field_either(text: str, _shown: str) -> None:
    description = described(text)
    assert "hunter2" not in f"{description.command} {description.key} {description.text}"


@pytest.mark.parametrize(
    "text",
    [
        "MIGRATE h 6379 '' 0 500 AUTH2 KEYS hunter2 KEYS a",
        "MIGRATE h 6379 '' 0 500 AUTH2 AUTH hunter2 KEYS a",
        "HELLO 3 AUTH AUTH hunter2",
        "HELLO 3 SETNAME AUTH AUTH bob hunter2",
        "HELLO 3 AUTH bob hunter2 SETNAME AUTH",
    ],
)
def test_names_that_are_keywords_do_not_uncover_a_secret(text: str) -> None:
    description = described(text)
    assert "hunter2" not in f"{description.command} {description.key} {description.text}"


@pytest.mark.parametrize("text", ["AUTH hunter2", "AUTH bob hunter2", "HELLO 3 AUTH bob hunter2"])
def test_authentication_has_no_key(text: str) -> None:
    assert described(text).key is None


def test_hiding_leaves_the_arguments_as_they_are() -> None:
    arguments = [b"HELLO", b"3", b"AUTH", b"bob", b"hunter2"]
    assert hide_secrets("HELLO", arguments)[4] == b"***"
    assert arguments[4] == b"hunter2"


KEYS = [
    ("GET k", "k"),
    ("SET k v", "k"),
    ("MGET a b", "a"),
    ("DEL a b", "a"),
    ("EVAL script 0 x", None),
    ("EVAL script 2 a b x", "a"),
    ("EVALSHA sha 1 a", "a"),
    ("EVAL_RO script 1 a", "a"),
    ("FCALL f 1 a x", "a"),
    ("FCALL f 0 x", None),
    ("BITOP AND dest a b", "dest"),
    ("OBJECT ENCODING k", "k"),
    ("OBJECT HELP", None),
    ("MEMORY USAGE k", "k"),
    ("MEMORY DOCTOR", None),
    ("XREAD STREAMS s 0", "s"),
    ("XREAD COUNT 1 BLOCK 0 STREAMS a b 0 0", "a"),
    ("xread count 1 streams s 0", "s"),
    ("XREADGROUP GROUP g c COUNT 1 STREAMS s >", "s"),
    ("XREADGROUP GROUP streams c STREAMS s >", "s"),
    ("XGROUP CREATE s g 0", "s"),
    ("XINFO STREAM s", "s"),
    ("XINFO HELP", None),
    ("MIGRATE h 6379 k 0 500", "k"),
    ("MIGRATE h 6379 '' 0 500 KEYS a b", "a"),
    ("MIGRATE h 6379 '' 0 500 AUTH KEYS KEYS a b", "a"),
    ("MIGRATE h 6379 '' 0 500 AUTH2 KEYS pw KEYS a", "a"),
    ("ZUNIONSTORE dest 2 a b", "dest"),
    ("ZUNION 2 a b", "a"),
    ("ZINTERCARD 2 a b", "a"),
    ("SINTERCARD 1 a", "a"),
    ("LMPOP 1 a LEFT", "a"),
    ("BLMPOP 0 1 a LEFT", "a"),
    ("BZMPOP 0 1 a MIN", "a"),
    ("BLPOP a b 0", "a"),
    ("SORT k BY w* STORE d", "k"),
    ("GEORADIUS k 1 1 1 m STORE d", "k"),
    ("WATCH a b", "a"),
    ("COPY a b", "a"),
    ("PING", None),
    ("PING text", None),
    ("ECHO text", None),
    ("PUBLISH ch text", None),
    ("SPUBLISH ch text", None),
    ("SUBSCRIBE a", None),
    ("SSUBSCRIBE a", None),
    ("SUNSUBSCRIBE a", None),
    ("KEYS *", None),
    ("SCAN 0", None),
    ("CONFIG GET x", None),
    ("CLIENT KILL x", None),
    ("SCRIPT LOAD x", None),
    ("CLUSTER KEYSLOT k", None),
    ("SELECT 1", None),
    ("WAIT 1 0", None),
    ("DEBUG OBJECT k", None),
]


@pytest.mark.parametrize(("text", "key"), KEYS)
def test_key_is_the_first_one(text: str, key: str | None) -> None:
    assert described(text).key == key


def keys_by_server(server: RedisServer, arguments: list[bytes]) -> list[bytes]:
    """COMMAND GETKEYS of a real server; nothing where it says that there are none."""
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(command("COMMAND", "GETKEYS", *arguments) + command("QUIT"))
        said = b"".join(iter(lambda: client.recv(65536), b""))
    end = replies([said])[0].end
    lines = said[:end].split(b"\r\n")
    if lines[0].startswith(b"-"):
        assert b"no key arguments" in lines[0], lines[0]
        return []
    return lines[2::2]


@pytest.mark.parametrize(("text", "key"), [case for case in KEYS if " " in case[0]])
def test_key_is_what_a_real_server_says(
    text: str, key: str | None, redis_server: RedisServer
) -> None:
    found = keys_by_server(redis_server, words(text))
    assert (found[0].decode() if found else None) == key


def fixed_first_keys(server: RedisServer) -> dict[bytes, tuple[int, int]]:
    """Arity and place of the first key, 0 for none, of each command and subcommand.

    Without those whose keys have no fixed place; they are in KEYS.
    """
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(command("COMMAND") + command("QUIT"))
        said = b"".join(iter(lambda: client.recv(65536), b""))
    table = decoded(said)
    assert isinstance(table, list)
    found: dict[bytes, tuple[int, int]] = {}
    while table:
        entry = table.pop()
        assert isinstance(entry, list)
        name, arity, flags, first, subcommands = (entry[at] for at in (0, 1, 2, 3, 9))
        assert isinstance(name, bytes) and isinstance(arity, int) and isinstance(first, int)
        assert isinstance(flags, list) and isinstance(subcommands, list)
        table.extend(subcommands)
        # a shard channel stands where a key would, for routing; COMMAND GETKEYS finds none
        if name in (b"spublish", b"ssubscribe", b"sunsubscribe"):
            continue
        if b"+movablekeys" not in flags and b"movablekeys" not in flags and not subcommands:
            found[name] = arity, first
    return found


def test_first_key_of_every_command_of_a_real_server(redis_server: RedisServer) -> None:
    first_keys = fixed_first_keys(redis_server)
    assert len(first_keys) > 200
    wrong: list[str] = []
    for name, (arity, first) in sorted(first_keys.items()):
        size = arity if arity > 0 else 12
        arguments = [*name.split(b"|"), *(b"a%d" % at for at in range(1, 12))][:size]
        expected = arguments[first].decode() if first > 0 else None
        found = describe(arguments, len(arguments)).key
        if found != expected:
            wrong.append(f"{name.decode()}: {found} instead of {expected}")
    assert wrong == []


@pytest.mark.parametrize(
    ("arguments", "count", "text"),
    [
        ([b"SET", b"k", b"a\r\nb\x00\xff"], 3, "SET k a\\x0d\\x0ab\\x00\\xff"),
        ([b"SET", b"k", b""], 3, "SET k "),
        ([b"SET", b"k" * 200], 2, "SET " + "k" * 124 + "..."),
        ([b"SET", b"k" * 124], 2, "SET " + "k" * 124),
        ([b"DEL", b"a"], 3, "DEL a..."),
        ([], 0, ""),
    ],
)
def test_text_is_printable_and_bounded(arguments: list[bytes], count: int, text: str) -> None:
    assert describe(arguments, count).text == text


def test_escape_is_not_cut_in_two() -> None:
    text = describe([b"x" * 126 + b"\xff"], 1).text
    assert len(text) <= 131
    assert text.endswith("...")
    assert text[:126] == "x" * 126


@pytest.mark.parametrize(
    ("name", "kind", "may"),
    [
        (b"GET", "$", True),
        (b"get", "_", True),
        (b"GET", ":", False),
        (b"GET", "-", True),
        (b"GET", "!", True),
        (b"INCR", ":", True),
        (b"INCR", "$", False),
        (b"SET", "+", True),
        (b"SET", "$", True),
        (b"LRANGE", "*", True),
        (b"LRANGE", "$", False),
        (b"NOSUCH.COMMAND", ":", True),
        (b"", "*", True),
    ],
)
def test_reply_kinds_that_a_command_can_have(name: bytes, kind: str, may: bool) -> None:
    assert may_answer(name, ord(kind)) == may


# a value of each type, and commands with what they really answer
ANSWERS = [
    "AUTH x", "SELECT 0", "MSET a 1", "HMSET h f v", "RPUSH l a b c", "LSET l 0 x", "LTRIM l 0 5",
    "RENAME a b", "SETEX s 100 v", "PSETEX s 1000 v", "WATCH a", "UNWATCH", "READONLY", "INCR n",
    "DECR n", "INCRBY n 2", "DECRBY n 1", "LPUSH l a", "LPUSHX l a", "LLEN l", "SADD set a b",
    "SREM set a", "SCARD set", "SISMEMBER set a", "HSET h f v", "HDEL h f", "HLEN h", "HEXISTS h f",
    "ZADD z 1 a", "ZADD z INCR 1 a", "ZREM z a", "ZCARD z", "ZCOUNT z 0 1", "DEL a", "UNLINK a",
    "EXISTS a", "EXPIRE s 100", "PEXPIRE s 1000", "PERSIST s", "TTL s", "PTTL s", "STRLEN s",
    "APPEND s x", "SETNX s x", "PUBLISH c x", "SETBIT bits 1 1", "GETBIT bits 1", "BITCOUNT bits",
    "DBSIZE", "HINCRBY h n 1", "PFADD p a", "PFCOUNT p", "PFMERGE q p", "XADD x * a b", "XLEN x",
    "XDEL x 1-1", "LREM l 0 a", "LINSERT l BEFORE b y", "SETRANGE s 0 a", "MOVE s 1",
    "RENAMENX n m", "TOUCH a", "HSTRLEN h n", "GET a", "SET a 1", "GETSET a 2", "GETDEL a",
    "GETEX b", "HGET h n", "HGET h x", "GETRANGE b 0 1", "SUBSTR b 0 1", "LINDEX l 0",
    "LINDEX l 99", "ECHO x", "DUMP b", "SET a 1 GET", "SET a 1 XX NX", "SET q1 1 NX", "SET q1 1 NX",
    "PING", "PING x", "LPOP l", "LPOP l 2", "LPOP none", "LPOP none 2", "RPOP l", "MGET a b",
    "LRANGE l 0 5", "HMGET h n x", "HKEYS h", "HVALS h", "KEYS *", "TIME", "XRANGE x - +",
    "XREVRANGE x + -", "SCAN 0", "HSCAN h 0", "SSCAN set 0", "ZSCAN z 0", "RESET", "MULTI",
    "DISCARD", "ASKING", "READWRITE", "EXPIREAT s 1", "ZREMRANGEBYSCORE z 0 1", "RPUSHX l a",
    "XACK x g 1-1", "FLUSHDB", "FLUSHALL",
]  # fmt: skip


@pytest.mark.parametrize("version", ["2", "3"])
def test_real_answers_are_never_called_impossible(version: str, redis_server: RedisServer) -> None:
    data = b"".join(command(*text.split(" ")) for text in ANSWERS)
    with socket.create_connection(("127.0.0.1", redis_server.port)) as client:
        hello = command("HELLO", version) if version == "3" else command("PING")
        client.sendall(command("FLUSHALL") + hello + data + command("QUIT"))
        said = b"".join(iter(lambda: client.recv(65536), b""))
    kinds = [reply.kind for reply in replies([said])][2:-1]
    assert len(kinds) == len(ANSWERS)
    wrong = [
        (text, kind)
        for text, kind in zip(ANSWERS, kinds, strict=True)
        if not may_answer(text.split(" ")[0].encode(), ord(kind))
    ]
    assert wrong == []
