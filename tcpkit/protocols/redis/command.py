"""What a command is called, which key it asks for, and what must not be shown of it.

Key positions are the server's own (COMMAND of Redis 7.0, key specifications of 7.2).
"""

from typing import Final, final

from mypy_extensions import i64

from tcpkit.wire.printable import printable

TEXT_LIMIT: Final = 128
KEY_LIMIT: Final = 512
WORD_LIMIT: Final = 32
HIDDEN: Final = b"***"

CONTAINERS: Final = frozenset(
    "ACL CLIENT CLUSTER COMMAND CONFIG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT "
    "SENTINEL SLOWLOG XGROUP XINFO".split()
)
_NO_KEY: Final = frozenset(
    "ASKING AUTH BGREWRITEAOF BGSAVE DBSIZE DEBUG DISCARD ECHO EXEC FAILOVER FLUSHALL FLUSHDB "
    "HELLO INFO KEYS LASTSAVE LOLWUT MONITOR MULTI PFSELFTEST PING PSUBSCRIBE PSYNC PUBLISH "
    "PUNSUBSCRIBE QUIT RANDOMKEY READONLY READWRITE REPLCONF REPLICAOF RESET ROLE SAVE SCAN "
    "SELECT SHUTDOWN SLAVEOF SPUBLISH SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SWAPDB SYNC TIME "
    "UNSUBSCRIBE UNWATCH WAIT WAITAOF".split()
)
_SECOND_WORD_KEY: Final = frozenset(  # containers whose argument after the second word is a key
    ["OBJECT ENCODING", "OBJECT FREQ", "OBJECT IDLETIME", "OBJECT REFCOUNT", "MEMORY USAGE"]
)
_KEY_AT: Final = {"BITOP": 2, "PFDEBUG": 2, "BLMPOP": 3, "BZMPOP": 3}
_COUNTED_KEYS: Final = {  # position of the number of keys, which the keys follow
    "EVAL": 2, "EVALSHA": 2, "EVAL_RO": 2, "EVALSHA_RO": 2, "FCALL": 2, "FCALL_RO": 2,
    "ZUNION": 1, "ZINTER": 1, "ZDIFF": 1, "ZINTERCARD": 1, "SINTERCARD": 1, "LMPOP": 1, "ZMPOP": 1,
    "BLMPOP": 2, "BZMPOP": 2,
}  # fmt: skip

# What ACL tells of passwords: its reply is not shown.
SECRET_OF_ACL: Final = frozenset([b"GENPASS", b"GETUSER", b"LIST"])


@final
class Description:
    """A request in the words of the log."""

    __slots__ = ("command", "key", "text")

    def __init__(self, command: str, key: str | None, text: str) -> None:
        self.command = command
        self.key = key
        self.text = text


@final
class Plan:
    """What a command's name alone says.

    `simple`: its key is at `key_at` (0: none), nothing is secret. `step`: where it is not
    0, keys are from there on so far apart. `looks_up`: it asks for one value, which is there
    or not.
    """

    __slots__ = ("key_at", "label", "looks_up", "name", "simple", "step")

    def __init__(self, argument: bytes) -> None:
        name = _word(argument)
        self.name = name
        self.label = name.encode()
        self.looks_up = name in LOOK_UPS
        self.step: i64 = KEY_STEPS.get(name, 0)
        self.key_at: i64 = 0 if name in _NO_KEY else _KEY_AT.get(name, 1)
        self.simple = (
            name not in CONTAINERS
            and name not in _COUNTED_KEYS
            and name not in ("AUTH", "HELLO", "MIGRATE", "XREAD", "XREADGROUP")
        )


KEY_STEPS: Final = {
    "MGET": 1, "DEL": 1, "UNLINK": 1, "EXISTS": 1, "TOUCH": 1, "MSET": 2, "MSETNX": 2,
}  # fmt: skip
LOOK_UPS: Final = frozenset(["GET", "GETDEL", "GETEX", "HGET"])
MAX_PLANS: Final = 4096  # names a run remembers; there are not many more ways to write them
_PLANS: Final[dict[bytes, Plan]] = {}


def plan_of(argument: bytes) -> Plan:
    """The plan of a command as it was sent."""
    plan = _PLANS.get(argument)
    if plan is None:
        plan = Plan(argument)
        if len(_PLANS) < MAX_PLANS:
            _PLANS[argument] = plan
    return plan


def describe(arguments: list[bytes], count: int) -> Description:
    """Name a request of `count` arguments, of which `arguments` are the first, perhaps cut."""
    if not arguments:
        return Description("", None, "")
    plan = plan_of(arguments[0])
    if plan.simple:
        command = plan.name
        key = arguments[plan.key_at] if 0 < plan.key_at < len(arguments) else None
        text = printable(b" ".join(arguments), TEXT_LIMIT)
    else:
        command = _named(plan, arguments)
        key = _key(plan.name, command, arguments)
        text = printable(b" ".join(hide_secrets(plan.name, arguments)), TEXT_LIMIT)
    if count > len(arguments) and not text.endswith("..."):
        text = text[:TEXT_LIMIT] + "..."
    return Description(command, None if key is None else printable(key, KEY_LIMIT), text)


def _named(plan: Plan, arguments: list[bytes]) -> str:
    if plan.simple or plan.name not in CONTAINERS or len(arguments) < 2:
        return plan.name
    return f"{plan.name} {_word(arguments[1])}"


def command_of(arguments: list[bytes]) -> str:
    """The command that `describe` names.

    >>> command_of([b"config", b"get", b"save"])
    'CONFIG GET'
    """
    return _named(plan_of(arguments[0]), arguments) if arguments else ""


def is_one_word(argument: bytes) -> bool:
    """Whether the first argument is all of the command's name."""
    return plan_of(argument).name not in CONTAINERS


def _word(argument: bytes) -> str:
    return printable(argument[:WORD_LIMIT], WORD_LIMIT * 4).upper()


def _key(name: str, command: str, arguments: list[bytes]) -> bytes | None:
    """The first key, or None where there is none or it was not kept."""
    at = 1
    if name in _COUNTED_KEYS:
        number = _COUNTED_KEYS[name]
        if number >= len(arguments) or arguments[number] in (b"0", b""):
            return None
        at = number + 1
    elif name in CONTAINERS:
        if command not in _SECOND_WORD_KEY and name not in ("XGROUP", "XINFO"):
            return None
        at = 2
    elif name in ("XREAD", "XREADGROUP"):
        at = StreamOptions(arguments).keys
    elif name == "MIGRATE":
        at = 3 if len(arguments) > 3 and arguments[3] else MigrateOptions(arguments).keys
    else:
        return None
    return arguments[at] if 0 < at < len(arguments) else None


@final
class StreamOptions:
    """The options of XREAD and XREADGROUP (t_stream.c): `keys` is the first key's position."""

    __slots__ = ("blocks", "keys")

    def __init__(self, arguments: list[bytes]) -> None:
        self.blocks = False
        self.keys = -1
        at = 1
        while at < len(arguments):
            word = arguments[at].upper()
            if word == b"STREAMS":
                self.keys = at + 1
                return
            if word == b"GROUP":
                at += 3
            elif word == b"BLOCK" or word == b"COUNT":
                self.blocks = self.blocks or word == b"BLOCK"
                at += 2
            else:
                at += 1


@final
class MigrateOptions:
    """The options of MIGRATE (cluster.c): where the keys and the passwords stand."""

    __slots__ = ("keys", "passwords")

    def __init__(self, arguments: list[bytes]) -> None:
        self.keys = -1
        self.passwords: list[int] = []
        at = 6
        while at < len(arguments):
            word = arguments[at].upper()
            if word == b"KEYS":
                self.keys = at + 1
                return
            if word == b"AUTH" or word == b"AUTH2":
                at += 1 if word == b"AUTH" else 2
                self.passwords.append(at)
            at += 1


def keys_of(arguments: list[bytes]) -> list[bytes]:
    """The keys of a request as they were sent, each cut behind what is shown.

    All of MGET and the like, of other commands the first.

    >>> keys_of([b"mset", b"a", b"1", b"b", b"2"]), keys_of([b"get", b"a"]), keys_of([b"ping"])
    ([b'a', b'b'], [b'a'], [])
    """
    if not arguments:
        return []
    plan = plan_of(arguments[0])
    if plan.step:
        return [each[: KEY_LIMIT + 1] for each in arguments[1 :: plan.step]]
    key: bytes | None = None
    if plan.simple:
        key = arguments[plan.key_at] if 0 < plan.key_at < len(arguments) else None
    else:
        command = plan.name
        if command in CONTAINERS and len(arguments) > 1:
            command = f"{command} {_word(arguments[1])}"
        key = _key(plan.name, command, arguments)
    return [] if key is None else [key[: KEY_LIMIT + 1]]


def hide_secrets(name: str, arguments: list[bytes]) -> list[bytes]:
    """`arguments` with every password replaced; `name` is the command in upper case."""
    if name == "AUTH":
        return arguments[:1] + [HIDDEN] * (len(arguments) - 1)
    if name == "HELLO":
        return _hide_hello(arguments)
    if name == "MIGRATE":
        passwords = MigrateOptions(arguments).passwords
        return [HIDDEN if at in passwords else a for at, a in enumerate(arguments)]
    second = arguments[1].upper() if len(arguments) > 1 else b""
    if name == "ACL" and second == b"SETUSER":
        return [HIDDEN if at > 2 and a[:1] in b"><#!" else a for at, a in enumerate(arguments)]
    if name == "CONFIG" and second == b"SET":
        return _hide_values(arguments, 2)
    if name == "SENTINEL" and second == b"SET":
        return _hide_values(arguments, 3)
    if name == "SENTINEL" and second == b"CONFIG":
        return _hide_values(arguments, 3)
    return arguments


def is_secret_setting(name: bytes) -> bool:
    """Whether a configuration parameter's value is a password.

    >>> is_secret_setting(b"requirepass"), is_secret_setting(b"maxmemory")
    (True, False)
    """
    lower = name.lower()
    return b"pass" in lower or b"auth" in lower


def _hide_hello(arguments: list[bytes]) -> list[bytes]:
    """HELLO 3 AUTH user password SETNAME name; each AUTH hides what stands two further on."""
    shown = list(arguments)
    for at, argument in enumerate(arguments):
        if argument.upper() == b"AUTH" and at + 2 < len(shown):
            shown[at + 2] = HIDDEN
    return shown


def _hide_values(arguments: list[bytes], first: int) -> list[bytes]:
    """Names and values alternate from position `first` on."""
    shown = list(arguments)
    for at in range(first, len(arguments) - 1, 2):
        if is_secret_setting(arguments[at]):
            shown[at + 1] = HIDDEN
    return shown


KNOWN: Final = frozenset(  # to tell an inline command from a piece of a value
    name.encode()
    for name in (
        "ACL APPEND ASKING AUTH BGREWRITEAOF BGSAVE BITCOUNT BITFIELD BITFIELD_RO BITOP "
        "BITPOS BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT CLUSTER "
        "COMMAND CONFIG COPY DBSIZE DEBUG DECR DECRBY DEL DISCARD DUMP ECHO EVAL EVALSHA "
        "EVALSHA_RO EVAL_RO EXEC EXISTS EXPIRE EXPIREAT EXPIRETIME FAILOVER FCALL FCALL_RO "
        "FLUSHALL FLUSHDB FUNCTION GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER "
        "GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GEOSEARCHSTORE GET GETBIT GETDEL GETEX "
        "GETRANGE GETSET HDEL HELLO HEXISTS HEXPIRE HGET HGETALL HGETDEL HGETEX HINCRBY "
        "HINCRBYFLOAT HKEYS HLEN HMGET HMSET HPERSIST HPEXPIRE HPTTL HRANDFIELD HSCAN HSET "
        "HSETEX HSETNX HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT INFO KEYS LASTSAVE LATENCY "
        "LCS LINDEX LINSERT LLEN LMOVE LMPOP LOLWUT LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET "
        "LTRIM MEMORY MGET MIGRATE MODULE MONITOR MOVE MSET MSETNX MULTI OBJECT PERSIST "
        "PEXPIRE PEXPIREAT PEXPIRETIME PFADD PFCOUNT PFMERGE PING PSETEX PSUBSCRIBE PSYNC "
        "PTTL PUBLISH PUBSUB PUNSUBSCRIBE QUIT RANDOMKEY READONLY READWRITE RENAME RENAMENX "
        "REPLCONF REPLICAOF RESET RESTORE RESTORE-ASKING ROLE RPOP RPOPLPUSH RPUSH RPUSHX "
        "SADD SAVE SCAN SCARD SCRIPT SDIFF SDIFFSTORE SELECT SENTINEL SET SETBIT SETEX SETNX "
        "SETRANGE SHUTDOWN SINTER SINTERCARD SINTERSTORE SISMEMBER SLAVEOF SLOWLOG SMEMBERS "
        "SMISMEMBER SMOVE SORT SORT_RO SPOP SPUBLISH SRANDMEMBER SREM SSCAN SSUBSCRIBE STRLEN "
        "SUBSCRIBE SUBSTR SUNION SUNIONSTORE SUNSUBSCRIBE SWAPDB SYNC TIME TOUCH TTL TYPE "
        "UNLINK UNSUBSCRIBE UNWATCH WAIT WAITAOF WATCH XACK XADD XAUTOCLAIM XCLAIM XDEL "
        "XGROUP XINFO XLEN XPENDING XRANGE XREAD XREADGROUP XREVRANGE XSETID XTRIM ZADD ZCARD "
        "ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD ZINTERSTORE ZLEXCOUNT ZMPOP "
        "ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE "
        "ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX "
        "ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION ZUNIONSTORE"
    ).split()
)

LISTED: Final = frozenset(  # commands of one word; who makes up a second one makes up a command
    name.decode() for name in KNOWN if name.decode() not in CONTAINERS
)

_STATUS: Final = b"+"
_NUMBER: Final = b":"
_TEXT: Final = b"$_"
_LIST: Final = b"*_"
_SHAPES: Final = {
    _STATUS: "AUTH SELECT MSET HMSET LSET LTRIM FLUSHALL FLUSHDB RENAME SETEX PSETEX RESET QUIT "
    "DISCARD WATCH UNWATCH MULTI RESTORE ASKING READONLY READWRITE PFMERGE",
    _NUMBER: "INCR DECR INCRBY DECRBY LPUSH RPUSH LPUSHX RPUSHX LLEN SADD SREM SCARD SISMEMBER "
    "HSET HDEL HLEN HEXISTS ZREM ZCARD ZCOUNT ZREMRANGEBYSCORE DEL UNLINK EXISTS EXPIRE "
    "PEXPIRE EXPIREAT PERSIST TTL PTTL STRLEN APPEND SETNX PUBLISH SETBIT GETBIT BITCOUNT "
    "DBSIZE HINCRBY PFADD PFCOUNT XLEN XDEL XACK LREM LINSERT SETRANGE MOVE RENAMENX TOUCH HSTRLEN",
    _TEXT: "GET GETSET GETDEL GETEX HGET GETRANGE SUBSTR LINDEX ECHO DUMP",
    b"+$_": "SET",
    b"+$*": "PING",
    b"$_*": "LPOP RPOP",
    _LIST: "MGET LRANGE HMGET HKEYS HVALS KEYS TIME XRANGE XREVRANGE SCAN HSCAN SSCAN ZSCAN EXEC",
}
_SHAPE_OF: Final = {name: shape for shape, names in _SHAPES.items() for name in names.split()}
_FAILURES: Final = b"-!"
_ANY: Final = -1
_KINDS_OF: Final[dict[bytes, int]] = {}  # as _PLANS; a bit for each kind of reply


def _kinds(name: bytes) -> i64:
    shape = _SHAPE_OF.get(_word(name))
    kinds: i64 = _ANY
    if shape is not None:
        kinds = 0
        for kind in shape + _FAILURES:
            kinds |= i64(1) << (i64(kind) & 63)  # no two kinds share a bit, but for a push
    if len(_KINDS_OF) < MAX_PLANS:
        _KINDS_OF[name] = int(kinds)
    return kinds


def may_answer(name: bytes, kind: int) -> bool:
    """Whether a reply whose first byte is `kind` can belong to the command `name`.

    Errors belong to any; so does everything to a command without an entry.

    >>> may_answer(b"get", ord("$")), may_answer(b"get", ord(":"))
    (True, False)
    """
    known = _KINDS_OF.get(name)
    kinds: i64 = _kinds(name) if known is None else i64(known)
    return kinds & (i64(1) << (i64(kind) & 63)) != 0
