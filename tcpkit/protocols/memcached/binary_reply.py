"""Finds where the replies of the binary protocol end. Values are counted down, not kept.

STAT is answered by many packets with the same opaque, of which the last one has no key.
"""

from typing import final

from mypy_extensions import i64

from tcpkit.errors import ProtocolError
from tcpkit.protocols.memcached.binary_header import (
    HEADER_SIZE,
    REPLY_MAGIC,
    body_size,
    key_size,
    status_of,
    tag_of,
)
from tcpkit.protocols.memcached.binary_opcode import KINDS, NAMES_KEY, STAT
from tcpkit.protocols.reply_reader import ReplyReader


@final
class BinaryReplyReader(ReplyReader):
    """When `done`: `tag` (see `tag_of`) and `status` of the reply, `key` where it repeats one."""

    __slots__ = (
        "tag",
        "status",
        "key",
        "_partial",
        "_extras",
        "_key_left",
        "_left",
        "_goes_on",
        "_inside",
    )

    def __init__(self) -> None:
        super().__init__()
        self.tag: i64 = 0
        self.status: i64 = 0
        self.key = b""
        self._partial = b""  # a header whose end has not come
        self._extras: i64 = 0  # bytes that stand before the key
        self._key_left: i64 = 0  # bytes before the value's begin that are still to come
        self._left: i64 = 0  # bytes of the body still to come
        self._goes_on = False  # another packet of the same reply follows
        self._inside = False  # a packet has begun

    def next_message(self) -> None:
        self.done = False
        self.begun = False
        if self.key:
            self.key = b""

    def reset(self) -> None:
        self.next_message()
        self._partial = b""
        self._left = 0
        self._key_left = 0
        self._goes_on = False
        self._inside = False

    def countdown(self) -> i64:
        return self._left if self._key_left == 0 else 0

    def skip(self, size: i64) -> bool:
        if size >= self.countdown():
            return False
        self._left -= size
        return True

    def skip_to_end(self, size: i64) -> bool:
        if size == 0 or size > self.countdown():
            return False
        self._left -= size
        if self._left == 0:
            self._end_packet()
        return True

    def feed(self, data: bytes, pos: i64, end: i64) -> i64:
        while pos < end and not self.done:
            if self._inside:
                pos = self._count_down(data, pos, end)
            elif self._partial or end - pos < HEADER_SIZE:
                pos = self._join_header(data, pos, end)
            else:
                self._read_header(data, pos)
                pos = self._count_down(data, pos + HEADER_SIZE, end)
        return pos

    def _read_header(self, data: bytes, at: i64) -> None:
        if data[at] != REPLY_MAGIC:
            raise ProtocolError("a reply does not begin with 0x81")
        tag = tag_of(data, at)
        if self._goes_on and tag != self.tag:
            raise ProtocolError("a reply of many packets breaks off")
        self.begun = True
        self.tag = tag
        self.status = status_of(data, at)
        key = key_size(data, at)
        self._left = body_size(data, at)
        extras: i64 = data[at + 4]
        if key + extras > self._left:
            raise ProtocolError("a reply's body is shorter than what is in it")
        self._key_left = 0
        opcode: i64 = data[at + 1]
        if KINDS[opcode] & NAMES_KEY and key:
            self._extras = extras
            self._key_left = key + extras
        self._goes_on = opcode == STAT and key > 0
        self._inside = True

    def _count_down(self, data: bytes, pos: i64, end: i64) -> i64:
        """Pass over the body, as much of it as is there."""
        if self._key_left > 0:
            pos = self._read_key(data, pos, end)
        if self._left > end - pos:
            self._left -= end - pos
            return end
        pos += self._left
        self._left = 0
        self._end_packet()
        return pos

    def _read_key(self, data: bytes, pos: i64, end: i64) -> i64:
        size = min(self._key_left, end - pos)
        self.key += data[pos : pos + size]
        self._key_left -= size
        if self._key_left == 0:
            self.key = self.key[self._extras :]
        self._left -= size
        return pos + size

    def _end_packet(self) -> None:
        self._inside = False
        self.done = not self._goes_on

    def _join_header(self, data: bytes, pos: i64, end: i64) -> i64:
        size = min(HEADER_SIZE - len(self._partial), end - pos)
        self.begun = True
        self._partial += data[pos : pos + size]
        if len(self._partial) < HEADER_SIZE:
            if self._partial[0] != REPLY_MAGIC:
                raise ProtocolError("a reply does not begin with 0x81")
            return end
        header = self._partial
        self._partial = b""
        self._read_header(header, 0)
        if self._left == 0:
            self._end_packet()
        return pos + size
