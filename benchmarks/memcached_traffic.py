"""Real traffic: a memcached of our own, and requests in both of its protocols."""

import random
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from benchmarks.captures import QUICK_PACKETS, CaptureFailed, Note, Recipe
from benchmarks.memcached_client import Load, drive
from benchmarks.tcpdump import recording
from tests.servers import free_port

CONNECTIONS: Final = 50
PACKETS: Final = 1_500_000
MULTI_GET_PACKETS: Final = 1_000_000  # 4.3 GB
KEYS: Final = [b"%04d" % number for number in range(10_000)]
VALUE: Final = b"v" * 64
KEYS_AT_ONCE: Final = 100
LARGE_VALUE: Final = b"v" * 100
SEED: Final = 1
_DIFFERENT_MULTI_GETS: Final = 1_000
_BINARY_HEADER: Final = struct.Struct("!BBHBBHIIQ")
_PATIENCE_S: Final = 10.0
_LOOK_AGAIN_S: Final = 0.05


def text_is_whole(reply: bytes) -> bool:
    """No VALUE of ours ends so."""
    return reply.endswith((b"END\r\n", b"STORED\r\n"))


def binary_is_whole(reply: bytes) -> bool:
    return len(reply) >= 24 and len(reply) == 24 + int.from_bytes(reply[8:12], "big")


def text_get(*keys: bytes) -> bytes:
    return b"get %s\r\n" % b" ".join(keys)


def text_set(key: bytes, value: bytes) -> bytes:
    return b"set %s 0 0 %d\r\n%s\r\n" % (key, len(value), value)


def binary_request(opcode: int, opaque: int, extras: bytes, key: bytes, value: bytes) -> bytes:
    body = extras + key + value
    lengths = (len(key), len(extras), 0, 0, len(body))
    return _BINARY_HEADER.pack(0x80, opcode, *lengths, opaque, 0) + body


def _text() -> list[bytes]:
    """A get and a set of each key."""
    return [text_get(key) for key in KEYS] + [text_set(key, VALUE) for key in KEYS]


def _binary() -> list[bytes]:
    gets = [binary_request(0, at, b"", key, b"") for at, key in enumerate(KEYS)]
    flags_and_expiry = bytes(8)
    sets = [
        binary_request(1, len(KEYS) + at, flags_and_expiry, key, VALUE)
        for at, key in enumerate(KEYS)
    ]
    return gets + sets


def _multi_gets(chance: random.Random) -> list[bytes]:
    return [text_get(*chance.choices(KEYS, k=KEYS_AT_ONCE)) for _ in range(_DIFFERENT_MULTI_GETS)]


@contextmanager
def server_running(value: bytes) -> Iterator[int]:
    """The port of a memcached that has `value` under all KEYS."""
    port = free_port()
    command = f"memcached -u root -l 127.0.0.1 -p {port} -U 0 -t 2"
    with subprocess.Popen(command.split(), stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            drive(port, 1, Load([text_set(key, value) for key in KEYS], text_is_whole))
            yield port
        finally:
            server.kill()


def _wait_for(port: int) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline_s:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(_LOOK_AGAIN_S)
    raise CaptureFailed(f"memcached does not answer on port {port}")


def _record(path: Path, packets: int, value: bytes, load: Load) -> Note:
    with server_running(value) as port:
        with recording(path, f"tcp port {port}", packets) as recorded:
            done = drive(port, CONNECTIONS, load)
        return Note(port, recorded.packets, done)


def _mixed(path: Path, quick: bool, requests: list[bytes], load_is_text: bool) -> Note:
    packets = QUICK_PACKETS if quick else PACKETS
    random.Random(SEED).shuffle(requests)
    exchanges = islice(cycle(requests), -(-packets // 2))
    whole = text_is_whole if load_is_text else binary_is_whole
    return _record(path, packets, VALUE, Load(exchanges, whole))


def _made_text(path: Path, quick: bool) -> Note:
    return _mixed(path, quick, _text(), load_is_text=True)


def _made_binary(path: Path, quick: bool) -> Note:
    return _mixed(path, quick, _binary(), load_is_text=False)


def _made_multi_get(path: Path, quick: bool) -> Note:
    packets = QUICK_PACKETS if quick else MULTI_GET_PACKETS
    requests = islice(cycle(_multi_gets(random.Random(SEED))), -(-packets // 3))
    return _record(path, packets, LARGE_VALUE, Load(requests, text_is_whole, large=True))


_ABOUT = f"{CONNECTIONS} connections, one request at a time"
_MIXED = f"get and set 1:1, values of {len(VALUE)} bytes, {_ABOUT}"
TEXT = Recipe("memcached-text", f"text protocol, {_MIXED}", _made_text)
BINARY = Recipe("memcached-binary", f"binary protocol, {_MIXED}", _made_binary)
MULTI_GET = Recipe(
    "memcached-multi-get",
    f"text protocol, get of {KEYS_AT_ONCE} keys, values of {len(LARGE_VALUE)} bytes, {_ABOUT}, "
    "each reply in one packet and acknowledged by another",
    _made_multi_get,
)
