"""Reads capture files: pcap and pcapng, plain or gzip, several as one capture.

What a file is shows in its first bytes, never in its name. Memory is constant: one
chunk, and one record where it straddles two chunks. A file that is damaged or cut off
has given all packets from before that place to the sink when the error is raised.
"""

import signal
from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from tcpkit.capture.pcap import FILE_HEADER, PcapWalker, byte_order
from tcpkit.capture.pcapng import SECTION_HEADER, PcapngWalker
from tcpkit.capture.reader import CHUNK, InputFile, RawReader, known_size, shown
from tcpkit.capture.source import PacketSink
from tcpkit.capture.walker import MIN_FILE, RecordFeed, SavefileCounts, Walker
from tcpkit.errors import CaptureError

_GZIP_MAGIC: Final = b"\x1f\x8b"


@mypyc_attr(allow_interpreted_subclasses=True)
class Progress:
    """Is told how far a read has come."""

    __slots__ = ()

    def advance(self, done: int, total: int | None) -> None:
        """`done` of `total` bytes are read, as they lie in the files.

        `total` is None when it is not known. Called once a chunk (64 KiB) at most.
        """
        raise NotImplementedError


@final
class Savefile:
    """Reads files into `sink`.

    `counts`  what the files held, current after every packet
    `stop`    may be set at any time, also by a signal handler or the sink: reading ends
              in good order before the next chunk
    """

    __slots__ = ("_done", "_file", "_last_ns", "_progress", "_sink", "_total", "counts", "stop")

    def __init__(self, sink: PacketSink, progress: Progress | None = None) -> None:
        self.counts = SavefileCounts()
        self.stop = False
        self._sink = sink
        self._progress = progress
        self._done = 0  # bytes of the files that are behind
        self._total: int | None = None
        self._file: InputFile | None = None
        self._last_ns: i64 = 0  # carried on from file to file

    def read_files(self, paths: Sequence[str]) -> None:
        """Read `paths` in their order as one capture; "-" is standard input.

        Raises CaptureError for a file that cannot be read (before the first packet, if
        that shows in its absence, kind or permissions), that is no capture, that is
        damaged, or that ends in the middle of a packet. Offsets in the message are
        those of the uncompressed bytes, where the record begins.
        """
        sizes = [known_size(path) for path in paths]
        known = [size for size in sizes if size is not None]
        self._total = sum(known) if len(known) == len(sizes) else None
        for path in paths:
            if self.stop:
                return
            self._file = InputFile(path)
            try:
                self.read_stream(self._file, shown(path))
            finally:
                self._done += self._file.position
                self._file.close()
                self._file = None

    def read_stream(self, raw: RawReader, name: str) -> None:
        """Read one file from `raw`; `name` is for messages. Raises as `read_files`."""
        reader: RawReader = raw
        head = self._head(reader)
        if head.startswith(_GZIP_MAGIC):
            from tcpkit.capture.gunzip import Gunzip

            reader = Gunzip(raw, head, name)
            head = self._head(reader)
        if self.stop:
            return
        walker, begin = self._recognize(head, name)
        feed = RecordFeed(walker, begin)
        feed.feed(head[begin:])
        while not self.stop:
            chunk = self._next(reader)
            if chunk:
                feed.feed(chunk)
            elif chunk is not None:
                break
        self._last_ns = walker.last_ns
        if feed.unfinished and not self.stop:
            raise CaptureError(
                f"truncated in the middle of a packet at offset {walker.begun}: {name}"
            )

    def _head(self, reader: RawReader) -> bytes:
        """The first bytes, at least MIN_FILE unless there are fewer."""
        head = b""
        while len(head) < MIN_FILE and not self.stop:
            chunk = self._next(reader)
            if chunk:
                head += chunk
            elif chunk is not None:
                break
        return head

    def _next(self, reader: RawReader) -> bytes | None:
        # Compiled code runs no signal handlers of Python; this call does, and changes nothing.
        signal.pthread_sigmask(signal.SIG_BLOCK, ())
        chunk = reader.read(CHUNK)
        if self._progress is not None and self._file is not None:
            self._progress.advance(self._done + self._file.position, self._total)
        return chunk

    def _recognize(self, head: bytes, name: str) -> tuple[Walker, int]:
        """The walker for a file that begins with `head`, and where it begins to walk."""
        if not head:
            raise CaptureError(f"empty, not a capture file: {name}")
        is_pcap = bool(byte_order(head))
        if not is_pcap and head[:4] != SECTION_HEADER.to_bytes(4, "big"):
            raise CaptureError(f"not a capture file, it begins with {head[:4].hex(' ')}: {name}")
        if len(head) < MIN_FILE:
            raise CaptureError(f"truncated in the file header at offset {len(head)}: {name}")
        if is_pcap:
            return PcapWalker(head, name, self._sink, self.counts, self._last_ns), FILE_HEADER
        return PcapngWalker(name, self._sink, self.counts, self._last_ns), 0
