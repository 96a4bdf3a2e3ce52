"""Decompresses a stream of gzip members (RFC 1952), a bounded piece at a time."""

import zlib
from typing import Final, final

from tcpkit.capture.reader import RawReader
from tcpkit.errors import CaptureError

# zlib copies what it has not used yet for every piece that it hands out: keep that small.
_COMPRESSED_CHUNK: Final = 16384

_GZIP_WINDOW: Final = 31  # zlib's number for a gzip header and the largest window


@final
class Gunzip(RawReader):
    """Reads from `raw`, whose first bytes `head` were read already."""

    __slots__ = ("_damaged", "_ended", "_head", "_member", "_name", "_offset", "_raw")

    def __init__(self, raw: RawReader, head: bytes, name: str) -> None:
        self._raw = raw
        self._head = head  # compressed bytes not used yet
        self._name = name
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._offset = 0  # of the next byte handed out
        self._ended = False  # `raw` is at its end
        self._damaged = False

    def read(self, size: int) -> bytes | None:
        """At most `size` bytes; b"" at the end; None when nothing has come yet.

        Zeros behind a member are padding.

        Raises CaptureError where the data is damaged or ends too early, after all that
        can be had from before that place.
        """
        while True:
            if self._damaged:
                raise CaptureError(f"damaged gzip data at offset {self._offset}: {self._name}")
            if self._member.eof:
                self._head = self._head.lstrip(b"\0")
                if self._head:
                    self._member = zlib.decompressobj(_GZIP_WINDOW)
            data = self._decompress(size)
            if data:
                self._offset += len(data)
                return data
            if self._head or self._damaged:
                continue
            if self._ended:
                break
            more = self._raw.read(_COMPRESSED_CHUNK)
            if more is None:
                return None
            self._head = more
            self._ended = not more
        if not self._member.eof:
            raise CaptureError(f"gzip data truncated at offset {self._offset}: {self._name}")
        return b""

    def _decompress(self, size: int) -> bytes:
        if self._member.eof:
            return b""
        before = self._member.copy()
        try:
            data = self._member.decompress(self._head, size)
        except zlib.error:
            return self._salvage(before)
        self._head = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return data

    def _salvage(self, before: "zlib._Decompress") -> bytes:
        """What the failed piece holds before the damage."""
        self._damaged = True
        pieces: list[bytes] = []
        for pos in range(len(self._head)):
            try:
                pieces.append(before.decompress(self._head[pos : pos + 1]))
            except zlib.error:
                break
        self._head = b""
        return b"".join(pieces)
