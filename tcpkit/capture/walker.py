"""What the capture formats share: how records are found in a stream of chunks.

A Walker knows one format. It gets chunks of `bytes` and hands the packets in them on
where they lie, without a copy. Only the one record that straddles two chunks is
joined, by RecordFeed, and never more than that: memory is one chunk and one record.
"""

from typing import Final, final

from mypy_extensions import i64

NS_PER_SECOND: Final = 1_000_000_000

# The largest frame believed: libpcap's largest snap length is 262144, offloaded (BIG TCP) frames
# reach 524288. A larger length is damage, and believing it would mean to buffer garbage.
MAX_FRAME: Final = 1 << 20

# A whole file header of pcap, and less than the smallest pcapng one.
MIN_FILE: Final = 24


@final
class SavefileCounts:
    """What the files held; every doubt about them is here."""

    __slots__ = (
        "bad_lengths", "bad_times", "bytes", "damaged_blocks", "packets", "skipped_blocks",
        "truncated", "untimed",
    )  # fmt: skip

    def __init__(self) -> None:
        self.packets: i64 = 0  # handed to the sink
        self.bytes: i64 = 0  # of frames, as captured
        self.truncated: i64 = 0  # packets cut off by the snap length
        self.bad_lengths: i64 = 0  # more captured than was on the wire: taken as captured
        self.bad_times: i64 = 0  # times out of range, replaced by the nearest sane one
        self.untimed: i64 = 0  # simple packets of pcapng: they get the time of the one before
        self.skipped_blocks: i64 = 0  # blocks of pcapng that hold no packet
        self.damaged_blocks: i64 = 0  # packet blocks that contradict themselves: left out

    def numbers(self) -> dict[str, int]:
        """The counters by name, for the user."""
        return {
            "packets": int(self.packets),
            "bytes": int(self.bytes),
            "truncated": int(self.truncated),
            "bad lengths": int(self.bad_lengths),
            "bad times": int(self.bad_times),
            "untimed": int(self.untimed),
            "skipped blocks": int(self.skipped_blocks),
            "damaged blocks": int(self.damaged_blocks),
        }


class Walker:
    """Reads one file of one format, record by record.

    `need`     bytes that the unfinished record at the end of a walk needs, from its first
               one on, before it can be walked over (or before more is known about it)
    `begun`    offset of that record in the stream
    `last_ns`  time of the last packet; before the first one, of the file before
    """

    __slots__ = ("begun", "last_ns", "need")

    def __init__(self, need: i64, last_ns: i64) -> None:
        self.need = need
        self.begun: i64 = 0
        self.last_ns = last_ns

    def walk(self, data: bytes, pos: i64, base: i64) -> i64:
        """Hand on the whole records of `data[pos:]`, whose `data[0]` is at offset `base`.

        Return the position of the first record that is not whole, or a position beyond
        the end when the bytes up to there need not be seen.

        Raises CaptureError where the file is damaged, after what came before.
        """
        raise NotImplementedError


@final
class RecordFeed:
    """Feeds a Walker with chunks of any size, and joins what straddles them."""

    __slots__ = ("_have", "_offset", "_pieces", "_skip", "_walker")

    def __init__(self, walker: Walker, offset: i64) -> None:
        """`offset`: where in the stream the first chunk begins."""
        self._walker = walker
        self._offset: i64 = offset
        self._pieces: list[bytes] = []  # of the unfinished record
        self._have: i64 = 0  # their size
        self._skip: i64 = 0  # bytes that need not be seen

    @property
    def unfinished(self) -> bool:
        """Whether the stream may not end here: it is inside of a record."""
        return self._have > 0 or self._skip > 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        size: i64 = len(data)
        pos: i64 = 0
        if self._skip > 0:
            pos = min(self._skip, size)
            self._skip -= pos
        elif self._have > 0:
            pos = self._complete(data, size)
        if pos < size:
            done = self._walker.walk(data, pos, self._offset)
            if done < size:
                self._pieces = [data[done:]]
                self._have = size - done
            else:
                self._skip = done - size
        self._offset += size

    def _complete(self, data: bytes, size: i64) -> i64:
        """Finish the record that was begun; return the position behind it in `data`."""
        pos: i64 = 0
        while pos < size:
            take: i64 = min(self._walker.need - self._have, size - pos)
            self._pieces.append(data[pos : pos + take])
            self._have += take
            pos += take
            if self._have < self._walker.need:
                return pos
            record = b"".join(self._pieces)
            done = self._walker.walk(record, 0, self._offset + pos - self._have)
            if done > 0:
                skip: i64 = done - self._have
                self._pieces = []
                self._have = 0
                step: i64 = min(skip, size - pos)
                self._skip = skip - step
                return pos + step
            self._pieces = [record]  # only its header was whole, and now `need` says more
        return pos
