"""How requests and replies look: what the simulated clients and servers say to each other.

A kind may be several requests in one write, with all the replies that they get. A number
makes keys and opaques unlike each other; where a dialect always sends the same one, that
is the trap.
"""

import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

MISSES = 0.2  # share of the gets that find nothing


@dataclass(frozen=True)
class Dialect:
    """`request` and `reply` of kind and number; a reply may be empty: the server says nothing.

    `lawful` is false for clients that no server can serve well: of what is made of them only
    the exact part must be true.
    """

    name: str
    mode: str
    port: int
    kinds: Sequence[str]
    request: Callable[[str, int], bytes]
    reply: Callable[[str, int, random.Random], bytes]
    push: bytes = b""
    lawful: bool = True


# Redis


def _redis_request(kind: str, number: int) -> bytes:
    words = [kind.encode(), b"key%05d" % number]
    words += {"SET": [b"v"], "LRANGE": [b"0", b"3"]}.get(kind, [])
    if kind == "PING":
        words = [b"PING"]
    return b"*%d\r\n" % len(words) + b"".join(
        b"$%d\r\n%s\r\n" % (len(word), word) for word in words
    )


def _redis_reply(kind: str, number: int, dice: random.Random) -> bytes:
    if kind == "GET" and dice.random() < MISSES:
        return b"$-1\r\n"
    return {
        "GET": b"$6\r\nv%05d\r\n" % number,
        "INCR": b":%d\r\n" % number,
        "SET": b"+OK\r\n",
        "LRANGE": b"*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        "PING": b"+PONG\r\n",
    }[kind]


# Memcached, text


def _text_request(kind: str, number: int) -> bytes:
    return {
        "get": b"get key%05d\r\n" % number,
        "get the same": b"get key\r\n",
        "get many": b"get a%d b%d c%d\r\n" % (number, number, number),
        "set": b"set key%05d 0 0 5\r\nvalue\r\n" % number,
        "noreply": b"set a 0 0 1 noreply\r\nv\r\nget key%05d\r\n" % number,
        "incr": b"incr counter 1\r\n",
        "mg": b"mg key%05d v\r\n" % number,
        "mg quiet": b"mg a%d v q\r\nmg b%d v q\r\nmn\r\n" % (number, number),
        "mg told": b"mg a%d v q k\r\nmg b%d v q k\r\nmn\r\n" % (number, number),
        "ms quiet": b"ms a%d 1 q\r\nx\r\nms b%d 1 q\r\nx\r\nmn\r\n" % (number, number),
    }[kind]


def _text_reply(kind: str, number: int, dice: random.Random) -> bytes:
    hit = dice.random() >= MISSES
    if kind in ("get", "noreply"):
        return b"VALUE key%05d 0 5\r\nvalue\r\nEND\r\n" % number if hit else b"END\r\n"
    if kind == "get the same":
        return b"VALUE key 0 5\r\nEND\r\n\r\nEND\r\n" if hit else b"END\r\n"
    if kind == "get many":
        keys = [key for key in (b"a", b"b", b"c") if dice.random() >= MISSES]
        values = [b"VALUE %s%d 0 1\r\nv\r\n" % (key, number) for key in keys]
        return b"".join([*values, b"END\r\n"])
    if kind in ("mg quiet", "mg told"):
        flag = b" k" if kind == "mg told" else b""
        found = [key for key in (b"a", b"b") if dice.random() >= MISSES]
        values = [
            b"VA 1%s\r\nv\r\n" % (b"" if not flag else b" k%s%d" % (key, number)) for key in found
        ]
        return b"".join([*values, b"MN\r\n"])
    return {
        "set": b"STORED\r\n",
        "incr": b"%d\r\n" % number,
        "mg": b"VA 5\r\nvalue\r\n" if hit else b"EN\r\n",
        "ms quiet": b"MN\r\n",
    }[kind]


# Memcached, binary

_GET, _SET, _GETQ, _NOOP = 0x00, 0x01, 0x09, 0x0A


def _binary(
    magic: int, opcode: int, opaque: int, key: bytes = b"", extras: bytes = b"", value: bytes = b"",
    status: int = 0,
) -> bytes:  # fmt: skip
    body = extras + key + value
    head = struct.pack(
        "!BBHBBHIIQ", magic, opcode, len(key), len(extras), 0, status, len(body), opaque, 0
    )
    return head + body


def _binary_request(kind: str, number: int, opaque: int) -> bytes:
    key = b"key%05d" % number
    if kind == "get":
        return _binary(0x80, _GET, opaque, key)
    if kind == "set":
        return _binary(0x80, _SET, opaque, key, bytes(8), b"value")
    quiet = [_binary(0x80, _GETQ, opaque + at, key + b"%d" % at) for at in range(2)]
    return b"".join([*quiet, _binary(0x80, _NOOP, opaque + 2)])


def _binary_reply(kind: str, opaque: int, dice: random.Random) -> bytes:
    if kind == "set":
        return _binary(0x81, _SET, opaque)
    if kind == "get":
        if dice.random() < MISSES:
            return _binary(0x81, _GET, opaque, value=b"Not found", status=1)
        return _binary(0x81, _GET, opaque, extras=bytes(4), value=b"value")
    found = [at for at in range(2) if dice.random() >= MISSES]
    hits = [_binary(0x81, _GETQ, opaque + at, extras=bytes(4), value=b"v") for at in found]
    return b"".join([*hits, _binary(0x81, _NOOP, opaque + 2)])


def _same_opaque(kind: str, number: int) -> bytes:
    """Quiet gets that nothing tells apart: all opaques are 0."""
    request = _binary_request(kind, number, 0)
    if kind != "getq":
        return request
    key = b"key%05d" % number
    return _binary(0x80, _GETQ, 0, key) * 2 + _binary(0x80, _NOOP, 0)


def _same_opaque_reply(kind: str, number: int, dice: random.Random) -> bytes:
    if kind != "getq":
        return _binary_reply(kind, 0, dice)
    hits = [_binary(0x81, _GETQ, 0, extras=bytes(4), value=b"v")] * dice.randint(0, 2)
    return b"".join([*hits, _binary(0x81, _NOOP, 0)])


# DNS over TCP


def _dns_message(number: int, flags: int, repeats: int) -> bytes:
    name = b"\4host\7example\0" if repeats else b"\5h%04d\7example\0" % number
    body = struct.pack("!HHHHHH", number % repeats if repeats else number, flags, 1, 0, 0, 0)
    body += name + struct.pack("!HH", 1, 1)
    return struct.pack("!H", len(body)) + body


DIALECTS: Final = [
    Dialect(
        "redis", "redis", 6379,
        ["GET", "PING", "INCR", "SET", "LRANGE"], _redis_request, _redis_reply,
        push=b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n",
    ),
    Dialect(
        "memcached-text", "memcached", 11211,
        ["get", "get the same", "get many", "set", "noreply", "incr"], _text_request, _text_reply,
    ),
    Dialect(
        "memcached-meta", "memcached", 11211,
        ["mg", "mg quiet", "mg told", "ms quiet"], _text_request, _text_reply,
    ),
    Dialect(
        "memcached-binary", "memcached", 11211, ["get", "set", "getq"],
        lambda kind, number: _binary_request(kind, number, 3 * number + 1),
        lambda kind, number, dice: _binary_reply(kind, 3 * number + 1, dice),
    ),
    Dialect(
        "memcached-binary-0", "memcached", 11211, ["get", "set", "getq"],
        _same_opaque, _same_opaque_reply,
    ),
    Dialect(
        "dns-tcp", "dns", 53, ["A"],
        lambda _, number: _dns_message(number, 0x0100, 0),
        lambda _, number, __: _dns_message(number, 0x8180, 0),
    ),
    Dialect(
        "dns-tcp-alike", "dns", 53, ["A"],
        lambda _, number: _dns_message(number, 0x0100, 3),
        lambda _, number, __: _dns_message(number, 0x8180, 3),
        lawful=False,  # queries that are alike wait at once
    ),
]  # fmt: skip
