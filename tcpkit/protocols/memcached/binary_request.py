"""A binary request as a command line of the text protocol, its value left out."""

from typing import Final

from librt.strings import read_i32_be, read_i64_be
from mypy_extensions import i64

from tcpkit.protocols.memcached.binary_header import HEADER_SIZE, body_size, key_size
from tcpkit.protocols.memcached.binary_opcode import (
    COUNTS,
    GETS_AND_TOUCHES,
    JOINS,
    KEY,
    NUMBER,
    SECRET,
    STORES,
    TOUCHES,
    form_of,
    word_of,
)
from tcpkit.protocols.message import Exchange
from tcpkit.wire.printable import printable

TEXT_LIMIT: Final = 128
KEY_LIMIT: Final = 512  # bytes of a key that are kept; the server takes 250

_EXTRAS: Final = {STORES: 8, COUNTS: 20, TOUCHES: 4, GETS_AND_TOUCHES: 4, NUMBER: 4}


def kept_size(data: bytes, at: i64) -> i64:
    """How many bytes of the request at `at` are kept: header, extras and key."""
    extras: i64 = data[at + 4]
    return HEADER_SIZE + min(extras + min(key_size(data, at), KEY_LIMIT), body_size(data, at))


def key_of(raw: bytes) -> bytes:
    """The key of a request that was kept."""
    first = HEADER_SIZE + raw[4]
    return raw[first : first + key_size(raw, 0)]


def describe(raw: bytes, exchange: Exchange) -> None:
    """Set command, key and text of a request that was kept."""
    opcode: i64 = raw[1]
    word = word_of(opcode)
    form = form_of(opcode)
    key = key_of(raw)
    exchange.command = word
    if form != SECRET and key and word != "stats":
        exchange.key = printable(key, KEY_LIMIT)
    line = b" ".join([part for part in _parts(word, form, key, raw) if part])
    exchange.request = printable(line, TEXT_LIMIT)


def _parts(word: str, form: int, key: bytes, raw: bytes) -> list[bytes]:
    """The words of the command line."""
    command = word.encode()
    if form == SECRET:
        return [command, key, b"***"]
    if form == JOINS:
        return [command, key, b"0 0", _number(_value_size(raw))]
    if form == KEY or raw[4] < _EXTRAS[form] or len(raw) < HEADER_SIZE + _EXTRAS[form]:
        return [command, key]
    first = i64(read_i32_be(raw, HEADER_SIZE)) & 0xFFFFFFFF
    if form == STORES:
        exptime = i64(read_i32_be(raw, HEADER_SIZE + 4)) & 0xFFFFFFFF
        return [command, key, _number(first), _number(exptime), _number(_value_size(raw))]
    if form == COUNTS:
        by = int(read_i64_be(raw, HEADER_SIZE)) & 0xFFFFFFFFFFFFFFFF
        return [command, key, str(by).encode()]
    if form == GETS_AND_TOUCHES:
        return [command, _number(first), key]
    return [command, key, _number(first)]


def _value_size(raw: bytes) -> i64:
    size = body_size(raw, 0) - key_size(raw, 0) - i64(raw[4])
    return max(size, 0)


def _number(value: i64) -> bytes:
    return str(int(value)).encode()
