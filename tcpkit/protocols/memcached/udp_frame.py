"""The 8 bytes before everything that memcached sends and takes over UDP (protocol.txt).

0 request id, 2 sequence number, 4 count of datagrams, 6 reserved; each of 2 bytes
"""

from typing import Final

from librt.strings import read_i16_be
from mypy_extensions import i64

FRAME_SIZE: Final = 8


def request_id(data: bytes, at: i64) -> i64:
    """Of the frame that begins at `at`, which lies whole in `data`."""
    return i64(read_i16_be(data, at)) & 0xFFFF


def sequence_of(data: bytes, at: i64) -> i64:
    return i64(read_i16_be(data, at + 2)) & 0xFFFF


def count_of(data: bytes, at: i64) -> i64:
    return i64(read_i16_be(data, at + 4)) & 0xFFFF
