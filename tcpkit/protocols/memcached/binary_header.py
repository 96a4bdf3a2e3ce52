"""The 24 bytes that begin every message of the binary protocol (protocol-binary.txt).

Offsets are those of the header, numbers are big-endian:

0 magic, 1 opcode, 2 key length (2 bytes), 4 extras length, 5 data type, 6 vbucket of a
request or status of a reply (2), 8 body length (4), 12 opaque (4), 16 cas (8)

The body is extras, key, value. A request may lie about its lengths; the server counts the
body length down whatever else it thinks of the request.
"""

from typing import Final

from librt.strings import read_i16_be, read_i32_be
from mypy_extensions import i64

REQUEST_MAGIC: Final = 0x80
REPLY_MAGIC: Final = 0x81
HEADER_SIZE: Final = 24
MAX_KEY: Final = 250  # the server's own limit

_LAST_KNOWN: Final = 0x3C  # the highest opcode of protocol-binary.txt
_MAX_EXTRAS: Final = 20  # incr and decr
_MAX_VALUE: Final = 1 << 30  # `-I` allows no larger item


def key_size(data: bytes, at: i64) -> i64:
    """Of the message whose header begins at `at`, which lies whole in `data`."""
    return i64(read_i16_be(data, at + 2)) & 0xFFFF


def body_size(data: bytes, at: i64) -> i64:
    return i64(read_i32_be(data, at + 8)) & 0xFFFFFFFF


def status_of(data: bytes, at: i64) -> i64:
    return i64(read_i16_be(data, at + 6)) & 0xFFFF


def tag_of(data: bytes, at: i64) -> i64:
    """What a reply repeats of its request: opcode << 32 | opaque."""
    opcode: i64 = data[at + 1]
    return opcode << 32 | (i64(read_i32_be(data, at + 12)) & 0xFFFFFFFF)


def begins_request(data: bytes, start: i64, end: i64) -> bool:
    """Whether a piece of a connection begins with a whole, sane request header."""
    return _is_header(data, start, end, REQUEST_MAGIC)


def begins_reply(data: bytes, start: i64, end: i64) -> bool:
    return _is_header(data, start, end, REPLY_MAGIC)


def _is_header(data: bytes, start: i64, end: i64, magic: i64) -> bool:
    if end - start < HEADER_SIZE or data[start] != magic or data[start + 5] != 0:
        return False
    key = key_size(data, start)
    extras: i64 = data[start + 4]
    body = body_size(data, start)
    if data[start + 1] > _LAST_KNOWN or key > MAX_KEY or extras > _MAX_EXTRAS:
        return False
    return key + extras <= body <= _MAX_VALUE + key + extras
